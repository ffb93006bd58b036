package dev.sallyport.engine.identity;

import dev.sallyport.engine.receive.Headers;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a call came from, out of what the configuration trusts and nothing else.
 *
 * <p>Each fact has one source. Where that source is silent or unreadable the fact is unknown: to
 * ask the next one instead would let a caller choose, by spoiling the first, which one is believed.
 */
public final class SourceLocator {
  private static final String FORWARDED_FOR = "x-forwarded-for";

  private final int trustedHops;
  private final @Nullable String regionHeader;
  private final RegionRanges ranges;
  private final RegionSource database;

  /**
   * What is trusted.
   *
   * @param trustedHops 0: the peer that Envoy names; N: the Nth entry of {@code x-forwarded-for}
   *     from the right, the one that the Nth trusted proxy wrote of its own peer
   * @param regionHeader a header that a trusted proxy sets and strips from callers; null where
   *     there is none, then the ranges are asked, then the database
   */
  public SourceLocator(
      int trustedHops, @Nullable String regionHeader, RegionRanges ranges, RegionSource database) {
    if (trustedHops < 0) {
      throw new IllegalArgumentException("trusted hops are counted from 0");
    }
    this.trustedHops = trustedHops;
    this.regionHeader = regionHeader == null ? null : regionHeader.toLowerCase(Locale.ROOT);
    this.ranges = ranges;
    this.database = database;
  }

  /**
   * Where a call came from.
   *
   * @param peerAddress the address that Envoy names as the source; null where it names none
   */
  public Located locate(Headers headers, @Nullable String peerAddress) {
    IpAddress address = address(headers, peerAddress);
    String addressFrom = "unknown";
    if (address != null) {
      addressFrom = trustedHops == 0 ? "peer" : FORWARDED_FOR;
    }
    if (regionHeader != null) {
      String region = headerRegion(headers, regionHeader);
      return new Located(address, addressFrom, region, region == null ? "unknown" : "header");
    }
    if (address == null) {
      return Located.UNKNOWN;
    }
    String region = ranges.regionOf(address);
    if (region != null) {
      return new Located(address, addressFrom, region, "ranges");
    }
    region = database.regionOf(address);
    return new Located(address, addressFrom, region, region == null ? "unknown" : "mmdb");
  }

  private @Nullable IpAddress address(Headers headers, @Nullable String peerAddress) {
    if (trustedHops == 0) {
      return peerAddress == null ? null : IpAddress.parse(peerAddress);
    }
    String entry = forwardedFor(headers.values(FORWARDED_FOR));
    return entry == null ? null : IpAddress.parse(withoutPort(entry));
  }

  /**
   * The entry that the farthest trusted proxy wrote, null where there are too few. An empty entry
   * counts: were it skipped, the count would reach one entry farther, into what the caller wrote.
   */
  private @Nullable String forwardedFor(List<String> lines) {
    int left = trustedHops;
    for (int line = lines.size() - 1; line >= 0; line--) {
      String text = lines.get(line);
      int end = text.length();
      while (end >= 0) {
        int comma = text.lastIndexOf(',', end - 1);
        if (--left == 0) {
          return trimmed(text, comma + 1, end);
        }
        end = comma;
      }
    }
    return null;
  }

  /** Without optional white space (RFC 9110 section 5.6.3). */
  private static String trimmed(String text, int from, int to) {
    int start = from;
    int end = to;
    while (start < end && isSpace(text.charAt(start))) {
      start++;
    }
    while (start < end && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }

  /** {@code 192.0.2.1:80} and {@code [2001:db8::1]:80} without what is around the address. */
  private static String withoutPort(String entry) {
    if (entry.startsWith("[")) {
      int bracket = entry.indexOf(']');
      boolean v6 = bracket > 0 && entry.lastIndexOf(':', bracket) > 0;
      boolean whole = bracket == entry.length() - 1 || isPort(entry, bracket + 1);
      return v6 && whole ? entry.substring(1, bracket) : "";
    }
    int colon = entry.indexOf(':');
    boolean one = colon >= 0 && entry.indexOf(':', colon + 1) < 0;
    return one && isPort(entry, colon) ? entry.substring(0, colon) : entry;
  }

  private static boolean isPort(String entry, int colon) {
    int digits = entry.length() - colon - 1;
    if (digits < 1 || digits > 5 || entry.charAt(colon) != ':') {
      return false;
    }
    int port = 0;
    for (int i = colon + 1; i < entry.length(); i++) {
      char c = entry.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      port = port * 10 + (c - '0');
    }
    return port <= 65_535;
  }

  private static @Nullable String headerRegion(Headers headers, String name) {
    List<String> values = headers.values(name);
    // A second value, or the comma of a joined one, is somebody else's word.
    return values.size() == 1 && RegionRanges.isName(values.getFirst()) ? values.getFirst() : null;
  }
}
