package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the API server refuses of Sallyport's kinds, in which words, and what it makes of them. */
class CrdRulesIT {
  private static final String API_VERSION = "sallyport.dev/v1alpha1";

  /**
   * A spec that is refused, or its counterpart that is not.
   *
   * @param field where
   * @param message what is said there
   */
  private record Tried(String kind, String field, String message, Object spec) {
    /** As a test names it. */
    String name() {
      return kind + ' ' + field + ": " + message;
    }

    /** Which rule of the definitions it is for: the same for every item of a list. */
    String rule() {
      return kind + ' ' + field.replaceAll("\\[\\d+]", "[]") + ": " + message;
    }
  }

  @BeforeAll
  static void install() {
    Cluster.shared().installDefinitions();
  }

  @Test
  void everyRuleHasItsPair() throws IOException {
    List<String> rules = new ArrayList<>();
    forEachSchema((path, schema) -> {
      if (schema.get("x-kubernetes-validations") instanceof List<?> own) {
        for (Object one : own) {
          String field = map(one).get("fieldPath") instanceof String below ? below : "";
          rules.add(path.replaceFirst("\\.", " ") + field + ": " + map(one).get("message"));
        }
      }
    });

    assertThat(rules).hasSizeGreaterThan(30).doesNotHaveDuplicates();
    assertThat(tried("rules", "refused").stream().map(Tried::rule))
        .containsExactlyInAnyOrderElementsOf(rules);
  }

  @TestFactory
  Stream<DynamicTest> rulesAcceptWhatIsRight() {
    return cases("rules").stream()
        .map(one ->
            DynamicTest.dynamicTest(
                one.get("kind") + " " + one.get("field") + ": " + one.get("message"),
                () -> create((String) one.get("kind"), one.get("accepted"))));
  }

  @TestFactory
  Stream<DynamicTest> rulesRefuseWhatIsWrongInTheirOwnWords() {
    return tried("rules", "refused").stream()
        .map(one ->
            DynamicTest.dynamicTest(
                one.name(),
                () ->
                    assertThat(causes(one))
                        .singleElement()
                        .satisfies(cause -> {
                          assertThat(cause.getField()).isEqualTo(one.field());
                          // Before it stands what is wrong, and in some versions the value.
                          assertThat(cause.getMessage()).endsWith(": " + one.message());
                        })));
  }

  @TestFactory
  Stream<DynamicTest> schemasRefuseWhatIsOutOfBounds() {
    return tried("bounds", "spec").stream()
        .map(one ->
            DynamicTest.dynamicTest(
                one.name(),
                () ->
                    assertThat(causes(one))
                        .anySatisfy(cause -> {
                          assertThat(cause.getField()).isEqualTo(one.field());
                          assertThat(cause.getMessage()).contains(one.message());
                        })));
  }

  /** A cluster takes nothing that a folder would refuse, as far as a schema can say it. */
  @Test
  void lintSaysTheSame(@TempDir Path work) throws IOException {
    List<Tried> wrong = new ArrayList<>(tried("rules", "refused"));
    wrong.addAll(tried("bounds", "spec"));
    // Detection is not available yet, so nobody reads such a policy. A host that stands twice is
    // only warned of.
    wrong.removeIf(one ->
        one.kind().equals("DetectionPolicy") || one.rule().contains("spec.hosts[]: Duplicate"));
    List<Tried> right = new ArrayList<>(tried("rules", "accepted"));
    for (Object document : loadAll(resource("specs"))) {
      Map<?, ?> object = map(document);
      right.add(new Tried((String) object.get("kind"), "spec", "", object.get("spec")));
    }
    Path folder = Files.createDirectories(work.resolve("policies"));
    for (int i = 0; i < wrong.size(); i++) {
      write(folder, "wrong-" + i, wrong.get(i));
    }
    for (int i = 0; i < right.size(); i++) {
      write(folder, "right-" + i, right.get(i));
    }

    Map<String, List<String>> problems = lint(folder, work);

    List<String> taken = new ArrayList<>();
    for (int i = 0; i < wrong.size(); i++) {
      List<String> codes = problems.getOrDefault("wrong-" + i + ".yaml", List.of());
      // What can't even be read has no code.
      if (Stream.of("Invalid", "Unsupported", "").noneMatch(codes::contains)) {
        taken.add(wrong.get(i).name());
      }
    }
    assertThat(taken).isEmpty();
    for (int i = 0; i < right.size(); i++) {
      assertThat(problems.getOrDefault("right-" + i + ".yaml", List.of()))
          .as(right.get(i).name())
          .isSubsetOf("Unsupported", "RefNotFound", "Conflicted");
    }
  }

