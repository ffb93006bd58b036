package dev.sallyport.engine.content;

import dev.sallyport.engine.receive.Ascii;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The value of a {@code Content-Type} (RFC 9110 section 8.3.1), read strictly: what one reader
 * repairs another takes for something else.
 *
 * @param name {@code type/subtype} in lower case
 * @param parameters by name in lower case; null where they are not written as they should be
 */
record MediaType(String name, @Nullable Map<String, Parameter> parameters) {
  private static final int LONGEST = 127;

  /**
   * A parameter's value.
   *
   * @param quoted whether it was written in quotes
   */
  record Parameter(String value, boolean quoted) {}

  /**
   * Reads the header's value.
   *
   * @param values as Envoy sent them
   * @return null where it is not exactly one media type; a comma makes it two
   */
  static @Nullable MediaType read(List<String> values) {
    return values.size() == 1 ? parse(values.getFirst()) : null;
  }

  /** Reads one value; null where it is not exactly one media type. */
  static @Nullable MediaType parse(String value) {
    int semicolon = value.indexOf(';');
    String name = trimmed(semicolon < 0 ? value : value.substring(0, semicolon));
    if (value.indexOf(',') >= 0 || !isName(name)) {
      return null;
    }
    return new MediaType(
        name.toLowerCase(Locale.ROOT), semicolon < 0 ? Map.of() : parameters(value, semicolon));
  }

  /**
   * The parameters of a header's value, such as of a {@code Content-Disposition}.
   *
   * @param from where the first semicolon is
   * @return by name in lower case; null where they are not written as they should be, or one stands
   *     twice
   */
  static @Nullable Map<String, Parameter> parameters(String value, int from) {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    int at = from;
    while (at < value.length()) {
      if (value.charAt(at) != ';') {
        return null;
      }
      int start = skipSpace(value, at + 1);
      int equals = tokenEnd(value, start);
      if (equals == start || equals == value.length() || value.charAt(equals) != '=') {
        return null;
      }
      String name = value.substring(start, equals).toLowerCase(Locale.ROOT);
      int valueStart = equals + 1;
      boolean quoted = valueStart < value.length() && value.charAt(valueStart) == '"';
      int end = quoted ? quotedEnd(value, valueStart) : tokenEnd(value, valueStart);
      if (end <= valueStart) {
        return null;
      }
      String text =
          quoted ? value.substring(valueStart + 1, end - 1) : value.substring(valueStart, end);
      if (parameters.put(name, new Parameter(text, quoted)) != null) {
        return null;
      }
      at = skipSpace(value, end);
    }
    return parameters;
  }

  /**
   * Behind the closing quote; -1 where there is none, or a backslash, which readers disagree on.
   */
  private static int quotedEnd(String value, int from) {
    for (int i = from + 1; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"') {
        return i + 1;
      }
      if (c == '\\' || c < 0x20 || c == 0x7f) {
        return -1;
      }
    }
    return -1;
  }

  private static int skipSpace(String value, int from) {
    int at = from;
    while (at < value.length() && (value.charAt(at) == ' ' || value.charAt(at) == '\t')) {
      at++;
    }
    return at;
  }

  private static int tokenEnd(String value, int from) {
    int at = from;
    while (at < value.length() && Ascii.isTokenCharacter(value.charAt(at))) {
      at++;
    }
    return at;
  }

  /** Without spaces and tabs at its ends; {@code strip} would take those of Unicode too. */
  static String trimmed(String text) {
    int start = skipSpace(text, 0);
    int end = text.length();
    while (end > start && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == '\t')) {
      end--;
    }
    return text.substring(start, end);
  }

  /** RFC 6838 section 4.2. */
  private static boolean isName(String name) {
    int slash = name.indexOf('/');
    return isNamePart(name, 0, slash) && isNamePart(name, slash + 1, name.length());
  }

  private static boolean isNamePart(String name, int from, int to) {
    if (to <= from || to - from > LONGEST) {
      return false;
    }
    for (int i = from; i < to; i++) {
      char c = name.charAt(i);
      if (!Ascii.isLetterOrDigit(c) && "!#$&^_.+-".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether bodies of a type are JSON or a form. */
  static boolean isReadable(String name) {
    MediaType type = new MediaType(name, Map.of());
    return type.isJson() || type.isForm() || type.isMultipart();
  }

  boolean isJson() {
    return name.equals("application/json") || name.endsWith("+json");
  }

  boolean isForm() {
    return name.equals("application/x-www-form-urlencoded");
  }

  boolean isMultipart() {
    return name.equals("multipart/form-data");
  }

  /** Whether its text is UTF-8: it says so, or says nothing. */
  boolean isUtf8() {
    if (parameters == null) {
      return false;
    }
    Parameter charset = parameters.get("charset");
    return charset == null || charset.value.equalsIgnoreCase("utf-8");
  }
}
