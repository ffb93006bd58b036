package dev.sallyport.server.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.JsonReader;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.Shared;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;

class DeclaredObjectsTest {
  private static final Instant AT = Instant.parse("2026-11-26T00:00:00Z");

  private final List<Changes> given = new ArrayList<>();
  private final DeclaredObjects objects =
      new DeclaredObjects(
          new Shared(),
          (changes, at) -> {
            assertThat(at).isEqualTo(AT);
            given.add(changes);
          });

  private static ObjectKey key(String kind, String name) {
    return new ObjectKey(kind, "shop", name);
  }

  private static Node.Mapping json(String text) {
    JsonParser parser =
        JsonReader.parser(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    parser.nextToken();
    return JsonReader.object(parser, new Shared());
  }

  private static Node.Mapping policy(String name, String spec) {
    return json(
        """
        {"apiVersion": "sallyport.dev/v1alpha1", "kind": "ApiPolicy", "metadata": {"name": "%s",
         "namespace": "shop", "generation": 3, "creationTimestamp": "2026-01-02T03:04:05Z"},
         "spec": %s}\
        """
            .formatted(name, spec));
  }

  private Declared only() {
    objects.flush(AT);
    assertThat(given).hasSize(1);
    assertThat(given.getFirst().deletions()).isEmpty();
    return given.getFirst().upserts().getFirst();
  }

  @Test
  void anObjectIsDeclaredWithItsAgeAndGeneration() {
    objects.found(key("ApiPolicy", "a"), "u", policy("a", "{\"hosts\": [\"a.example.com\"]}"));

    Declared declared = only();
    assertThat(declared.key()).isEqualTo(key("ApiPolicy", "a"));
    assertThat(declared.created()).isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
    assertThat(declared.generation()).isEqualTo(3);
    assertThat(declared.content()).isInstanceOf(Declared.ApiPolicy.class);
  }

  @Test
  void oneThatCantBeReadSaysWhereAndKeepsWhatItClaims() {
    objects.found(
        key("ApiPolicy", "a"),
        "u",
        policy("a", "{\"hosts\": [\"a.example.com\"], \"newer\": 1, \"environment\": 2}"));

    Declared declared = only();
    Declared.Unreadable unreadable = (Declared.Unreadable) declared.content();
    assertThat(declared.generation()).isEqualTo(3);
    assertThat(unreadable.faults())
        .extracting(Declared.Fault::field)
        .containsExactly("spec", "spec.environment");
    ApiPolicySpec rough = ((Declared.ApiPolicy) unreadable.rough()).spec();
    assertThat(rough.hosts()).containsExactly("a.example.com");
    assertThat(rough.environment()).isNull();
  }

  @Test
  void oneThatCantBeReadAtAllIsNoSmallerATrouble() {
    objects.found(key("ApiPolicy", "a"), "u", json("{\"kind\": \"ApiPolicy\"}"));

    Declared.Unreadable unreadable = (Declared.Unreadable) only().content();
    assertThat(unreadable.rough()).isNull();
    assertThat(unreadable.faults()).isNotEmpty();
  }

  @Test
  void aSecretIsReadAndNeverQuoted() {
    objects.found(
        key("Secret", "s"),
        "u",
        json(
            """
            {"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
             "metadata": {"name": "s", "namespace": "shop"}, "data": {"api_key": "aHVudGVyMg=="}}\
            """));

    Declared declared = only();
    assertThat(declared.toString()).doesNotContain("hunter2").doesNotContain("api_key");
    assertThat(((Declared.Secret) declared.content()).data().get("api_key"))
        .isEqualTo("hunter2".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void theLastOfWhatHappenedToAnObjectCounts() {
    objects.found(key("ApiPolicy", "a"), "u", policy("a", "{}"));
    objects.gone(key("ApiPolicy", "a"), "u");
    objects.gone(key("ApiPolicy", "b"), "v");
    objects.found(key("ApiPolicy", "b"), "w", policy("b", "{}"));
    objects.flush(AT);
    objects.flush(AT);

    assertThat(given).hasSize(1);
    assertThat(given.getFirst().deletions()).containsExactly(key("ApiPolicy", "a"));
    assertThat(given.getFirst().upserts())
        .extracting(Declared::key)
        .containsExactly(key("ApiPolicy", "b"));
  }
}
