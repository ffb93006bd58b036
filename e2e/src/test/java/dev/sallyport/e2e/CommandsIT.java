package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the distribution answers without a server, which must be what its server answers. */
class CommandsIT {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private static Path work;

  @Test
  void theExamplesHaveNothingToComplainAboutButAKeyInAnUrl() {
    Ran lint = run("lint", List.of("lint", Checkout.examples().toString()));

    // One shows what becomes of such keys.
    assertThat(lint.output()).contains("keys in URLs", "0 errors, 1 warning ");
    assertThat(lint.exitCode()).isZero();
  }

  @Test
  void thePolicyTestsOfTheExamplesHold() {
    Ran test = run("test", List.of("test", Checkout.examples().toString()));

    assertThat(test.exitCode()).as(test.output()).isZero();
    assertThat(test.output()).contains(" 0 failed (");
  }

  @Test
  void lintWritesNothingBesideWhatItFinds(@TempDir Path policies) throws IOException {
    StringBuilder policy =
        new StringBuilder(
            """
            apiVersion: sallyport.dev/v1alpha1
            kind: ApiPolicy
            metadata: {name: broken, namespace: default}
            spec:
              hosts: [broken.example.com]
              operations:
            """);
    // A library would log each of them.
    List<String> schemas =
        List.of(
            "{pattern: '(?=a)'}",
            "{properties: {a: {items: 1}}}",
            "{$defs: {a: {prefixItems: 1}}}",
            "{unevaluatedProperties: 1}",
            "{format: []}",
            "{patternProperties: {'(': true}}",
            "{$ref: 'https://example.com/schema'}");
    for (int i = 0; i < schemas.size(); i++) {
      policy.append(
          """
            - name: broken-%d
              match: [{methods: [POST], path: /%d}]
              authentication: None
              request: {contentTypes: [application/json], maxBytes: 1, body: {schema: %s}}
          """
              .formatted(i, i, schemas.get(i)));
    }
    Files.writeString(policies.resolve("broken.yaml"), policy);

    CommandRun lint =
        CommandRun.of(
            List.of(Checkout.sallyport().toString(), "lint", policies.toString()),
            Map.of(
                "SALLYPORT_JAVA", Path.of(System.getProperty("java.home"), "bin/java").toString()),
            "");

    assertThat(lint.errors()).isEmpty();
    assertThat(lint.output()).contains(schemas.size() + " errors, 0 warnings");
    assertThat(lint.exitCode()).isEqualTo(1);
  }

  @TestFactory
  Stream<DynamicTest> checkAnswersAnExampleAsTheServerDoes() {
    return ExampleRequests.read(Checkout.examples().resolve("leaked-key/requests.json")).stream()
        .map(example -> DynamicTest.dynamicTest(example.name(), () -> check(example)));
  }

  private static void check(ExampleRequests example) {
    RawRequest request = example.toRequest();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "check",
                "--policies",
                Checkout.examples().toString(),
                "--output",
                "json",
                "--method",
                request.method(),
                "--url",
                example.request().url().toString()));
    for (Field field : request.without("Host").fields()) {
      arguments.addAll(List.of("--header", field.name() + ": " + field.value()));
    }
    if (!request.body().isEmpty()) {
      arguments.addAll(List.of("--body", request.body()));
    }

    Ran check = run(example.name(), arguments);

    JsonNode decision = JSON.readTree(check.output());
    boolean allowed = example.answer().reason().equals("allowed");
    assertThat(decision.path("reason").asString()).isEqualTo(example.answer().reason());
    assertThat(decision.path("verdict").asString()).isEqualTo(allowed ? "allow" : "deny");
    assertThat(check.exitCode()).isEqualTo(allowed ? 0 : 1);
  }

  private record Ran(int exitCode, String output) {}

  private static Ran run(String name, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(Checkout.sallyport().toString()));
    command.addAll(arguments);
    Path output = work.resolve(name.replace(' ', '-').replace('\'', '-'));
    Map<String, String> environment =
        Map.of(
            "SALLYPORT_JAVA",
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "SALLYPORT_REGIONS_HEADER",
            "x-client-region");
    try (ChildProcess sallyport = ChildProcess.start(name, command, environment, output)) {
      return new Ran(sallyport.exitCode(Duration.ofSeconds(60)), sallyport.output());
    }
  }
}
