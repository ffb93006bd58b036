package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec.RequestRules;
import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.content.MediaRange;
import dev.sallyport.engine.payload.PayloadRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Compiles what a request to one operation may carry. */
final class PayloadCompilation {
  private PayloadCompilation() {}

  /**
   * Compiles.
   *
   * @param rules null where nothing is asked
   * @param references for documents that hold schemas
   */
  static PayloadRule compile(
      @Nullable RequestRules rules, String field, Report report, References references) {
    if (rules == null) {
      return PayloadRule.NONE;
    }
    if (rules.query() != null) {
      report.unsupported(field + ".query", "a schema of the query");
    }
    if (rules.body() != null) {
      report.unsupported(field + ".body", "a schema of the body");
    }
    List<MediaRange> ranges = new ArrayList<>(rules.contentTypes().size());
    for (int i = 0; i < rules.contentTypes().size(); i++) {
      MediaRange range = MediaRange.parse(rules.contentTypes().get(i));
      if (range == null) {
        report.error(
            field + ".contentTypes[" + i + "]",
            "Invalid",
            quote(rules.contentTypes().get(i))
                + " is not a media type; write `application/json`, without parameters");
      } else {
        ranges.add(range);
      }
    }
    Set<String> encodings = new TreeSet<>();
    for (int i = 0; i < rules.contentEncodings().size(); i++) {
      String encoding = rules.contentEncodings().get(i).toLowerCase(Locale.ROOT);
      if (!encoding.matches("[a-z0-9*_.-]{1,32}")) {
        report.error(
            field + ".contentEncodings[" + i + "]",
            "Invalid",
            quote(rules.contentEncodings().get(i)) + " is not a content coding");
      }
      encodings.add(encoding);
    }
    Long maxBytes = rules.maxBytes();
    if (maxBytes != null && maxBytes < 0) {
      report.error(field + ".maxBytes", "Invalid", "must be 0 or more, not `" + maxBytes + '`');
    }
    return new PayloadRule(
        new ContentRule(ranges, encodings, maxBytes == null ? -1 : Math.max(0, maxBytes), false),
        null);
  }
}
