package dev.sallyport.engine.schema;

import com.networknt.schema.format.IriFormat;
import com.networknt.schema.format.IriReferenceFormat;
import com.networknt.schema.format.UriFormat;
import com.networknt.schema.format.UriReferenceFormat;
import java.util.HexFormat;

/** The formats of URIs and their templates. Each takes time linear in the text. */
final class UriFormats {
  /** What the JDK's parser takes for each character. */
  private static final long PARSER_STEPS = 5;

  private static final String OPERATORS = "+#./;?&=,!@|";

  /** The characters of ASCII that stand for themselves in a path, a query and a fragment. */
  private static final boolean[] PLAIN = ascii("-._~!$&'()*+,;=:@/?");

  /** Those that stand for themselves in a template. */
  private static final boolean[] LITERAL = ascii("-._~!#$&'()*+,/:;=?@[]");

  private UriFormats() {}

  private static boolean[] ascii(String signs) {
    boolean[] characters = new boolean[0x80];
    for (int c = 0; c < characters.length; c++) {
      characters[c] = signs.indexOf(c) >= 0 || Characters.WORD.holds(c);
    }
    return characters;
  }

  /** RFC 3986 {@code URI}. */
  static boolean isUri(String text, Budget budget) {
    return isPlain(text) || (hasAuthority(text, budget) && new UriFormat().matches(null, text));
  }

  /** RFC 3986 {@code URI-reference}. */
  static boolean isUriReference(String text, Budget budget) {
    return isPlain(text)
        || isPlainPath(text)
        || (hasAuthority(text, budget) && new UriReferenceFormat().matches(null, text));
  }

  /** RFC 3987 {@code IRI}. */
  static boolean isIri(String text, Budget budget) {
    return isPlain(text) || (hasAuthority(text, budget) && new IriFormat().matches(null, text));
  }

  /** RFC 3987 {@code IRI-reference}. */
  static boolean isIriReference(String text, Budget budget) {
    return isPlain(text)
        || isPlainPath(text)
        || (hasAuthority(text, budget) && new IriReferenceFormat().matches(null, text));
  }

  private static boolean hasAuthority(String text, Budget budget) {
    return budget.spend(PARSER_STEPS * (text.length() + 10)) && hasAuthority(text);
  }

  /**
   * Whether it is what most are: {@code https://api.example.com:8443/a/b?c=d#e}. Of others that
   * says nothing.
   */
  private static boolean isPlain(String text) {
    int at = 0;
    while (at < text.length() && (isLetter(text.charAt(at)) || (at > 0 && isDigit(text, at)))) {
      at++;
    }
    if (at == 0 || !text.startsWith("://", at)) {
      return false;
    }
    int host = at + 3;
    at = host;
    while (at < text.length()
        && (isLetter(text.charAt(at))
            || isDigit(text, at)
            || text.charAt(at) == '.'
            || text.charAt(at) == '-')) {
      at++;
    }
    if (at == host) {
      return false;
    }
    if (at < text.length() && text.charAt(at) == ':') {
      int port = ++at;
      while (at < text.length() && isDigit(text, at)) {
        at++;
      }
      if (at == port || at - port > 5) {
        return false;
      }
    }
    return at == text.length() || ("/?#".indexOf(text.charAt(at)) >= 0 && isPlainFrom(text, at));
  }

  private static boolean isPlainPath(String text) {
    return text.startsWith("/") && !text.startsWith("//") && isPlainFrom(text, 0);
  }

  private static boolean isPlainFrom(String text, int from) {
    boolean fragment = false;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%' && isEscape(text, i)) {
        i += 2;
      } else if (c == '#' && !fragment) {
        fragment = true;
      } else if (c >= PLAIN.length || !PLAIN[c]) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static boolean isDigit(String text, int at) {
    return text.charAt(at) >= '0' && text.charAt(at) <= '9';
  }

  private static boolean isEscape(String text, int at) {
    return at + 2 < text.length()
        && HexFormat.isHexDigit(text.charAt(at + 1))
        && HexFormat.isHexDigit(text.charAt(at + 2));
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
      if (!HostFormats.isIpv6(literal) && !literal.startsWith("v") && !literal.startsWith("V")) {
        return false;
      }
    }
    int port = host.indexOf(':', bracket + 1);
    return port < 0 || host.substring(port + 1).chars().allMatch(c -> c >= '0' && c <= '9');
  }

  // ---- templates

  /** RFC 6570: braces that pair up around expressions. */
  static boolean isTemplate(String text) {
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '{') {
        at = expressionEnd(text, at + 1);
        if (at < 0) {
          return false;
        }
      } else if (c == '%') {
        if (!isEscape(text, at)) {
          return false;
        }
        at += 3;
      } else if (c < LITERAL.length && !LITERAL[c]) {
        return false;
      } else {
        at++;
      }
    }
    return true;
  }

  /** Behind the brace that closes an expression; -1 where it is none. */
  private static int expressionEnd(String text, int from) {
    int at = from < text.length() && OPERATORS.indexOf(text.charAt(from)) >= 0 ? from + 1 : from;
    while (true) {
      at = variableEnd(text, at);
      if (at < 0 || at == text.length()) {
        return -1;
      }
      char c = text.charAt(at++);
      if (c == '}') {
        return at;
      }
      if (c != ',') {
        return -1;
      }
    }
  }

  /** Where a variable's name and modifier end; -1 where none begins. */
  private static int variableEnd(String text, int from) {
    int at = nameCharacterEnd(text, from);
    int end = at;
    while (at >= 0) {
      end = at;
      at = nameCharacterEnd(text, end < text.length() && text.charAt(end) == '.' ? end + 1 : end);
    }
    if (end < 0 || end == text.length()) {
      return end;
    }
    if (text.charAt(end) == '*') {
      return end + 1;
    }
    if (text.charAt(end) != ':'
        || end + 1 == text.length()
        || text.charAt(end + 1) == '0'
        || !isDigit(text, end + 1)) {
      return end;
    }
    int digits = end + 2;
    while (digits < text.length() && digits < end + 5 && isDigit(text, digits)) {
      digits++;
    }
    return digits;
  }

  private static int nameCharacterEnd(String text, int at) {
    if (at >= text.length()) {
      return -1;
    }
    char c = text.charAt(at);
    if (c == '%') {
      return isEscape(text, at) ? at + 3 : -1;
    }
    return c < 0x80 && Characters.WORD.holds(c) ? at + 1 : -1;
  }
}
