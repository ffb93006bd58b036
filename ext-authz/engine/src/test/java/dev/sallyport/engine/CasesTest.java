package dev.sallyport.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Stage;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Runs every case file under {@code cases/}. */
class CasesTest {
  private static final Path CASES = Path.of("src/test/resources/cases");

  @TestFactory
  Stream<DynamicNode> everyCaseHolds() throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(CASES)) {
      files = walk.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThan(8);
    return files.stream().map(CasesTest::container);
  }

  /** Of what nothing can be denied for yet. */
  private static final Set<Reason> UNREACHED = EnumSet.of(Reason.IDENTITY_QUARANTINED);

  @Test
  void everyReasonOfACredentialOrAnIdentityHasItsCaseFile() throws IOException {
    for (Reason reason : Reason.values()) {
      String code = reason.code();
      boolean theirs = reason.stage() == Stage.AUTHENTICATE || reason.stage() == Stage.IDENTITY;
      Path file = CASES.resolve(reason.stage().code()).resolve(code.replace('_', '-') + ".yaml");
      if (!theirs) {
        continue;
      }
      assertThat(Files.exists(file)).as("%s", file).isNotEqualTo(UNREACHED.contains(reason));
      if (!UNREACHED.contains(reason)) {
        assertThat(CaseFile.parse(Files.readString(file)).tests())
            .as("%s", file)
            .anySatisfy(test ->
                assertThat(test.expect())
                    .containsEntry("verdict", "deny")
                    .containsEntry("reason", code));
      }
    }
  }

  private static DynamicNode container(Path path) {
    try {
      CaseFile file = CaseFile.parse(Files.readString(path));
      assertThat(file.tests()).isNotEmpty();
      return DynamicContainer.dynamicContainer(
          CASES.relativize(path) + ": " + file.about(),
          file.tests().stream()
              .map(test -> DynamicTest.dynamicTest(test.name(), () -> run(file, test))));
    } catch (IOException | RuntimeException e) {
      return DynamicTest.dynamicTest(
          path.toString(),
          () -> {
            throw e;
          });
    }
  }

  private static void run(CaseFile file, CaseFile.Case test) {
    Compilation compilation =
        Compiler.compile(new Changes(file.objects(), List.of()), Compilation.EMPTY);
    assertThat(compilation.diagnostics())
        .filteredOn(diagnostic -> diagnostic.severity() == Severity.ERROR)
        .filteredOn(diagnostic -> !diagnostic.code().equals("Conflicted"))
        .filteredOn(diagnostic -> !file.about().contains("broken"))
        .isEmpty();
    AtomicReference<Instant> clock = new AtomicReference<>(test.inbound().at());
    Pipeline pipeline =
        new Pipeline(
            file.credentials().verifiers(file.reviews(), file.certificates().reader()),
            new SourceLocator(0, "x-region", RegionRanges.of(Map.of()), RegionSource.NONE),
            new SlowQuotaStore(clock::get));
    Patience patience =
        test.patient() ? Patience.until(test.inbound().at().plusSeconds(1)) : Patience.NONE;
    Pipeline.Answer answer = new Pipeline.Answer.Waits();
    for (int i = 0; i < test.repeat(); i++) {
      answer =
          pipeline.decide(
              test.inbound().again(test.inbound().id() + i, test.inbound().at()),
              compilation.snapshot(),
              patience);
    }
    switch (answer) {
      case Pipeline.Answer.Decided(var decision) -> verify(decision, test.expect());
      case Pipeline.Answer.Waits() ->
          assertThat(test.expect()).as("it waits").isEqualTo(Map.of("verdict", "waits"));
    }
  }

  private static void verify(Decision decision, Map<String, Object> expect) {
    assertThat(expect).containsKeys("verdict", "reason");
    expect.forEach((key, expected) ->
        assertThat(actual(key, decision))
            .as("%s of %s", key, decision)
            .isEqualTo(expected == null ? "" : String.valueOf(expected)));
  }

  private static String actual(String key, Decision decision) {
    var facts = decision.facts();
    return switch (key) {
      case "verdict" -> decision.allowed() ? "allow" : "deny";
      case "reason" -> decision.reason().code();
      case "status" -> String.valueOf(decision.reason().httpStatus());
      case "shadowReason" -> decision.shadowReason() == null ? "" : decision.shadowReason().code();
      case "operation" -> Objects.requireNonNullElse(facts.operation(), "");
      case "template" -> Objects.requireNonNullElse(facts.template(), "");
      case "policy" -> facts.policy() == null ? "" : facts.policy().qualifiedName();
      case "identity" ->
          facts.identity() == null || facts.identity().key() == null
              ? ""
              : facts.identity().key().qualifiedName();
      case "credential" ->
          facts.credential() == null ? "" : String.valueOf(facts.credential().name());
      case "constraint" -> facts.credential() == null ? "" : facts.credential().constraint();
      case "unregistered" ->
          String.valueOf(facts.credential() != null && facts.credential().unregistered());
      case "violations" ->
          facts.violations().stream().map(reason -> reason.code()).toList().toString();
      case "attempts" ->
          facts.attempts().stream().map(at -> at.method() + '=' + at.result()).toList().toString();
      case "why" -> facts.attempts().stream().map(at -> at.detail()).toList().toString();
      case "scopesHeld" -> facts.scopesHeld().toString();
      case "detail" ->
          decision.verdict() instanceof Verdict.Deny(var denial) ? denial.detail() : "";
      case "errors" ->
          decision.verdict() instanceof Verdict.Deny(var denial)
              ? denial.errors().stream()
                  .map(error -> error.part().code() + ' ' + error.pointer() + ' ' + error.keyword())
                  .toList()
                  .toString()
              : "[]";
      case "path" -> String.valueOf(decision.verdict().changes().path());
      case "fieldsDenied" -> facts.fieldsDenied().toString();
      case "conditions" ->
          facts.conditions().stream()
              .map(condition -> condition.name() + '=' + condition.met())
              .toList()
              .toString();
      case "rpc" ->
          facts.rpc() == null
              ? ""
              : facts.rpc().revision()
                  + ' '
                  + facts.rpc().method()
                  + ' '
                  + facts.rpc().id()
                  + ' '
                  + facts.rpc().code();
      case "removes" ->
          decision.verdict().changes().removeHeaders()
              + ""
              + decision.verdict().changes().removeQuery();
      case "cookie" -> String.valueOf(decision.verdict().changes().cookie());
      default -> {
        if (!key.startsWith("field ")) {
          throw new IllegalArgumentException("nothing is expected of `" + key + "`");
        }
        String name = key.substring("field ".length());
        yield decision.verdict().responseFields().stream()
            .filter(field -> field.name().equals(name))
            .map(HttpField::value)
            .toList()
            .toString();
      }
    };
  }
}
