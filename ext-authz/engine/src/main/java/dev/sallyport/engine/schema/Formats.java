package dev.sallyport.engine.schema;

import com.networknt.schema.format.IdnHostnameFormat;
import com.networknt.schema.format.IriFormat;
import com.networknt.schema.format.IriReferenceFormat;
import com.networknt.schema.format.UriFormat;
import com.networknt.schema.format.UriReferenceFormat;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The formats that are asserted. Each takes time linear in what was sent, and a value of another
 * type than the format is for passes.
 */
final class Formats {
  /** A host name is at most 253 characters; more can't make a longer text one. */
  private static final int LONGEST_HOST = 1024;

  private static final BigDecimal FLOAT = new BigDecimal(Float.MAX_VALUE);
  private static final BigDecimal DOUBLE = new BigDecimal(Double.MAX_VALUE);

  /** Bounded in every repeat, so that matching is linear. */
  private static final Pattern TIME =
      Pattern.compile(
          "([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\\.[0-9]++)?+(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))");

  private static final Pattern DATE = Pattern.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})");
  private static final Pattern DURATION =
      Pattern.compile(
          "P(?:[0-9]++W|(?=.)(?:[0-9]++Y)?+(?:[0-9]++M)?+(?:[0-9]++D)?+(?:T(?=.)(?:[0-9]++H)?+(?:[0-9]++M)?+(?:[0-9]++S)?+)?+)");
  private static final Pattern UUID =
      Pattern.compile("[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}");
  private static final Pattern OCTET = Pattern.compile("25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]");
  private static final Pattern LABEL =
      Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?");
  private static final Pattern INDEX = Pattern.compile("0|[1-9][0-9]*+");
  private static final Pattern BASE64 =
      Pattern.compile("(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?+");
  private static final Pattern ATOM =
      Pattern.compile("[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++)*+");
  private static final Pattern IDN_ATOM =
      Pattern.compile(
          "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\x{80}-\\x{10FFFF}-]++(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\x{80}-\\x{10FFFF}-]++)*+");
  private static final Pattern QUOTED =
      Pattern.compile("\"(?:[\\x20\\x21\\x23-\\x5B\\x5D-\\x7E]|\\\\[\\x20-\\x7E])*+\"");

  private static final Map<String, Predicate<JsonNode>> JSON_SCHEMA = new HashMap<>();
  private static final Map<String, Predicate<JsonNode>> OPENAPI = new HashMap<>();

  /** Formats that say what a value is for, and nothing of how it looks. */
  private static final Set<String> WITHOUT_FORM = new HashSet<>(Set.of("password", "binary"));

  static {
    text("date", Formats::isDate);
    text("time", Formats::isTime);
    text("date-time", Formats::isDateTime);
    text("duration", text -> DURATION.matcher(text).matches());
    text("email", text -> isEmail(text, ATOM, Formats::isHostname));
    text("idn-email", text -> isEmail(text, IDN_ATOM, Formats::isIdnHostname));
    text("hostname", Formats::isHostname);
    text("idn-hostname", Formats::isIdnHostname);
    text("ipv4", Formats::isIpv4);
    text("ipv6", Formats::isIpv6);
    text("uri", text -> new UriFormat().matches(null, text));
    text("uri-reference", text -> new UriReferenceFormat().matches(null, text));
    text("iri", text -> new IriFormat().matches(null, text));
    text("iri-reference", text -> new IriReferenceFormat().matches(null, text));
    text("uri-template", Formats::isUriTemplate);
    text("uuid", text -> UUID.matcher(text).matches());
    text("json-pointer", Formats::isJsonPointer);
    text("relative-json-pointer", Formats::isRelativeJsonPointer);
    text("regex", text -> SchemaPattern.read(text) instanceof SchemaPattern.Reading.Usable);
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
    return new java.util.TreeSet<>(
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

  /** RFC 3339 {@code full-date}. */
  private static boolean isDate(String text) {
    var date = DATE.matcher(text);
    if (!date.matches()) {
      return false;
    }
    int year = Integer.parseInt(date.group(1));
    int month = Integer.parseInt(date.group(2));
    int day = Integer.parseInt(date.group(3));
    return month >= 1
        && month <= 12
        && day >= 1
        && day <= java.time.YearMonth.of(year, month).lengthOfMonth();
  }

  /** RFC 3339 {@code full-time}; a leap second only where UTC may have one. */
  private static boolean isTime(String text) {
    var time = TIME.matcher(text);
    if (!time.matches()) {
      return false;
    }
    if (!time.group(3).equals("60")) {
      return true;
    }
    int minutes = Integer.parseInt(time.group(1)) * 60 + Integer.parseInt(time.group(2));
    if (time.group(4) != null) {
      int offset = Integer.parseInt(time.group(5)) * 60 + Integer.parseInt(time.group(6));
      minutes += time.group(4).equals("+") ? -offset : offset;
    }
    return Math.floorMod(minutes, 24 * 60) == 24 * 60 - 1;
  }

  private static boolean isDateTime(String text) {
    return text.length() > 11
        && (text.charAt(10) == 'T' || text.charAt(10) == 't')
        && isDate(text.substring(0, 10))
        && isTime(text.substring(11));
  }

  /** RFC 5321 {@code Mailbox}. */
  private static boolean isEmail(String text, Pattern atom, Predicate<String> host) {
    int at = text.lastIndexOf('@');
    if (at <= 0 || at > LONGEST_HOST) {
      return false;
    }
    String local = text.substring(0, at);
    String domain = text.substring(at + 1);
    if (!atom.matcher(local).matches() && !QUOTED.matcher(local).matches()) {
      return false;
    }
    if (!domain.startsWith("[")) {
      return host.test(domain);
    }
    if (!domain.endsWith("]")) {
      return false;
    }
    String literal = domain.substring(1, domain.length() - 1);
    return literal.startsWith("IPv6:") ? isIpv6(literal.substring(5)) : isIpv4(literal);
  }

  /** RFC 1123, and RFC 5890 for labels of other scripts. */
  private static boolean isHostname(String text) {
    if (text.isEmpty() || text.length() > 253) {
      return false;
    }
    boolean encoded = false;
    for (String label : text.split("\\.", -1)) {
      if (!LABEL.matcher(label).matches()) {
        return false;
      }
      encoded |= label.length() > 3 && label.startsWith("--", 2);
    }
    return !encoded || isIdnHostname(text);
  }

  private static boolean isIdnHostname(String text) {
    return text.length() <= LONGEST_HOST && new IdnHostnameFormat().matches(null, text);
  }

  /** RFC 2673: four numbers without leading zeros. */
  private static boolean isIpv4(String text) {
    if (text.length() > 15) {
      return false;
    }
    String[] octets = text.split("\\.", -1);
    if (octets.length != 4) {
      return false;
    }
    for (String octet : octets) {
      if (!OCTET.matcher(octet).matches()) {
        return false;
      }
    }
    return true;
  }

  /** RFC 4291, without a zone. */
  private static boolean isIpv6(String text) {
    if (text.length() < 2 || text.length() > 45) {
      return false;
    }
    int gap = text.indexOf("::");
    if (gap < 0) {
      return groups(text, true) == 8;
    }
    if (text.indexOf("::", gap + 1) >= 0) {
      return false;
    }
    String before = text.substring(0, gap);
    String after = text.substring(gap + 2);
    int first = before.isEmpty() ? 0 : groups(before, false);
    int last = after.isEmpty() ? 0 : groups(after, true);
    return first >= 0 && last >= 0 && first + last <= 7;
  }

  /** How many groups of 16 bits a part of an address has; -9 where it is none. */
  private static int groups(String part, boolean atEnd) {
    String[] groups = part.split(":", -1);
    int count = 0;
    for (int i = 0; i < groups.length; i++) {
      if (atEnd && i == groups.length - 1 && groups[i].indexOf('.') >= 0) {
        if (!isIpv4(groups[i])) {
          return -9;
        }
        count += 2;
        continue;
      }
      if (groups[i].isEmpty() || groups[i].length() > 4 || !isHexadecimal(groups[i])) {
        return -9;
      }
      count++;
    }
    return count;
  }

  private static boolean isHexadecimal(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isHexadecimal(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isHexadecimal(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
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
            || !isHexadecimal(text.charAt(i + 1))
            || !isHexadecimal(text.charAt(i + 2))) {
          return false;
        }
        i += 3;
        continue;
      }
      if (c <= ' ' || c == 0x7F || "\"'<>\\^`|}".indexOf(c) >= 0) {
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
