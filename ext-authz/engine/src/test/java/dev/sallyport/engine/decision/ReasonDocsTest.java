package dev.sallyport.engine.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table of {@code docs/decisions.md} has every reason of a denial, and its status. */
class ReasonDocsTest {
  private static final Pattern ROW =
      Pattern.compile("^\\| ((?:`[a-z_]+`[, ]*)+) \\| (\\d{3}) \\|", Pattern.MULTILINE);
  private static final Pattern CODE = Pattern.compile("`([a-z_]+)`");

  @Test
  void everyReasonIsExplained() throws IOException {
    Map<String, Integer> explained = new TreeMap<>();
    Matcher rows = ROW.matcher(Files.readString(Path.of("../../docs/decisions.md")));
    while (rows.find()) {
      CODE.matcher(rows.group(1))
          .results()
          .map((MatchResult code) -> code.group(1))
          .forEach(code -> explained.put(code, Integer.valueOf(rows.group(2))));
    }

    Map<String, Integer> reasons = new TreeMap<>();
    for (Reason reason : Reason.values()) {
      // Nothing quarantines an identity in this version.
      if (reason != Reason.ALLOWED && reason != Reason.IDENTITY_QUARANTINED) {
        reasons.put(reason.code(), reason.httpStatus());
      }
    }
    assertThat(explained).isEqualTo(reasons);
  }
}