  @Test
  void unknownFieldsAreRefused() {
    KubernetesClientException refusal =
        catchThrowableOfType(
            KubernetesClientException.class,
            () ->
                create(
                    "ApiPolicy",
                    Map.of("hosts", List.of("a.example.com"), "host", "a.example.com")));

    assertThat(refusal).hasMessageContaining("unknown field \"spec.host\"");
  }

  @Test
  void absentFieldsGetTheirDefaults() {
    GenericKubernetesResource created =
        create(
            "ApiPolicy",
            Map.of(
                "hosts",
                List.of("a.example.com"),
                "operations",
                List.of(
                    Map.of(
                        "name",
                        "health",
                        "authentication",
                        "None",
                        "match",
                        List.of(Map.of("methods", List.of("GET"), "path", "/healthz"))))));

    assertThat(created.<String>get("spec", "enforcement")).isEqualTo("Enforce");
    assertThat(created.<String>get("spec", "undeclaredOperations")).isEqualTo("Deny");
    assertThat(created.<String>get("spec", "preflight")).isEqualTo("Evaluate");
  }

  /** The settings of a detector and a JSON Schema have no schema of their own, and stay whole. */
  @Test
  void freeFormPartsAreKept() {
    GenericKubernetesResource detection =
        create(
            "DetectionPolicy",
            Map.of("detectors", List.of(Map.of("type", "VolumeSpike", "factor", 10))));
    Map<String, Object> schema = new HashMap<>();
    schema.put("properties", Map.of("amount", Map.of("const", 5, "not", Map.of())));
    GenericKubernetesResource policy =
        create(
            "ApiPolicy",
            Map.of(
                "hosts",
                List.of("a.example.com"),
                "authentication",
                Map.of(
                    "methods",
                    List.of(Map.of("name", "keys", "apiKey", Map.of("header", "X-API-Key")))),
                "mcp",
                Map.of(
                    "tools",
                    List.of(Map.of("name", "pay", "arguments", Map.of("schema", schema))))));

    assertThat(detection.<Object>get("spec", "detectors", 0))
        .isEqualTo(Map.of("type", "VolumeSpike", "action", "Flag", "factor", 10));
    assertThat(policy.<Object>get("spec", "mcp", "tools", 0, "arguments", "schema"))
        .isEqualTo(schema);
  }

  @Test
  void everyFieldOfASpecIsTakenAndKept() throws IOException {
    Set<String> used = new TreeSet<>();
    for (Object document : loadAll(resource("specs"))) {
      Map<?, ?> object = map(document);
      String kind = (String) object.get("kind");
      GenericKubernetesResource created = create(kind, object.get("spec"));
      used(kind + ".spec", object.get("spec"), used);
      assertThat(contains(created.get("spec"), object.get("spec")))
          .as("%s\nkeeps %s", created, object)
          .isTrue();
    }

    Set<String> fields = new TreeSet<>();
    forEachSchema((path, _) -> {
      if (path.contains(".spec.") && !path.endsWith("[]") && !path.endsWith("{}")) {
        fields.add(path);
      }
    });
    assertThat(fields).hasSizeGreaterThan(100);
    fields.removeAll(used);
    assertThat(fields).as("fields that no spec here has").isEmpty();
  }

  /** Words that YAML 1.1 takes for something else, such as `True`, among them. */
  @Test
  void everyFieldOfAStatusIsTaken() {
    Cluster cluster = Cluster.shared();
    String namespace = cluster.namespace("crd-rules");
    List<String> read = new ArrayList<>();
    for (Object document : loadAll(resource("statuses"))) {
      Map<Object, Object> object = new LinkedHashMap<>(map(document));
      object.put("metadata", Map.of("name", "told", "namespace", namespace));
      Object status = object.remove("status");
      cluster.apply(new JsonMapper().writeValueAsString(object));
      object.remove("spec");
      object.put("status", status);
      applyAs("sallyport", new JsonMapper().writeValueAsString(object), "--subresource=status");
      String kind = (String) object.get("kind");
      JsonNode taken =
          new JsonMapper()
              .readTree(
                  cluster.kubectl("get", kind, "told", "-n", namespace, "-o", "json").orThrow());
      assertThat(taken.path("status")).isEqualTo(new JsonMapper().valueToTree(status));
      read.add(cluster.kubectl("get", kind, "told", "-n", namespace).orThrow());
    }

    assertThat(read.get(0)).containsPattern("told +True +\\[\"a.example.com\"] +Enforce ");
    assertThat(read.get(1)).containsPattern("told +False +Quarantined +treasury +[0-9a-z]+ +2 ");
    assertThat(cluster.kubectl("wait", "--for=condition=Ready", "apipol/told", "-n", namespace))
        .matches(CommandRun::succeeded);
  }

