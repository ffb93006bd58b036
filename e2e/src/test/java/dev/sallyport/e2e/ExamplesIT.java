package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertAll;

import dev.sallyport.proto.v1.DecisionRecord;
import dev.sallyport.proto.v1.RateLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/** Every example answers as its {@code requests.json} says, all of them loaded together. */
class ExamplesIT {
  private static final JsonMapper JSON = new JsonMapper();

  @ParameterizedTest
  @EnumSource
  void everyExampleAnswersAsItsRequestsSay(HeaderForm form, @TempDir Path work) throws IOException {
    try (ExampleIssuers issuers = ExampleIssuers.start(work);
        Boundary boundary =
            Boundary.start(
                work,
                issuers.examples(),
                ExampleIssuers::of,
                envoy -> form.of(issuers.of(envoy)))) {
      assertAll(checks(boundary, issuers));
    }
  }

  /** That each request of each example is answered as it says. */
  static List<Executable> checks(Boundary boundary, ExampleIssuers issuers) throws IOException {
    List<Executable> checks = new ArrayList<>();
    for (Path file : requestFiles(issuers.examples())) {
      for (ExampleRequests example : ExampleRequests.read(file)) {
        String name = file.getParent().getFileName() + ": " + example.name();
        for (int i = 0; i < example.count(); i++) {
          checks.add(() -> check(name, boundary, issuers, file, example));
        }
      }
    }
    assertThat(checks).isNotEmpty();
    return checks;
  }

  private static List<Path> requestFiles(Path examples) throws IOException {
    try (Stream<Path> files = Files.walk(examples)) {
      return files.filter(file -> file.endsWith("requests.json")).sorted().toList();
    }
  }

  private static void check(
      String name, Boundary boundary, ExampleIssuers issuers, Path file, ExampleRequests example) {
    ExampleRequests.Expected expected = example.answer();
    Reply reply = boundary.send(example.toRequest(issuers::fill));
    assertThat(reply.status()).as("%s: status of %s", name, reply).isEqualTo(expected.status());
    if (expected.document() != null) {
      assertThat(reply.json())
          .as(name)
          .isEqualTo(JSON.readTree(file.resolveSibling(expected.document()).toFile()));
      return;
    }
    boolean allowed = expected.reason().equals("allowed");
    assertThat(reply.reason()).as(name).isEqualTo(allowed ? "" : expected.reason());
    assertThat(reply.seen().isPresent()).as("%s: reaches the upstream", name).isEqualTo(allowed);
    if (expected.headers() != null) {
      expected.headers().forEach((header, value) -> checkHeader(name, reply, header, value));
    }
    if (expected.upstream() != null) {
      Upstream.Seen seen = reply.seen().orElseThrow();
      for (Map.Entry<String, String> header : expected.upstream().entrySet()) {
        assertThat(seen.all(header.getKey()))
            .as("%s: `%s` at the upstream", name, header.getKey())
            .isEqualTo(header.getValue() == null ? List.of() : List.of(header.getValue()));
      }
    }
    if (expected.target() != null) {
      assertThat(reply.seen().orElseThrow().target())
          .as("%s: what the upstream is asked", name)
          .isEqualTo(expected.target());
    }
    DecisionRecord decision = boundary.sallyport().decisions().await(reply.decisionId());
    assertThat(decision.getReason()).as(name).isEqualTo(expected.reason());
    if (expected.shadowedLimit() != null) {
      assertThat(decision.getRateLimitsList())
          .filteredOn(limit -> limit.getExceeded() && limit.getShadow())
          .extracting(RateLimit::getName)
          .as(name)
          .containsExactly(expected.shadowedLimit());
    }
    if (expected.operation() != null) {
      assertThat(decision.getOperation()).as(name).isEqualTo(expected.operation());
    }
    if (expected.identity() != null) {
      assertThat(decision.getIdentity()).as(name).isEqualTo(expected.identity());
    }
  }

  private static void checkHeader(String name, Reply reply, String header, String value) {
    assertThat(reply.all(header)).as("%s: `%s`", name, header).hasSize(1);
    if (!value.equals("*")) {
      assertThat(reply.all(header)).as("%s: `%s`", name, header).containsExactly(value);
    }
  }
}
