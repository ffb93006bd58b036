package dev.sallyport.server.objects;

/**
 * What a plain scalar means in the core schema of YAML 1.2 (section 10.3.2).
 *
 * <p>{@code kubectl} reads YAML 1.1, where more words are booleans and more digits are numbers;
 * what means something else there is told apart, so that a user hears of it.
 */
public enum ScalarKind {
  NULL,
  BOOLEAN,
  /** Decimal digits with an optional sign. */
  INTEGER,
  /** A leading zero, octal in YAML 1.1 and decimal in 1.2; or hexadecimal or octal digits. */
  AMBIGUOUS_INTEGER,
  FLOAT,
  /** Infinity or no number, which JSON cannot say. */
  NOT_FINITE,
  TEXT;

  static ScalarKind of(String text) {
    if (text.isEmpty()) {
      return NULL;
    }
    char first = text.charAt(0);
    if (isDigit(first) || first == '-' || first == '+' || first == '.') {
      return number(text);
    }
    return switch (text) {
      case "~", "null", "Null", "NULL" -> NULL;
      case "true", "True", "TRUE", "false", "False", "FALSE" -> BOOLEAN;
      default -> TEXT;
    };
  }

  /** Whether the text, unquoted, is a boolean in YAML 1.1 and so for {@code kubectl}. */
  static boolean isBooleanForKubectl(String text) {
    return switch (text) {
      case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON" -> true;
      case "n", "N", "no", "No", "NO", "off", "Off", "OFF" -> true;
      default -> false;
    };
  }

  /** Whether the text, unquoted, is a number for {@code kubectl} though it is none in YAML 1.2. */
  static boolean isNumberForKubectl(String text) {
    char first = text.isEmpty() ? ' ' : text.charAt(0);
    if (!isDigit(first) && first != '-' && first != '+') {
      return false;
    }
    if (text.indexOf('_') > 0) {
      ScalarKind joined = number(text.replace("_", ""));
      return joined == INTEGER || joined == FLOAT || joined == AMBIGUOUS_INTEGER;
    }
    int digits = first == '-' || first == '+' ? 1 : 0;
    return text.startsWith("0b", digits) && allIn(text, digits + 2, 2);
  }

  private static ScalarKind number(String text) {
    int length = text.length();
    int start = text.charAt(0) == '-' || text.charAt(0) == '+' ? 1 : 0;
    if (start == length) {
      return TEXT;
    }
    switch (text.substring(start)) {
      case ".inf", ".Inf", ".INF" -> {
        return NOT_FINITE;
      }
      case ".nan", ".NaN", ".NAN" -> {
        return start == 0 ? NOT_FINITE : TEXT;
      }
      default -> {}
    }
    if (start == 0 && length > 2 && text.charAt(0) == '0') {
      if (text.charAt(1) == 'x') {
        return allIn(text, 2, 16) ? AMBIGUOUS_INTEGER : TEXT;
      }
      if (text.charAt(1) == 'o') {
        return allIn(text, 2, 8) ? AMBIGUOUS_INTEGER : TEXT;
      }
    }
    int i = start;
    while (i < length && isDigit(text.charAt(i))) {
      i++;
    }
    int whole = i - start;
    if (i == length) {
      return whole > 1 && text.charAt(start) == '0' ? AMBIGUOUS_INTEGER : INTEGER;
    }
    int fraction = 0;
    if (text.charAt(i) == '.') {
      int point = i++;
      while (i < length && isDigit(text.charAt(i))) {
        i++;
      }
      fraction = i - point - 1;
    }
    if (whole == 0 && fraction == 0) {
      return TEXT;
    }
    if (i < length && (text.charAt(i) == 'e' || text.charAt(i) == 'E')) {
      i++;
      if (i < length && (text.charAt(i) == '-' || text.charAt(i) == '+')) {
        i++;
      }
      int exponent = i;
      while (i < length && isDigit(text.charAt(i))) {
        i++;
      }
      if (i == exponent) {
        return TEXT;
      }
    }
    return i == length ? FLOAT : TEXT;
  }

  private static boolean allIn(String text, int from, int radix) {
    for (int i = from; i < text.length(); i++) {
      if (Character.digit(text.charAt(i), radix) < 0 || text.charAt(i) > 'f') {
        return false;
      }
    }
    return from < text.length();
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
