package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.receive.Ascii;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An {@code https} URI without query and fragment, in normal form: two of them that RFC 3986
 * section 6.2.2 and 6.2.3 call equivalent are equal here.
 *
 * @param authority lower-case host, in the form that {@code receive.Host} has, and a port that is
 *     not 443
 * @param path starts with a slash; no dot segments, no escape of an unreserved character, escapes
 *     in capitals
 */
record TargetUri(String authority, String path) {
  static final String SCHEME = "https://";

  /** What a request may have as its path is taken here, be it fit for a URI or not. */
  private static final Pattern FORM =
      Pattern.compile(
          "[Hh][Tt][Tt][Pp][Ss]://(\\[[0-9A-Fa-f:.]++]|[A-Za-z0-9._-]++)(:(?:[1-9][0-9]{0,4})?+)?(/[!-~&&[^\\\\]]*+)?");

  private static final String UNRESERVED_BESIDE_LETTERS_AND_DIGITS = "-._~";

  /** Reads a URI, of which query and fragment count for nothing; empty where it is none. */
  static Optional<TargetUri> read(String uri) {
    Matcher matcher = FORM.matcher(withoutQuery(uri));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    Optional<String> host = host(matcher.group(1));
    String port = matcher.group(2) == null ? "" : matcher.group(2);
    String authority = host.orElse("") + (port.equals(":") || port.equals(":443") ? "" : port);
    return host.isEmpty()
        ? Optional.empty()
        : path(matcher.group(3) == null ? "/" : matcher.group(3))
            .map(path -> new TargetUri(authority, path));
  }

  /** RFC 9449 section 4.3, item 9: a proof that names them is no worse. */
  private static String withoutQuery(String uri) {
    for (int i = 0; i < uri.length(); i++) {
      if (uri.charAt(i) == '?' || uri.charAt(i) == '#') {
        return uri.substring(0, i);
      }
    }
    return uri;
  }

  private static Optional<String> host(String host) {
    if (host.charAt(0) != '[') {
      return Optional.of(host.toLowerCase(Locale.ROOT));
    }
    try {
      InetAddress address = InetAddress.ofLiteral(host.substring(1, host.length() - 1));
      return Optional.of('[' + address.getHostAddress() + ']');
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /**
   * The normal form of a path.
   *
   * @param path starts with a slash
   * @return empty where an escape is bad
   */
  static Optional<String> path(String path) {
    if (path.indexOf('%') < 0) {
      return Optional.of(withoutDots(path));
    }
    StringBuilder normal = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c != '%') {
        normal.append(c);
        continue;
      }
      if (i + 2 >= path.length()
          || !HexFormat.isHexDigit(path.charAt(i + 1))
          || !HexFormat.isHexDigit(path.charAt(i + 2))) {
        return Optional.empty();
      }
      String digits = path.substring(i + 1, i + 3);
      char octet = (char) HexFormat.fromHexDigits(digits);
      if (isUnreserved(octet)) {
        normal.append(octet);
      } else {
        normal.append('%').append(digits.toUpperCase(Locale.ROOT));
      }
      i += 2;
    }
    // INVARIANT: after the escapes, since `%2e` is a dot.
    return Optional.of(withoutDots(normal.toString()));
  }

  private static boolean isUnreserved(char c) {
    return Ascii.isLetterOrDigit(c) || UNRESERVED_BESIDE_LETTERS_AND_DIGITS.indexOf(c) >= 0;
  }

  /** RFC 3986 section 5.2.4. */
  private static String withoutDots(String path) {
    if (!path.contains("/.")) {
      return path;
    }
    List<String> kept = new ArrayList<>();
    String[] segments = path.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      boolean dot = segments[i].equals(".");
      boolean dots = segments[i].equals("..");
      if (dots && !kept.isEmpty()) {
        kept.removeLast();
      }
      if (!dot && !dots) {
        kept.add(segments[i]);
      } else if (i == segments.length - 1) {
        kept.add("");
      }
    }
    return '/' + String.join("/", kept);
  }

  /** The whole URI. */
  String text() {
    return SCHEME + authority + path;
  }
}
