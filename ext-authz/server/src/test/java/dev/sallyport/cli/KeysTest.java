package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.KeyDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    CliRun run = CliRun.of("", Map.of(), arguments);
    out = run.out();
    err = run.err();
    return run.exitCode();
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
  void patchHoldsTheDigestAndStandardErrorTheKey() {
    assertThat(create("--kubectl", "--identity", "acme", "-n", "payments", "--name", "next"))
        .isZero();

    String key = keyOnStandardError();
    assertThat(out)
        .startsWith("# kubectl patch nhi acme -n payments --type json --patch-file /dev/stdin\n")
        .doesNotContain(key);
    assertThat(documents())
        .containsExactly(
            List.of(
                Map.of(
                    "op",
                    "add",
                    "path",
                    "/spec/credentials/-",
                    "value",
                    Map.of("name", "next", "apiKey", Map.of("sha256", KeyDigest.of(key).hex())))));
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
  void patchThatRefersToTheSecretIsNoPartOfIt() {
    assertThat(create("--kubectl", "--secret", "acme-key", "--identity", "acme")).isZero();

    assertThat(documents()).hasSize(1);
    assertThat(out)
        .endsWith(
            """

            # Then, with what follows on its standard input:
            # kubectl patch nhi acme --type json --patch-file /dev/stdin
            # - op: add
            #   path: /spec/credentials/-
            #   value:
            #     name: "primary"
            #     apiKey: {secretRef: {name: "acme-key", key: api_key}}
            """);
  }

  @Test
  void namesThatYamlWouldTakeForSomethingElseStayText() {
    assertThat(create("--kubectl", "--secret", "1e3", "-n", "null")).isZero();

    assertThat(((Map<?, ?>) documents().getFirst()).get("metadata"))
        .isEqualTo(
            Map.of(
                "name",
                "1e3",
                "namespace",
                "null",
                "labels",
                Map.of("sallyport.dev/watch", "true")));
    assertThat(create("--kubectl", "--identity", "acme", "--name", "true")).isZero();
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
