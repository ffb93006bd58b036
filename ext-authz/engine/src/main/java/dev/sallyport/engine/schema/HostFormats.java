package dev.sallyport.engine.schema;

import com.networknt.schema.format.IdnHostnameFormat;
import java.util.HexFormat;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The formats of hosts, and of what holds one. Each takes time linear in the text. */
final class HostFormats {
  /** A host name is at most 253 characters; more can't make a longer text one. */
  private static final int LONGEST_HOST = 1024;

  private static final Pattern OCTET = Pattern.compile("25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]");
  private static final Pattern ATOM =
      Pattern.compile("[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++)*+");
  private static final Pattern IDN_ATOM =
      Pattern.compile(
          "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\x{80}-\\x{10FFFF}-]++(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\x{80}-\\x{10FFFF}-]++)*+");
  private static final Pattern QUOTED =
      Pattern.compile("\"(?:[\\x20\\x21\\x23-\\x5B\\x5D-\\x7E]|\\\\[\\x20-\\x7E])*+\"");

  private HostFormats() {}

  /** RFC 5321 {@code Mailbox}. */
  static boolean isEmail(String text) {
    return isEmail(text, ATOM, HostFormats::isHostname);
  }

  /** RFC 6531: characters beyond ASCII on both sides. */
  static boolean isIdnEmail(String text) {
    return isEmail(text, IDN_ATOM, HostFormats::isIdnHostname);
  }

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
  static boolean isHostname(String text) {
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

  static boolean isIdnHostname(String text) {
    return !text.isEmpty()
        && text.length() <= LONGEST_HOST
        && ".\u3002\uFF0E\uFF61".indexOf(text.charAt(text.length() - 1)) < 0
        && new IdnHostnameFormat().matches(null, text);
  }

  /** RFC 2673: four numbers without leading zeros. */
  static boolean isIpv4(String text) {
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
  static boolean isIpv6(String text) {
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
  static boolean hasAuthority(String text) {
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
    return text.chars().allMatch(HexFormat::isHexDigit);
  }
}
