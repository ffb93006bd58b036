package dev.sallyport.cli;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.receive.Inbound;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** Shows what policy tests came to. */
final class TestPrinter {
  private static final String GREEN = "32";
  private static final String RED = "31";
  private static final String FAINT = "2";
  private static final String DEEPER = "        ";

  private final PrintStream out;
  private final boolean colourful;

  TestPrinter(PrintStream out, boolean colourful) {
    this.out = out;
    this.colourful = colourful;
  }

  void file(RunTests.Ran ran) {
    TestFile file = ran.file();
    out.println(file.file() + (file.about().isEmpty() ? "" : ": " + oneLine(file.about())));
    Table table = new Table();
    for (TestRun.Result result : ran.results()) {
      Decision decision = result.decision();
      table.row(
          oneLine(result.test().name()),
          decision.allowed() ? "allow" : "deny",
          shadow(decision),
          Objects.requireNonNullElse(decision.facts().operation(), ""));
    }
    List<String> lines = table.lines();
    for (int i = 0; i < lines.size(); i++) {
      TestRun.Result result = ran.results().get(i);
      out.println(
          "  "
              + (result.passed() ? coloured(GREEN, "pass") : coloured(RED, "FAIL"))
              + "  "
              + lines.get(i).stripTrailing());
      if (!result.passed()) {
        failure(file, result);
      }
    }
  }

  private static String shadow(Decision decision) {
    return decision.shadowReason() == null
        ? decision.reason().code()
        : "shadow " + decision.shadowReason().code();
  }

  private void failure(TestFile file, TestRun.Result result) {
    for (Expected.Mismatch mismatch : result.mismatches()) {
      out.println(DEEPER + coloured(RED, oneLine(told(mismatch))));
    }
    out.println(DEEPER + coloured(FAINT, file.file() + ":" + result.test().line()));
    for (String line : reasoning(result)) {
      out.println(DEEPER + coloured(FAINT, oneLine(line)));
    }
  }

  /** {@code status: expected 401, was 403}. */
  static String told(Expected.Mismatch mismatch) {
    return mismatch.fact() + ": expected " + mismatch.expected() + ", was " + mismatch.actual();
  }

  /** What each stage found, a line or more a stage. */
  static List<String> reasoning(TestRun.Result result) {
    Inbound inbound = result.test().inbound();
    int query = inbound.path().indexOf('?');
    String path = query < 0 ? inbound.path() : inbound.path().substring(0, query);
    return Reasoning.of(
            result.decision(), inbound.method() + ' ' + result.decision().facts().host() + path)
        .lines();
  }

  void summary(List<RunTests.Ran> all, Duration took) {
    long tests = all.stream().mapToLong(ran -> ran.results().size()).sum();
    long failed =
        all.stream()
            .flatMap(ran -> ran.results().stream())
            .filter(result -> !result.passed())
            .count();
    out.println();
    String summary =
        "%d %s, %d passed, %d failed (%.1f s)"
            .formatted(
                tests,
                tests == 1 ? "test" : "tests",
                tests - failed,
                failed,
                took.toMillis() / 1000.0);
    out.println(coloured(failed == 0 ? GREEN : RED, summary));
  }

  void coverage(Coverage coverage) {
    out.println();
    out.println(
        "coverage: %d of %d (%d %%)"
            .formatted(coverage.touched(), coverage.size(), coverage.percent()));
    List<Coverage.Item> untouched = coverage.untouched();
    if (untouched.isEmpty()) {
      return;
    }
    Table table = new Table("POLICY", "UNTOUCHED", "NAME");
    for (Coverage.Item item : untouched) {
      table.row(item.policy(), item.kind().words(), item.name());
    }
    table.lines().forEach(out::println);
  }

  private String coloured(String colour, String text) {
    return colourful ? "\u001b[" + colour + 'm' + text + "\u001b[0m" : text;
  }

  /** Nothing that a file or a request holds reaches a terminal as a control. */
  private static String oneLine(String text) {
    return text.replaceAll("\\p{Cntrl}+", " ").stripTrailing();
  }
}
