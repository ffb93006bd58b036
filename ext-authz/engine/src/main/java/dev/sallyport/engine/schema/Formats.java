package dev.sallyport.engine.schema;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The formats that are asserted. Each takes time linear in what was sent and, if it is more than
 * looks at the characters, steps of the budget. A value of another type than the format is for
 * passes.
 */
final class Formats {
  /** What reading a pattern takes for each of its characters. */
  private static final long PATTERN_STEPS = 16;

  private static final BigDecimal FLOAT = new BigDecimal(Float.MAX_VALUE);
  private static final BigDecimal DOUBLE = new BigDecimal(Double.MAX_VALUE);

  /** What a value must look like. */
  @FunctionalInterface
  interface Format {
    /** Whether a value does. Means nothing once the budget is spent. */
    boolean takes(JsonNode value, Budget budget);
  }

  /** The same of a text. */
  @FunctionalInterface
  private interface Form {
    boolean takes(String text, Budget budget);
  }

  private static final Map<String, Format> JSON_SCHEMA = new HashMap<>();
  private static final Map<String, Format> OPENAPI = new HashMap<>();

  /** Formats that say what a value is for, and nothing of how it looks. */
  private static final Set<String> WITHOUT_FORM = Set.of("password", "binary");

  static {
    text("date", TimeFormats::isDate);
    text("time", TimeFormats::isTime);
    text("date-time", TimeFormats::isDateTime);
    text("duration", TimeFormats::isDuration);
    text("email", HostFormats::isEmail);
    text("idn-email", HostFormats::isIdnEmail);
    text("hostname", HostFormats::isHostname);
    text("idn-hostname", HostFormats::isIdnHostname);
    text("ipv4", HostFormats::isIpv4);
    text("ipv6", HostFormats::isIpv6);
    text("uri", UriFormats::isUri);
    text("uri-reference", UriFormats::isUriReference);
    text("iri", UriFormats::isIri);
    text("iri-reference", UriFormats::isIriReference);
    text("uri-template", UriFormats::isTemplate);
    text("uuid", Formats::isUuid);
    text("json-pointer", Formats::isJsonPointer);
    text("relative-json-pointer", Formats::isRelativeJsonPointer);
    text(
        "regex",
        (text, budget) ->
            budget.spend(PATTERN_STEPS * text.length()) && SchemaPattern.canRun(text));
    OPENAPI.putAll(JSON_SCHEMA);
    number("int32", value -> isWithin(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
    number("int64", value -> isWithin(value, Long.MIN_VALUE, Long.MAX_VALUE));
    number("float", value -> value.abs().compareTo(FLOAT) <= 0);
    number("double", value -> value.abs().compareTo(DOUBLE) <= 0);
    OPENAPI.put("byte", of((text, _) -> isBase64(text)));
  }

  private Formats() {}

  /** The format; null where it is not asserted. */
  static @Nullable Format find(String name, JsonSchema.Dialect dialect) {
    return (dialect == JsonSchema.Dialect.DRAFT_2020_12 ? JSON_SCHEMA : OPENAPI).get(name);
  }

  /** Whether there is nothing to assert about a format. */
  static boolean isWithoutForm(String name) {
    return WITHOUT_FORM.contains(name);
  }

  /** Their names, in order. */
  static Set<String> names(JsonSchema.Dialect dialect) {
    return new TreeSet<>(
        (dialect == JsonSchema.Dialect.DRAFT_2020_12 ? JSON_SCHEMA : OPENAPI).keySet());
  }

  private static void text(String name, Form form) {
    JSON_SCHEMA.put(name, of(form));
  }

  private static void text(String name, Predicate<String> form) {
    JSON_SCHEMA.put(name, of((text, _) -> form.test(text)));
  }

  private static Format of(Form form) {
    return (value, budget) -> !value.isString() || form.takes(value.stringValue(), budget);
  }

  private static void number(String name, Predicate<BigDecimal> form) {
    OPENAPI.put(name, (value, _) -> !value.isNumber() || form.test(value.decimalValue()));
  }

  private static boolean isWithin(BigDecimal value, long least, long most) {
    return Numbers.isWhole(value)
        && value.compareTo(BigDecimal.valueOf(least)) >= 0
        && value.compareTo(BigDecimal.valueOf(most)) <= 0;
  }

  /** RFC 4122. */
  private static boolean isUuid(String text) {
    if (text.length() != 36) {
      return false;
    }
    for (int i = 0; i < 36; i++) {
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? text.charAt(i) != '-' : !HexFormat.isHexDigit(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** RFC 6901. */
  private static boolean isJsonPointer(String text) {
    if (!text.isEmpty() && text.charAt(0) != '/') {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '~'
          && (i + 1 == text.length() || (text.charAt(i + 1) != '0' && text.charAt(i + 1) != '1'))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isRelativeJsonPointer(String text) {
    int end = 0;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    boolean counted = end == 1 || (end > 1 && text.charAt(0) != '0');
    String rest = text.substring(end);
    return counted && (rest.equals("#") || isJsonPointer(rest));
  }

  /** RFC 4648 section 4, padded. */
  private static boolean isBase64(String text) {
    int end = text.length();
    if (end % 4 != 0) {
      return false;
    }
    int least = Math.max(0, end - 2);
    while (end > least && text.charAt(end - 1) == '=') {
      end--;
    }
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      boolean taken =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '+'
              || c == '/';
      if (!taken) {
        return false;
      }
    }
    return true;
  }
}
