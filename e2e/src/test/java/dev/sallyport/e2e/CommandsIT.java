package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

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
