package dev.sallyport.engine.identity;

import java.net.InetAddress;
import java.net.UnknownHostException;
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

  private static @Nullable IpAddress parseV6(String literal) {
    for (int i = 0; i < literal.length(); i++) {
      char c = literal.charAt(i);
      if (c > 0x7f || (Character.digit(c, 16) < 0 && c != ':' && c != '.')) {
        return null;
      }
    }
    try {
      return of(InetAddress.ofLiteral(literal).getAddress());
    } catch (IllegalArgumentException e) {
      return null;
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

  /** The canonical text, as the platform writes it. */
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
    try {
      return InetAddress.getByAddress(bytes()).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException("16 bytes are an address", e);
    }
  }
}
