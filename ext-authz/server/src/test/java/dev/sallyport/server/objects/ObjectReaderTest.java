package dev.sallyport.server.objects;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.json.JsonMapper;

class ObjectReaderTest {
  private final Problems problems = new Problems();

  private ObjectReading read(Map<String, ?> object) {
    return ObjectReader.read(node(object), FieldPath.ROOT, problems, new Shared());
  }

  private static Node.Mapping node(Map<String, ?> object) {
    return node(new JsonMapper().writeValueAsString(object));
  }

  private static Node.Mapping node(String json) {
    JsonParser parser =
        JsonReader.parser(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
    parser.nextToken();
    return JsonReader.object(parser, new Shared());
  }

  private static Map<String, Object> object(String apiVersion, String kind, Object spec) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("apiVersion", apiVersion);
    object.put("kind", kind);
    object.put(
        "metadata",
        Map.of(
            "name",
            "a",
            "namespace",
            "shop",
            "creationTimestamp",
            "2026-01-02T03:04:05Z",
            "generation",
            4,
            "labels",
            Map.of("any", "y")));
    object.put("spec", spec);
    return object;
  }

  private static Map<String, Object> policy(Object spec) {
    return object("sallyport.dev/v1alpha1", "ApiPolicy", spec);
  }

  private static Map<String, Object> identity(Object spec) {
    return object("sallyport.dev/v1alpha1", "NonHumanIdentity", spec);
  }

  private List<String> told() {
    return problems.told().stream()
        .map(problem -> problem.field() + ": " + problem.message())
        .toList();
  }

  private ApiPolicySpec roughPolicy(Map<String, ?> object) {
    return ((Declared.ApiPolicy) broken(object).rough()).spec();
  }

  private ObjectReading.Broken broken(Map<String, ?> object) {
    return (ObjectReading.Broken) read(object);
  }

  @Test
  void whatAnApiServerGivesIsRead() {
    ObjectReading.Good good =
        (ObjectReading.Good) read(policy(Map.of("hosts", List.of("on"), "environment", "7")));

    assertThat(good.key()).isEqualTo(new ObjectKey("ApiPolicy", "shop", "a"));
    assertThat(good.created()).isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
    assertThat(good.generation()).isEqualTo(4);
    assertThat(((Declared.ApiPolicy) good.content()).spec().hosts()).containsExactly("on");
    assertThat(told()).as("a string of JSON needs no quotes").isEmpty();
  }

  @Test
  void aNumberOfJsonIsNoString() {
    assertThat(read(policy(Map.of("environment", 7)))).isInstanceOf(ObjectReading.Broken.class);
    assertThat(told())
        .containsExactly(
            "spec.environment: must be a string, and `7` is a number; put it in quotes");
  }

  @Test
  void aPolicyThatCantBeReadKeepsWhatItClaims() {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("hosts", List.of("a.example.com", 7, "b.example.com"));
    spec.put(
        "targetRefs",
        List.of(
            Map.of("kind", "HTTPRoute", "name", "r"),
            Map.of("kind", "HTTPRoute", "name", "s", "newer", true)));
    spec.put("newer", Map.of());

    ApiPolicySpec rough = roughPolicy(policy(spec));

    assertThat(rough.hosts()).containsExactly("a.example.com", "b.example.com");
    assertThat(rough.targetRefs()).extracting(ApiPolicySpec.TargetRef::name).containsExactly("r");
    assertThat(told()).hasSize(3);
  }

  @Test
  void hostsThatAreNoListDoNotHideTheRoutes() {
    ApiPolicySpec rough =
        roughPolicy(
            policy(
                Map.of(
                    "hosts",
                    "a.example.com",
                    "targetRefs",
                    List.of(Map.of("kind", "HTTPRoute", "name", "r")))));

    assertThat(rough.hosts()).isEmpty();
    assertThat(rough.targetRefs()).hasSize(1);
  }

  @Test
  void anIdentityThatCantBeReadKeepsItsState() {
    assertThat(broken(identity(Map.of("state", "Revoked", "newer", 1))).rough())
        .isEqualTo(rough(NonHumanIdentitySpec.State.Revoked));
    assertThat(broken(identity(Map.of("newer", 1))).rough())
        .isEqualTo(rough(NonHumanIdentitySpec.State.Active));
  }

  @Test
  void aStateThatIsNotKnownSuspends() {
    assertThat(broken(identity(Map.of("state", "Paused"))).rough())
        .isEqualTo(rough(NonHumanIdentitySpec.State.Suspended));
  }

