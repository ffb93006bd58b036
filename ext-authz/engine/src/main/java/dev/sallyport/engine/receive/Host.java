package dev.sallyport.engine.receive;

import dev.sallyport.engine.receive.Canonical.Malformed;
import dev.sallyport.engine.receive.Canonical.Read;
import java.net.InetAddress;
import java.util.Locale;

/**
 * The host of a request in the one form that policies are found by: lower case, no port, no
 * trailing dot; an IPv6 literal in brackets and in its canonical text.
 */
public record Host(String name) {
  private static final int LONGEST = 253;

  /**
   * Reads an authority (RFC 3986 section 3.2) that has no user information.
   *
   * <p>Two {@code Host} lines arrive joined by a comma, so a comma is two hosts.
   */
  static Canonical<Host> read(String authority) {
    if (authority.isEmpty()) {
      return new Malformed<>("the request names no host");
    }
    if (authority.charAt(0) == '[') {
      return readV6(authority);
    }
    int colon = authority.indexOf(':');
    String name = colon < 0 ? authority : authority.substring(0, colon);
    if (colon >= 0 && !isPort(authority, colon + 1)) {
      return new Malformed<>("the host is not a name with at most a port");
    }
    if (name.endsWith(".")) {
      name = name.substring(0, name.length() - 1);
    }
    if (name.isEmpty() || name.length() > LONGEST || !isName(name)) {
      return new Malformed<>("the host is not one plain name");
    }
    return new Read<>(new Host(lowerCase(name)));
  }

  private static Canonical<Host> readV6(String authority) {
    int close = authority.indexOf(']');
    if (close < 0) {
      return new Malformed<>("the host's bracket is not closed");
    }
    boolean portIsFine =
        close == authority.length() - 1
            || (authority.charAt(close + 1) == ':' && isPort(authority, close + 2));
    String literal = authority.substring(1, close);
    if (!portIsFine || !literal.chars().allMatch(c -> c == ':' || c == '.' || isHex(c))) {
      return new Malformed<>("the host is not an IPv6 literal with at most a port");
    }
    try {
      return new Read<>(new Host('[' + InetAddress.ofLiteral(literal).getHostAddress() + ']'));
    } catch (IllegalArgumentException _) {
      return new Malformed<>("the host is not an IPv6 literal");
    }
  }

  private static boolean isHex(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  /** Digits only; none at all is a port that was left out (RFC 3986 section 3.2.3). */
  private static boolean isPort(String authority, int from) {
    if (authority.length() - from > 5) {
      return false;
    }
    for (int i = from; i < authority.length(); i++) {
      if (authority.charAt(i) < '0' || authority.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  private static boolean isName(String name) {
    char previous = '.';
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!Ascii.isLetterOrDigit(c) && c != '-' && c != '_' && c != '.') {
        return false;
      }
      if (c == '.' && previous == '.') {
        return false;
      }
      previous = c;
    }
    return previous != '.';
  }

  private static String lowerCase(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        return name.toLowerCase(Locale.ROOT);
      }
    }
    return name;
  }
}
