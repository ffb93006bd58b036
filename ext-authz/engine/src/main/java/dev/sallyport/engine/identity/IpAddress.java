package dev.sallyport.engine.identity;

import org.jspecify.annotations.Nullable;

/**
 * An IP address as 128 bits; IPv4 in its mapped form {@code ::ffff:0:0/96} (RFC 4291 section
 * 2.5.5.2), so that one comparison serves both.
 */
public record IpAddress(long high, long low) {
  private static final long MAPPED = 0xffffL << 32;

  /**
   * Reads a literal: four decimal octets, or IPv6 without a zone. No name is ever resolved.
   *
   * @return null where it is anything else
   */
  public static @Nullable IpAddress parse(String literal) {
    if (literal.isEmpty() || literal.length() > 45) {
      return null;
    }
    return literal.indexOf(':') < 0 ? parseV4(literal) : parseV6(literal);
  }

  private static @Nullable IpAddress parseV4(String literal) {
    long bits = 0;
    int octets = 0;
    int at = 0;
    while (at <= literal.length()) {
      int dot = literal.indexOf('.', at);
      int end = dot < 0 ? literal.length() : dot;
      int octet = octet(literal, at, end);
      if (octet < 0 || ++octets > 4) {
        return null;
      }
      bits = bits << 8 | octet;
      at = end + 1;
    }
    return octets == 4 ? new IpAddress(0, MAPPED | bits) : null;
  }

  private static int octet(String literal, int from, int to) {
    // A leading zero means octal to some readers and decimal to others: neither is taken.
    if (to == from || to - from > 3 || (to - from > 1 && literal.charAt(from) == '0')) {
      return -1;
    }
    int value = 0;
    for (int i = from; i < to; i++) {
      char c = literal.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      value = value * 10 + (c - '0');
    }
    return value <= 255 ? value : -1;
  }

  /** The forms of RFC 4291 section 2.2: groups, {@code ::} once, the last two groups dotted. */
  private static @Nullable IpAddress parseV6(String literal) {
    Groups groups = new Groups();
    int at = literal.startsWith("::") ? 0 : groups.read(literal, 0);
    while (at >= 0 && at < literal.length()) {
      // INVARIANT: `at` is behind a group, or at the start before `::`.
      if (literal.charAt(at) != ':') {
        return null;
      }
      if (literal.startsWith("::", at)) {
        if (!groups.skipZeros()) {
          return null;
        }
        at += 2;
        if (at == literal.length()) {
          break;
        }
      } else {
        at++;
      }
      at = groups.read(literal, at);
    }
    return at < 0 ? null : groups.address();
  }

  private static int hexDigit(char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  /** Groups of 16 bits as they are read, those after {@code ::} apart. */
  private static final class Groups {
    private long high;
    private long low;
    private int count;
    private long highBefore;
    private long lowBefore;
    private int countBefore = -1;

    /**
     * Reads a group, or four octets that end the literal; where it ends, -1 where there is none.
     */
    int read(String literal, int from) {
      int value = 0;
      int at = from;
      while (at < literal.length() && at - from < 4) {
        int digit = hexDigit(literal.charAt(at));
        if (digit < 0) {
          break;
        }
        value = value << 4 | digit;
        at++;
      }
      if (at < literal.length() && literal.charAt(at) == '.') {
        IpAddress octets = parseV4(literal.substring(from));
        if (octets == null) {
          return -1;
        }
        add((int) (octets.low >>> 16) & 0xffff);
        add((int) octets.low & 0xffff);
        return literal.length();
      }
      add(value);
      return at == from ? -1 : at;
    }

    private void add(int group) {
      high = high << 16 | low >>> 48;
      low = low << 16 | group;
      count++;
    }

    /** Notes {@code ::}; false where there was one before. */
    boolean skipZeros() {
      if (countBefore >= 0) {
        return false;
      }
      highBefore = high;
      lowBefore = low;
      countBefore = count;
      high = 0;
      low = 0;
      count = 0;
      return true;
    }

    @Nullable IpAddress address() {
      if (countBefore < 0) {
        return count == 8 ? new IpAddress(high, low) : null;
      }
      // At least one group of zeros stands for `::`.
      if (countBefore + count > 7) {
        return null;
      }
      for (int i = countBefore; i < 8; i++) {
        highBefore = highBefore << 16 | lowBefore >>> 48;
        lowBefore <<= 16;
      }
      return new IpAddress(highBefore | high, lowBefore | low);
    }
  }

  /**
   * An address of 4 or 16 bytes in network order.
   *
   * @throws IllegalArgumentException for another length
   */
  public static IpAddress of(byte[] bytes) {
    if (bytes.length == 4) {
      return new IpAddress(0, MAPPED | word(bytes, 0, 4));
    }
    if (bytes.length == 16) {
      return new IpAddress(word(bytes, 0, 8), word(bytes, 8, 8));
    }
    throw new IllegalArgumentException("an address has 4 or 16 bytes");
  }

  private static long word(byte[] bytes, int from, int length) {
    long word = 0;
    for (int i = from; i < from + length; i++) {
      word = word << 8 | (bytes[i] & 0xff);
    }
    return word;
  }

  public boolean isV4() {
    return high == 0 && low >>> 32 == 0xffff;
  }

  /** The address with all but the first {@code bits} of 128 cleared. */
  public IpAddress masked(int bits) {
    if (bits >= 128) {
      return this;
    }
    if (bits >= 64) {
      return new IpAddress(high, bits == 64 ? 0 : low & (-1L << (128 - bits)));
    }
    return new IpAddress(bits == 0 ? 0 : high & (-1L << (64 - bits)), 0);
  }

  /** 4 bytes for IPv4, else 16. */
  public byte[] bytes() {
    int length = isV4() ? 4 : 16;
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      int shift = 8 * (length - 1 - i);
      bytes[i] = (byte) (shift >= 64 ? high >>> (shift - 64) : low >>> shift);
    }
    return bytes;
  }

  /** The canonical text: dotted for IPv4, else as RFC 5952 section 4 has it. */
  @Override
  public String toString() {
    if (isV4()) {
      return (low >>> 24 & 255)
          + "."
          + (low >>> 16 & 255)
          + "."
          + (low >>> 8 & 255)
          + "."
          + (low & 255);
    }
    int zerosFrom = -1;
    int zeros = 1;
    for (int i = 0; i < 8; i++) {
      int length = zerosAt(i);
      // The longest run, the first of several, and never a single group.
      if (length > zeros) {
        zerosFrom = i;
        zeros = length;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == zerosFrom) {
        text.append("::");
        i += zeros - 1;
        continue;
      }
      if (i > 0 && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(group(i)));
    }
    return text.toString();
  }

  private int zerosAt(int from) {
    int at = from;
    while (at < 8 && group(at) == 0) {
      at++;
    }
    return at - from;
  }

  private int group(int index) {
    long word = index < 4 ? high : low;
    return (int) (word >>> (16 * (3 - index % 4))) & 0xffff;
  }
}
