package dev.sallyport.engine.identity;

import org.jspecify.annotations.Nullable;

/**
 * A block of addresses in CIDR form (RFC 4632 section 3.1, RFC 4291 section 2.3).
 *
 * <p>IPv4 lies in the mapped block {@code ::ffff:0:0/96} and is of IPv4 alone: {@code ::/0} is all
 * of IPv6 and no IPv4 address, {@code 0.0.0.0/0} is all of IPv4.
 *
 * @param first the lowest address; the bits after the prefix are zero
 * @param prefixBits 0 to 128, of the 128 bits of {@link IpAddress}
 */
public record Network(IpAddress first, int prefixBits) {
  /** Where IPv4 begins in 128 bits. */
  static final int V4_BITS = 96;

  public Network {
    if (prefixBits < 0 || prefixBits > 128 || !first.masked(prefixBits).equals(first)) {
      throw new IllegalArgumentException("a network begins at a multiple of its size");
    }
  }

  /**
   * Reads {@code 203.0.113.0/24} or {@code 2001:db8::/32}; an address alone is a network of one.
   *
   * @return null where it is anything else, or has bits after its prefix; {@link #fault} says why
   */
  public static @Nullable Network parse(String text) {
    return read(text) instanceof Parsed(Network network) ? network : null;
  }

  /** Why {@link #parse} takes a text for no network, for its author; empty where it is one. */
  public static String fault(String text) {
    return switch (read(text)) {
      case Parsed _ -> "";
      case Refused(String message) -> message;
    };
  }

  private sealed interface Reading {}

  private record Parsed(Network network) implements Reading {}

  private record Refused(String message) implements Reading {}

  private static Reading read(String text) {
    int slash = text.indexOf('/');
    String literal = slash < 0 ? text : text.substring(0, slash);
    IpAddress address = IpAddress.parse(literal);
    if (address == null) {
      return new Refused("`" + text + "` is no network, write one as `203.0.113.0/24`");
    }
    // A mapped IPv6 literal counts its prefix in 128 bits, a dotted one in 32.
    int width = literal.indexOf(':') < 0 ? 32 : 128;
    int prefix = slash < 0 ? width : prefix(text, slash + 1, width);
    if (prefix < 0) {
      return new Refused("`" + text + "` needs a prefix length from 0 to " + width);
    }
    int bits = prefix + 128 - width;
    IpAddress first = address.masked(bits);
    if (!first.equals(address)) {
      Network meant = new Network(first, bits);
      return new Refused("`" + text + "` has bits after its prefix, write `" + meant + "`");
    }
    return new Parsed(new Network(first, bits));
  }

  private static int prefix(String text, int from, int width) {
    int digits = text.length() - from;
    if (digits < 1 || digits > 3 || (digits > 1 && text.charAt(from) == '0')) {
      return -1;
    }
    int value = 0;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      value = value * 10 + (c - '0');
    }
    return value <= width ? value : -1;
  }

  /** Whether all of its addresses are IPv4. */
  public boolean isV4() {
    return prefixBits >= V4_BITS && first.isV4();
  }

  public boolean contains(IpAddress address) {
    return isV4() == address.isV4() && address.masked(prefixBits).equals(first);
  }

  /** The highest address. */
  IpAddress last() {
    if (prefixBits <= 64) {
      long rest = prefixBits == 64 ? 0 : -1L >>> prefixBits;
      return new IpAddress(first.high() | rest, -1L);
    }
    long rest = prefixBits == 128 ? 0 : -1L >>> (prefixBits - 64);
    return new IpAddress(first.high(), first.low() | rest);
  }

  /** CIDR form: {@code 203.0.113.0/24}. */
  @Override
  public String toString() {
    return first + "/" + (isV4() ? prefixBits - V4_BITS : prefixBits);
  }
}