  @Test
  void credentialsOfAnIdentityThatCantBeReadAreReadAsFarAsTheyCanBe() {
    Map<String, Object> key = Map.of("sha256", "0".repeat(64));
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("newer", 1);
    spec.put(
        "credentials",
        List.of(
            Map.of("name", "whole", "apiKey", key),
            Map.of("name", "part", "apiKey", key, "state", "Revoked", "newer", 1),
            Map.of("name", "paused", "state", "Paused"),
            Map.of("name", 7, "apiKey", key),
            "nothing"));

    var rough = ((Declared.NonHumanIdentity) broken(identity(spec)).rough()).spec().credentials();

    assertThat(rough)
        .extracting(one -> one.name() + " " + one.state() + " " + (one.apiKey() != null))
        .containsExactly(
            "whole Active true",
            "part Revoked false",
            "paused Revoked false",
            " Active false",
            " Active false");
  }

  private static Declared.NonHumanIdentity rough(NonHumanIdentitySpec.State state) {
    return new Declared.NonHumanIdentity(
        new NonHumanIdentitySpec(null, null, null, null, state, null, null, null, null, null));
  }

  @Test
  void aSpecThatIsNoMappingHasNothingRough() {
    assertThat(broken(policy("text")).rough()).isNull();
  }

  @Test
  void ofARouteOnlyTheHostnamesAreLookedAt() {
    for (String kind : List.of("HTTPRoute", "GRPCRoute")) {
      ObjectReading.Good route =
          (ObjectReading.Good)
              read(
                  object(
                      "gateway.networking.k8s.io/v1",
                      kind,
                      Map.of("hostnames", List.of("a.example.com"), "rules", List.of(1))));

      assertThat(route.key().kind()).isEqualTo(kind);
      assertThat(route.content()).isEqualTo(new Declared.Route(List.of("a.example.com")));
    }
    assertThat(read(object("gateway.networking.k8s.io/v1beta1", "HTTPRoute", Map.of())))
        .extracting(reading -> ((ObjectReading.Good) reading).content())
        .isEqualTo(new Declared.Route(List.of()));
    assertThat(told()).isEmpty();
  }

  @Test
  void otherKindsOfTheGatewayApiArePassedOver() {
    assertThat(read(object("gateway.networking.k8s.io/v1", "Gateway", Map.of())))
        .isInstanceOf(ObjectReading.PassedOver.class);
  }

  @Test
  void statusAndLabelsDoNotCount() {
    Map<String, Object> before = policy(Map.of("hosts", List.of("a.example.com")));
    Map<String, Object> after = new LinkedHashMap<>(before);
    after.put("status", Map.of("conditions", List.of()));
    after.put(
        "metadata",
        Map.of(
            "name",
            "a",
            "namespace",
            "shop",
            "creationTimestamp",
            "2026-01-02T03:04:05Z",
            "generation",
            4));
    Map<String, Object> other = policy(Map.of("hosts", List.of("b.example.com")));

    assertThat(fingerprint(after)).isEqualTo(fingerprint(before));
    assertThat(fingerprint(other)).isNotEqualTo(fingerprint(before));
  }

  private static Fingerprint fingerprint(Map<String, ?> object) {
    return ObjectReader.fingerprint(node(object));
  }

  @Test
  void ofARouteNothingElseCounts() {
    Map<String, Object> one =
        object("gateway.networking.k8s.io/v1", "HTTPRoute", Map.of("rules", List.of(1)));
    Map<String, Object> two =
        object("gateway.networking.k8s.io/v1", "HTTPRoute", Map.of("rules", List.of(2)));

    assertThat(fingerprint(one)).isEqualTo(fingerprint(two));
  }

  @Test
  void endlessNestingIsAFaultOfItsObject() {
    int depth = 9_000;
    String nested = "[".repeat(depth) + "]".repeat(depth);
    Node.Mapping object =
        node(
            """
            {"apiVersion": "sallyport.dev/v1alpha1", "kind": "ApiPolicy",
             "metadata": {"name": "a", "namespace": "shop"},
             "spec": {"hosts": ["a.example.com"],
              "operations": [{"name": "o", "request": {"body": {"schema": {"x": %s}}}}]}}\
            """
                .formatted(nested));

    ObjectReading read = ObjectReader.read(object, FieldPath.ROOT, problems, new Shared());

    assertThat(((Declared.ApiPolicy) ((ObjectReading.Broken) read).rough()).spec().hosts())
        .containsExactly("a.example.com");
    assertThat(told()).singleElement().asString().endsWith("is nested more than 64 levels deep");
  }

  @Test
  void longNamesAndNumbersAreReadToo() {
    String name = "n".repeat(60_000);
    String digits = "1".repeat(2_000);

    Node.Mapping object = node("{\"spec\": {\"" + name + "\": " + digits + "}}");

    assertThat(((Node.Mapping) object.entries().getFirst().value()).value(name)).isNotNull();
  }

  @Test
  void managedFieldsAreLeftOut() {
    Node.Mapping object = node("{\"metadata\": {\"managedFields\": [{}], \"name\": \"a\"}}");

    assertThat(object).isEqualTo(node("{\"metadata\": {\"name\": \"a\"}}"));
  }
}
