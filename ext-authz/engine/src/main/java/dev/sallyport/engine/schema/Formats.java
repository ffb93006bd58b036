package dev.sallyport.engine.schema;

import com.networknt.schema.format.IriFormat;
import com.networknt.schema.format.IriReferenceFormat;
import com.networknt.schema.format.UriFormat;
import com.networknt.schema.format.UriReferenceFormat;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The formats that are asserted. Each takes time linear in what was sent, and a value of another
 * type than the format is for passes.
 */
final class Formats {
  private static final BigDecimal FLOAT = new BigDecimal(Float.MAX_VALUE);
  private static final BigDecimal DOUBLE = new BigDecimal(Double.MAX_VALUE);

  private static final Pattern INDEX = Pattern.compile("0|[1-9][0-9]*+");
  private static final Pattern BASE64 =
      Pattern.compile("(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?+");

  private static final Map<String, Predicate<JsonNode>> JSON_SCHEMA = new HashMap<>();
  private static final Map<String, Predicate<JsonNode>> OPENAPI = new HashMap<>();

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
    text("uri", text -> HostFormats.hasAuthority(text) && new UriFormat().matches(null, text));
    text(
        "uri-reference",
        text -> HostFormats.hasAuthority(text) && new UriReferenceFormat().matches(null, text));
    text("iri", text -> HostFormats.hasAuthority(text) && new IriFormat().matches(null, text));
    text(
        "iri-reference",
        text -> HostFormats.hasAuthority(text) && new IriReferenceFormat().matches(null, text));
    text("uri-template", Formats::isUriTemplate);
    text("uuid", Formats::isUuid);
    text("json-pointer", Formats::isJsonPointer);
    text("relative-json-pointer", Formats::isRelativeJsonPointer);
    text("regex", SchemaPattern::canRun);
    OPENAPI.putAll(JSON_SCHEMA);
    number("int32", value -> isWithin(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
    number("int64", value -> isWithin(value, Long.MIN_VALUE, Long.MAX_VALUE));
    number("float", value -> value.abs().compareTo(FLOAT) <= 0);
    number("double", value -> value.abs().compareTo(DOUBLE) <= 0);
    OPENAPI.put("byte", of(text -> BASE64.matcher(text).matches()));
  }

  private Formats() {}

  /** The format; null where it is not asserted. */
  static @Nullable Predicate<JsonNode> find(String name, JsonSchema.Dialect dialect) {
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

  private static void text(String name, Predicate<String> form) {
    JSON_SCHEMA.put(name, of(form));
  }

  private static Predicate<JsonNode> of(Predicate<String> form) {
    return value -> !value.isString() || form.test(value.stringValue());
  }

  private static void number(String name, Predicate<BigDecimal> form) {
    OPENAPI.put(name, value -> !value.isNumber() || form.test(value.decimalValue()));
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
    String rest = text.substring(end);
    return INDEX.matcher(text.substring(0, end)).matches()
        && (rest.equals("#") || isJsonPointer(rest));
  }

  /** RFC 6570: braces that pair up around expressions. */
  private static boolean isUriTemplate(String text) {
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c == '{') {
        int end = text.indexOf('}', i);
        if (end < 0 || !isExpression(text.substring(i + 1, end))) {
          return false;
        }
        i = end + 1;
        continue;
      }
      if (c == '%') {
        if (i + 2 >= text.length()
            || !HexFormat.isHexDigit(text.charAt(i + 1))
            || !HexFormat.isHexDigit(text.charAt(i + 2))) {
          return false;
        }
        i += 3;
        continue;
      }
      if (c <= ' ' || c == 0x7F || "\"<>\\^`|}".indexOf(c) >= 0) {
        return false;
      }
      i++;
    }
    return true;
  }

  private static final Pattern VARIABLE =
      Pattern.compile(
          "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\\.?+(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*+(?:\\*|:[1-9][0-9]{0,3})?+");

  private static boolean isExpression(String expression) {
    String list =
        !expression.isEmpty() && "+#./;?&=,!@|".indexOf(expression.charAt(0)) >= 0
            ? expression.substring(1)
            : expression;
    for (String variable : list.split(",", -1)) {
      if (!VARIABLE.matcher(variable).matches()) {
        return false;
      }
    }
    return true;
  }
}
