package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.KeyDigest;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class KeysTest {
  private String out = "";
  private String err = "";

  private int create(String... options) {
    String[] arguments = new String[2 + options.length];
    arguments[0] = "keys";
    arguments[1] = "create";
    System.arraycopy(options, 0, arguments, 2, options.length);
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    int code =
        Sallyport.run(
            arguments,
            new Surroundings(
                InputStream.nullInputStream(),
                new PrintStream(outBytes, true, StandardCharsets.UTF_8),
                new PrintStream(errBytes, true, StandardCharsets.UTF_8),
                Map.of(),
                InstantSource.fixed(Instant.parse("2026-11-25T12:00:00Z")),
                new Random(7)));
    out = outBytes.toString(StandardCharsets.UTF_8);
    err = errBytes.toString(StandardCharsets.UTF_8);
    return code;
  }

  private List<Object> documents() {
    List<Object> documents = new ArrayList<>();
    new Load(LoadSettings.builder().build()).loadAllFromString(out).forEach(documents::add);
    return documents;
  }

  private String keyOnStandardError() {
    assertThat(err).matches("key: {4}\\S+ {3}\\(shown once\\)\\R");
    return err.substring("key:    ".length(), err.indexOf("   (shown once)"));
  }

  @Test
  void identityToApplyHoldsTheDigestAndStandardErrorTheKey() {
    assertThat(create("--kubectl", "--identity", "acme", "-n", "payments", "--name", "next"))
        .isZero();

    String key = keyOnStandardError();
    assertThat(out)
        .contains("kubectl apply --server-side --field-manager sallyport-key-next -f -")
        .doesNotContain(key);
    assertThat(documents())
        .containsExactly(
            Map.of(
                "apiVersion",
                "sallyport.dev/v1alpha1",
                "kind",
                "NonHumanIdentity",
                "metadata",
                Map.of("name", "acme", "namespace", "payments"),
                "spec",
                Map.of(
                    "credentials",
                    List.of(
                        Map.of(
                            "name",
                            "next",
                            "apiKey",
                            Map.of("sha256", KeyDigest.of(key).hex()))))));
  }

  @Test
  void secretToApplyHoldsTheKeyAndIsWatched() {
    assertThat(create("--kubectl", "--secret", "acme-key", "--namespace", "payments")).isZero();

    assertThat(err).isEmpty();
    assertThat(out).contains("# - name: primary").contains("secretRef: {name: \"acme-key\"");
    assertThat(documents())
        .singleElement()
        .satisfies(secret -> {
          Map<?, ?> object = (Map<?, ?>) secret;
          assertThat(object.get("kind")).isEqualTo("Secret");
          assertThat(object.get("metadata"))
              .isEqualTo(
                  Map.of(
                      "name",
                      "acme-key",
                      "namespace",
                      "payments",
                      "labels",
                      Map.of("sallyport.dev/watch", "true")));
          assertThat(object.get("stringData"))
              .asInstanceOf(InstanceOfAssertFactories.MAP)
              .hasEntrySatisfying(
                  "api_key", key -> assertThat((String) key).matches("slp_[0-9A-Za-z]{43}"));
        });
  }

  @Test
  void identityRefersToTheSecretThatComesWithIt() {
    assertThat(create("--kubectl", "--secret", "acme-key", "--identity", "acme")).isZero();

    assertThat(documents()).hasSize(2);
    Map<?, ?> identity = (Map<?, ?>) documents().getLast();
    assertThat(identity.get("metadata")).isEqualTo(Map.of("name", "acme"));
    assertThat(identity.get("spec"))
        .isEqualTo(
            Map.of(
                "credentials",
                List.of(
                    Map.of(
                        "name",
                        "primary",
                        "apiKey",
                        Map.of("secretRef", Map.of("name", "acme-key", "key", "api_key"))))));
  }

  @Test
  void namesThatYamlWouldTakeForSomethingElseStayText() {
    assertThat(create("--kubectl", "--identity", "1e3", "-n", "null", "--name", "true")).isZero();

    assertThat(((Map<?, ?>) documents().getFirst()).get("metadata"))
        .isEqualTo(Map.of("name", "1e3", "namespace", "null"));
    assertThat(out).contains("name: \"true\"");
  }

  @Test
  void snippetIsPrintedWhereNoObjectIsNamed() {
    assertThat(create("--kubectl")).isZero();

    assertThat(documents())
        .containsExactly(
            Map.of(
                "credentials",
                List.of(
                    Map.of(
                        "name",
                        "primary",
                        "apiKey",
                        Map.of("sha256", KeyDigest.of(keyOnStandardError()).hex())))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--identity acme",
        "--secret acme-key",
        "-n payments",
        "--kubectl --output json",
        "--kubectl --identity Acme",
        "--kubectl --secret a/b",
        "--kubectl --identity acme -n a.b",
        "--kubectl --identity a\"b",
      })
  void optionsThatFitNothingMakeNoKey(String options) {
    assertThat(create(options.split(" ", -1))).isEqualTo(2);

    assertThat(out).isEmpty();
    assertThat(err).startsWith("sallyport: --").hasLineCount(1);
  }
}