  @Test
  void twoManagersShareThePolicyByOperation() {
    Cluster cluster = Cluster.shared();
    String namespace = cluster.namespace("crd-rules");

    applyAs("one", operation(namespace, "read", "GET"));
    applyAs("two", operation(namespace, "write", "PUT"));
    assertThat(operations(namespace)).isEqualTo("read write");

    // Of a list that is replaced whole, the first would have lost its own.
    applyAs("two", operation(namespace, "remove", "DELETE"));
    assertThat(operations(namespace)).isEqualTo("read remove");
  }

  @Test
  void explainTellsWhatAFieldIsFor() {
    Cluster cluster = Cluster.shared();

    assertThat(cluster.kubectl("explain", "apipolicy").orThrow())
        .contains("ApiPolicy says what may be asked of one API")
        .contains("What became of it");
    assertThat(cluster.kubectl("explain", "apipolicy.spec.operations").orThrow())
        .contains("What may be asked.")
        .contains("match", "-required-")
        .contains("enum: Required, Optional, None")
        .contains("Scopes that the caller needs, all of them.");
    assertThat(cluster.kubectl("explain", "nhi.status.findings").orThrow())
        .contains("What is wrong or suspicious.");
  }

  @Test
  void getShowsTheColumnsInTheirOrder() {
    Cluster cluster = Cluster.shared();
    String namespace = cluster.namespace("crd-rules");
    cluster.apply(operation(namespace, "read", "GET"));
    cluster.apply(
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: exporter, namespace: %s}
        spec: {type: Partner, owner: {team: treasury}}
        """
            .formatted(namespace));

    assertThat(cluster.kubectl("get", "apipol", "-n", namespace).orThrow())
        .startsWith("NAME")
        .containsPattern("NAME +READY +HOSTS +ENFORCEMENT +AGE\npayments +Enforce ");
    assertThat(cluster.kubectl("get", "nhi", "-n", namespace).orThrow())
        .containsPattern(
            "NAME +READY +PHASE +OWNER +LAST USED +FINDINGS +AGE\nexporter +treasury ");
    assertThat(cluster.kubectl("get", "sallyport", "-n", namespace).orThrow())
        .contains("apipolicy.sallyport.dev/payments", "nonhumanidentity.sallyport.dev/exporter");
  }

  @Test
  void theExamplesAreTaken() throws IOException {
    Cluster cluster = Cluster.shared();
    try (Stream<Path> files = Files.walk(Checkout.examples())) {
      for (Path file : files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
        for (Object document : loadAll(Files.readString(file))) {
          Map<?, ?> object = map(document);
          if (API_VERSION.equals(object.get("apiVersion"))) {
            create((String) object.get("kind"), object.get("spec"));
          }
        }
      }
    }
    assertThat(cluster.description()).isNotEmpty();
  }

  // ---- the cluster

  private static GenericKubernetesResource create(String kind, Object spec) {
    return Cluster.shared()
        .client()
        .resource(
            new GenericKubernetesResourceBuilder()
                .withApiVersion(API_VERSION)
                .withKind(kind)
                .withNewMetadata()
                .withName("tried")
                .withNamespace("default")
                .endMetadata()
                .addToAdditionalProperties("spec", spec)
                .build())
        .dryRun()
        .fieldValidation(FieldValidateable.Validation.STRICT)
        .create();
  }

  private static List<StatusCause> causes(Tried one) {
    KubernetesClientException refusal =
        catchThrowableOfType(KubernetesClientException.class, () -> create(one.kind(), one.spec()));
    assertThat(refusal).as("the refusal of %s", one.spec()).isNotNull();
    assertThat(refusal.getCode()).as(refusal.getMessage()).isEqualTo(422);
    return refusal.getStatus().getDetails().getCauses();
  }

  private static void applyAs(String manager, String yaml, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("apply", "--server-side", "--field-manager", manager, "-f", "-"));
    arguments.addAll(List.of(more));
    Cluster.shared().kubectlReading(yaml, arguments.toArray(String[]::new)).orThrow();
  }

  private static String operations(String namespace) {
    return Cluster.shared()
        .kubectl(
            "get",
            "apipol",
            "payments",
            "-n",
            namespace,
            "-o",
            "jsonpath={.spec.operations[*].name}")
        .orThrow();
  }

  private static String operation(String namespace, String name, String method) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: payments, namespace: %s}
    spec:
      hosts: [payments.example.com]
      operations: [{name: %s, authentication: None, match: [{methods: [%s], path: /v1/payments}]}]
    """
        .formatted(namespace, name, method);
  }

  // ---- lint

