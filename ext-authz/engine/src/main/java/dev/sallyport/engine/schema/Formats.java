package dev.sallyport.engine.schema;

import com.networknt.schema.format.IdnHostnameFormat;
import com.networknt.schema.format.IriFormat;
import com.networknt.schema.format.IriReferenceFormat;
import com.networknt.schema.format.UriFormat;
import com.networknt.schema.format.UriReferenceFormat;
import java.math.BigDecimal;
import java.time.YearMonth;
import java.util.HashMap;
import java.util.HashSet;
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
  /** A host name is at most 253 characters; more can't make a longer text one. */
  private static final int LONGEST_HOST = 1024;

  private static final BigDecimal FLOAT = new BigDecimal(Float.MAX_VALUE);
  private static final BigDecimal DOUBLE = new BigDecimal(Double.MAX_VALUE);

  private static final Pattern DURATION =
      Pattern.compile(
          "P(?:[0-9]++W|(?=.)(?:[0-9]++Y)?+(?:[0-9]++M)?+(?:[0-9]++D)?+(?:T(?=.)(?:[0-9]++H)?+(?:[0-9]++M)?+(?:[0-9]++S)?+)?+)");
  private static final Pattern OCTET = Pattern.compile("25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]");
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
    text("uri", text -> hasAuthority(text) && new UriFormat().matches(null, text));
    text(
        "uri-reference",
        text -> hasAuthority(text) && new UriReferenceFormat().matches(null, text));
    text("iri", text -> hasAuthority(text) && new IriFormat().matches(null, text));
    text(
        "iri-reference",
        text -> hasAuthority(text) && new IriReferenceFormat().matches(null, text));
    text("uri-template", Formats::isUriTemplate);
    text("uuid", Formats::isUuid);
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

  /** RFC 3339 {@code full-date}. */
  private static boolean isDate(String text) {
    return text.length() == 10 && isDateAtStart(text);
  }

  private static boolean isDateAtStart(String text) {
    int year = number(text, 0, 4);
    int month = number(text, 5, 2);
    int day = number(text, 8, 2);
    return year >= 0
        && text.charAt(4) == '-'
        && month >= 1
        && month <= 12
        && text.charAt(7) == '-'
        && day >= 1
        && day <= YearMonth.of(year, month).lengthOfMonth();
  }

  /** The number that so many digits are; -1 where they are not all there. */
  private static int number(String text, int from, int digits) {
    if (from + digits > text.length()) {
      return -1;
    }
    int number = 0;
    for (int i = from; i < from + digits; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      number = number * 10 + c - '0';
    }
    return number;
  }

  private static boolean isTime(String text) {
    return isTimeFrom(text, 0);
  }

  /** RFC 3339 {@code full-time}; a leap second only where UTC may have one. */
  private static boolean isTimeFrom(String text, int from) {
    int hour = number(text, from, 2);
    int minute = number(text, from + 3, 2);
    int second = number(text, from + 6, 2);
    int at = from + 8;
    if (hour < 0
        || hour > 23
        || minute < 0
        || minute > 59
        || second < 0
        || second > 60
        || text.charAt(from + 2) != ':'
        || text.charAt(from + 5) != ':'
        || at >= text.length()) {
      return false;
    }
    if (text.charAt(at) == '.') {
      int start = ++at;
      while (at < text.length() && number(text, at, 1) >= 0) {
        at++;
      }
      if (at == start || at == text.length()) {
        return false;
      }
    }
    int offset = 0;
    char zone = text.charAt(at);
    if (zone == 'Z' || zone == 'z') {
      at++;
    } else {
      int hours = number(text, at + 1, 2);
      int minutes = number(text, at + 4, 2);
      if ((zone != '+' && zone != '-')
          || hours < 0
          || hours > 23
          || minutes < 0
          || minutes > 59
          || text.charAt(at + 3) != ':') {
        return false;
      }
      offset = zone == '+' ? hours * 60 + minutes : -hours * 60 - minutes;
      at += 6;
    }
    return at == text.length()
        && (second < 60 || Math.floorMod(hour * 60 + minute - offset, 24 * 60) == 24 * 60 - 1);
  }

  private static boolean isDateTime(String text) {
    return text.length() > 11
        && (text.charAt(10) == 'T' || text.charAt(10) == 't')
        && isDateAtStart(text)
        && isTimeFrom(text, 11);
  }

  /** RFC 4122. */
  private static boolean isUuid(String text) {
    if (text.length() != 36) {
      return false;
    }
    for (int i = 0; i < 36; i++) {
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? text.charAt(i) != '-' : !isHexadecimal(text.charAt(i))) {
        return false;
      }
    }
    return true;
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
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i < text.length() && text.charAt(i) != '.') {
        char c = text.charAt(i);
        if (!isLetterOrDigit(c) && c != '-') {
          return false;
        }
        continue;
      }
      if (i == start || i - start > 63 || text.charAt(start) == '-' || text.charAt(i - 1) == '-') {
        return false;
      }
      encoded |= i - start > 3 && text.startsWith("--", start + 2);
      start = i + 1;
    }
    return !encoded || isIdnHostname(text);
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  private static boolean isIdnHostname(String text) {
    return !text.isEmpty()
        && text.length() <= LONGEST_HOST
        && ".\u3002\uFF0E\uFF61".indexOf(text.charAt(text.length() - 1)) < 0
        && new IdnHostnameFormat().matches(null, text);
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

  /** Whether an authority, if there is one, is as RFC 3986 wants it: the JDK lets more pass. */
  private static boolean hasAuthority(String text) {
    int start = text.indexOf("//");
    int scheme = text.indexOf(':');
    if (start < 0 || (start != 0 && start != scheme + 1)) {
      return true;
    }
    int end = start + 2;
    while (end < text.length() && "/?#".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    String authority = text.substring(start + 2, end);
    int at = authority.indexOf('@');
    if (at != authority.lastIndexOf('@')) {
      return false;
    }
    String host = authority.substring(at + 1);
    int bracket = host.indexOf(']');
    if (host.startsWith("[") && bracket > 0) {
      String literal = host.substring(1, bracket);
      if (!isIpv6(literal) && !literal.startsWith("v") && !literal.startsWith("V")) {
        return false;
      }
    }
    int port = host.indexOf(':', bracket + 1);
    return port < 0 || host.substring(port + 1).chars().allMatch(c -> c >= '0' && c <= '9');
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
