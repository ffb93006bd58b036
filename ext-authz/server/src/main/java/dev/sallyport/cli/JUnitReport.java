package dev.sallyport.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What policy tests came to in JUnit's XML, a suite a file.
 *
 * <p>Nobody owns the form. What is written here is what both of the schemas take that CI systems
 * hold reports against: the one of Ant, which wants {@code properties} and both outputs to be there
 * however empty, and the one of Jenkins.
 */
final class JUnitReport {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private JUnitReport() {}

  static String of(List<RunTests.Ran> all, Instant started) {
    StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.append("<testsuites>\n");
    for (int i = 0; i < all.size(); i++) {
      suite(all.get(i), i, started, xml);
    }
    return xml.append("</testsuites>\n").toString();
  }

  private static void suite(RunTests.Ran ran, int id, Instant started, StringBuilder xml) {
    Duration took =
        ran.results().stream().map(TestRun.Result::took).reduce(Duration.ZERO, Duration::plus);
    long failures = ran.results().stream().filter(result -> !result.passed()).count();
    xml.append("  <testsuite");
    attribute("name", ran.file().file().toString(), xml);
    attribute("package", "policies", xml);
    attribute("id", String.valueOf(id), xml);
    attribute("timestamp", TIME.format(started), xml);
    attribute("hostname", "localhost", xml);
    attribute("tests", String.valueOf(ran.results().size()), xml);
    attribute("failures", String.valueOf(failures), xml);
    attribute("errors", "0", xml);
    attribute("time", seconds(took), xml);
    xml.append(">\n    <properties/>\n");
    for (TestRun.Result result : ran.results()) {
      test(ran.file(), result, xml);
    }
    xml.append("    <system-out/>\n    <system-err/>\n  </testsuite>\n");
  }

  private static void test(TestFile file, TestRun.Result result, StringBuilder xml) {
    xml.append("    <testcase");
    attribute("name", result.test().name(), xml);
    attribute("classname", file.file().toString(), xml);
    attribute("time", seconds(result.took()), xml);
    if (result.passed()) {
      xml.append("/>\n");
      return;
    }
    String told =
        result.mismatches().stream().map(TestPrinter::told).collect(Collectors.joining("; "));
    xml.append(">\n      <failure");
    attribute("message", told, xml);
    attribute("type", "mismatch", xml);
    xml.append('>');
    escape(file.file() + ":" + result.test().line() + '\n', xml);
    for (String line : TestPrinter.reasoning(result)) {
      escape(line + '\n', xml);
    }
    xml.append("</failure>\n    </testcase>\n");
  }

  private static String seconds(Duration took) {
    return String.format(Locale.ROOT, "%.3f", took.toNanos() / 1e9);
  }

  private static void attribute(String name, String value, StringBuilder xml) {
    xml.append(' ').append(name).append("=\"");
    escape(value, xml);
    xml.append('"');
  }

  /** XML 1.0 section 2.2: what no document may hold, escaped or not, becomes U+FFFD. */
  private static void escape(String text, StringBuilder xml) {
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '<' -> xml.append("&lt;");
            case '>' -> xml.append("&gt;");
            case '&' -> xml.append("&amp;");
            case '"' -> xml.append("&quot;");
            case '\n', '\t', '\r' -> xml.append("&#").append(c).append(';');
            default -> xml.appendCodePoint(isCharacter(c) ? c : 0xfffd);
          }
        });
  }

  private static boolean isCharacter(int c) {
    return (c >= 0x20 && c <= 0xd7ff)
        || (c >= 0xe000 && c <= 0xfffd)
        || (c >= 0x10000 && c <= 0x10ffff);
  }
}