  private static void write(Path folder, String name, Tried one) throws IOException {
    Map<String, Object> object =
        Map.of(
            "apiVersion",
            API_VERSION,
            "kind",
            one.kind(),
            "metadata",
            Map.of("name", name, "namespace", name),
            "spec",
            one.spec());
    Files.writeString(folder.resolve(name + ".yaml"), new JsonMapper().writeValueAsString(object));
  }

  /** The codes of the errors by file. */
  private static Map<String, List<String>> lint(Path folder, Path work) {
    List<String> command =
        List.of(Checkout.sallyport().toString(), "lint", "--output", "json", folder.toString());
    Map<String, String> environment =
        Map.of("SALLYPORT_JAVA", Path.of(System.getProperty("java.home"), "bin/java").toString());
    try (ChildProcess lint =
        ChildProcess.start("lint", command, environment, work.resolve("lint"))) {
      lint.exitCode(Duration.ofSeconds(60));
      Map<String, List<String>> codes = new HashMap<>();
      for (JsonNode problem : new JsonMapper().readTree(lint.output()).path("problems")) {
        if (problem.path("severity").asString().equals("error")) {
          codes
              .computeIfAbsent(
                  Path.of(problem.path("file").asString()).getFileName().toString(),
                  _ -> new ArrayList<>())
              .add(problem.path("code").asString());
        }
      }
      return codes;
    }
  }

  // ---- the tables

  private static List<Tried> tried(String table, String spec) {
    return cases(table).stream()
        .map(one ->
            new Tried(
                (String) one.get("kind"),
                (String) one.get("field"),
                (String) one.get("message"),
                one.get(spec)))
        .toList();
  }

  private static List<Map<?, ?>> cases(String table) {
    List<Map<?, ?>> cases = new ArrayList<>();
    list(load(resource(table))).forEach(one -> cases.add(map(one)));
    return cases;
  }

  private static String resource(String name) {
    try (InputStream in = CrdRulesIT.class.getResourceAsStream("/crd/" + name + ".yaml")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- the definitions

  /**
   * Visits every schema of the four kinds with its path, such as {@code ApiPolicy.spec.hosts[]}.
   */
  private static void forEachSchema(BiConsumer<String, Map<?, ?>> visit) throws IOException {
    try (Stream<Path> files = Files.list(Checkout.root().resolve("helm/sallyport/crds"))) {
      for (Path file : files.toList()) {
        Map<?, ?> spec = map(map(load(Files.readString(file))).get("spec"));
        Map<?, ?> version = map(list(spec.get("versions")).getFirst());
        visit(
            (String) map(spec.get("names")).get("kind"),
            map(map(version.get("schema")).get("openAPIV3Schema")),
            visit);
      }
    }
  }

  private static void visit(String path, Map<?, ?> schema, BiConsumer<String, Map<?, ?>> visit) {
    visit.accept(path, schema);
    if (schema.get("properties") instanceof Map<?, ?> properties) {
      properties.forEach((name, property) -> visit(path + '.' + name, map(property), visit));
    }
    if (schema.get("items") != null) {
      visit(path + "[]", map(schema.get("items")), visit);
    }
    if (schema.get("additionalProperties") != null) {
      visit(path + "{}", map(schema.get("additionalProperties")), visit);
    }
  }

  /** The path of everything that an object holds, in the words of {@link #forEachSchema}. */
  private static void used(String path, Object value, Set<String> paths) {
    paths.add(path);
    if (value instanceof Map<?, ?> fields) {
      fields.forEach((name, field) -> used(path + '.' + name, field, paths));
    }
    if (value instanceof List<?> items) {
      items.forEach(item -> used(path + "[]", item, paths));
    }
  }

  /** Whether a value holds all of another; an object may hold defaults beside. */
  private static boolean contains(Object whole, Object part) {
    if (part instanceof Map<?, ?> fields) {
      return whole instanceof Map<?, ?> all
          && fields.entrySet().stream()
              .allMatch(field -> contains(all.get(field.getKey()), field.getValue()));
    }
    if (part instanceof List<?> items) {
      return whole instanceof List<?> all
          && all.size() == items.size()
          && IntStream.range(0, items.size()).allMatch(i -> contains(all.get(i), items.get(i)));
    }
    return part.equals(whole);
  }

  private static Object load(String yaml) {
    return new Load(LoadSettings.builder().build()).loadFromString(yaml);
  }

  private static Iterable<Object> loadAll(String yaml) {
    return new Load(LoadSettings.builder().build()).loadAllFromString(yaml);
  }

  private static Map<?, ?> map(Object value) {
    return (Map<?, ?>) value;
  }

  private static List<?> list(Object value) {
    return (List<?>) value;
  }
}
