package dev.sallyport.engine.schema;

import com.networknt.schema.format.IdnHostnameFormat;
import java.util.HexFormat;

/** The formats of hosts, and of what holds one. Each takes time linear in the text. */
final class HostFormats {
  private static final int LONGEST_HOST = 253;
  private static final int LONGEST_MAILBOX = 1024;

  /** What a name of another script takes, and each of its characters: normalized, looked up. */
  private static final long IDN_STEPS = 400;

  private static final long IDN_STEPS_A_CHARACTER = 20;

  private static final String ATOM_SIGNS = "!#$%&'*+/=?^_`{|}~-";

  private HostFormats() {}

  /** RFC 5321 {@code Mailbox}. */
  static boolean isEmail(String text, Budget budget) {
    int at = mailboxEnd(text, false);
    return at > 0
        && (isAddress(text.substring(at + 1)) || isHostname(text.substring(at + 1), budget));
  }

  /** RFC 6531: characters beyond ASCII on both sides. */
  static boolean isIdnEmail(String text, Budget budget) {
    int at = mailboxEnd(text, true);
    return at > 0
        && (isAddress(text.substring(at + 1)) || isIdnHostname(text.substring(at + 1), budget));
  }

  /** Where the sign before the host is; -1 where what stands before it is no name. */
  private static int mailboxEnd(String text, boolean beyondAscii) {
    int at = text.lastIndexOf('@');
    return at > 0
            && at <= LONGEST_MAILBOX
            && (isQuoted(text, at) || isDotAtom(text, at, beyondAscii))
        ? at
        : -1;
  }

  private static boolean isDotAtom(String text, int end, boolean beyondAscii) {
    boolean started = false;
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (c == '.' && started) {
        started = false;
        continue;
      }
      boolean atom = isLetterOrDigit(c) || (c < 0x80 ? ATOM_SIGNS.indexOf(c) >= 0 : beyondAscii);
      if (!atom) {
        return false;
      }
      started = true;
    }
    return started;
  }

  private static boolean isQuoted(String text, int end) {
    if (end < 2 || text.charAt(0) != '"' || text.charAt(end - 1) != '"') {
      return false;
    }
    for (int i = 1; i < end - 1; i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
        c = i == end - 1 ? 0 : text.charAt(i);
      } else if (c == '"') {
        return false;
      }
      if (c < ' ' || c > '~') {
        return false;
      }
    }
    return true;
  }

  /** Whether a host is an address in brackets. */
  private static boolean isAddress(String host) {
    if (!host.startsWith("[") || !host.endsWith("]")) {
      return false;
    }
    String literal = host.substring(1, host.length() - 1);
    return literal.startsWith("IPv6:") ? isIpv6(literal.substring(5)) : isIpv4(literal);
  }

  /** RFC 1123, and RFC 5890 for labels of other scripts. */
  static boolean isHostname(String text, Budget budget) {
    if (text.isEmpty() || text.length() > LONGEST_HOST) {
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
    return !encoded || isForeign(text, budget);
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  static boolean isIdnHostname(String text, Budget budget) {
    return isAscii(text) ? isHostname(text, budget) : isForeign(text, budget);
  }

  /** Whether a name is a host's that may hold labels of other scripts, encoded or not. */
  private static boolean isForeign(String text, Budget budget) {
    return !text.isEmpty()
        && text.length() <= 2 * LONGEST_HOST
        // No character becomes shorter when it is encoded.
        && text.codePointCount(0, text.length()) <= LONGEST_HOST
        && ".\u3002\uFF0E\uFF61".indexOf(text.charAt(text.length() - 1)) < 0
        && budget.spend(IDN_STEPS + IDN_STEPS_A_CHARACTER * text.length())
        && new IdnHostnameFormat().matches(null, text);
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  /** RFC 2673: four numbers without leading zeros. */
  static boolean isIpv4(String text) {
    return isIpv4From(text, 0);
  }

  private static boolean isIpv4From(String text, int from) {
    int at = from;
    for (int octet = 0; octet < 4; octet++) {
      int start = at;
      int value = 0;
      while (at < text.length()
          && at - start < 3
          && text.charAt(at) >= '0'
          && text.charAt(at) <= '9') {
        value = 10 * value + text.charAt(at++) - '0';
      }
      boolean written =
          at > start && value <= 255 && (at == start + 1 || text.charAt(start) != '0');
      boolean ended =
          octet < 3 ? at < text.length() && text.charAt(at) == '.' : at == text.length();
      if (!written || !ended) {
        return false;
      }
      at++;
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
      return groups(text, 0, text.length(), true) == 8;
    }
    if (text.indexOf("::", gap + 1) >= 0) {
      return false;
    }
    int first = gap == 0 ? 0 : groups(text, 0, gap, false);
    int last = gap + 2 == text.length() ? 0 : groups(text, gap + 2, text.length(), true);
    return first >= 0 && last >= 0 && first + last <= 7;
  }

  /** How many groups of 16 bits a part of an address has; -9 where it is none. */
  private static int groups(String text, int from, int to, boolean atEnd) {
    int count = 0;
    int at = from;
    while (true) {
      int start = at;
      while (at < to && HexFormat.isHexDigit(text.charAt(at))) {
        at++;
      }
      if (atEnd && at < to && text.charAt(at) == '.') {
        return isIpv4From(text, start) ? count + 2 : -9;
      }
      if (at == start || at - start > 4 || (at < to && text.charAt(at) != ':')) {
        return -9;
      }
      count++;
      if (at++ == to) {
        return count;
      }
    }
  }
}
