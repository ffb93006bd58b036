package dev.sallyport.engine.identity;

import dev.sallyport.engine.receive.Ascii;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Regions by the networks that make them up; of two that hold an address, the longer prefix. */
public final class RegionRanges {
  public static final RegionRanges NONE = of(Map.of());

  private final PrefixTable<String> table;

  private RegionRanges(Map<Network, String> regions) {
    this.table = PrefixTable.of(regions);
  }

  /**
   * Reads networks by region name, as {@code regions.ranges} holds them.
   *
   * @throws IllegalArgumentException where a name or a network is none, or one network is of two
   *     regions; the message is for the author and names the region
   */
  public static RegionRanges of(Map<String, List<String>> ranges) {
    Map<Network, String> regions = new HashMap<>();
    ranges.forEach((region, networks) -> add(regions, region, networks));
    return new RegionRanges(regions);
  }

  private static void add(Map<Network, String> regions, String region, List<String> networks) {
    if (!isName(region)) {
      throw new IllegalArgumentException(
          "region `" + region + "` needs a name of 1 to 64 letters, digits, `.`, `_` or `-`");
    }
    for (String text : networks) {
      Network network = Network.parse(text);
      if (network == null) {
        throw new IllegalArgumentException("region `" + region + "`: " + Network.fault(text));
      }
      String other = regions.putIfAbsent(network, region);
      if (other != null && !other.equals(region)) {
        throw new IllegalArgumentException(
            "`" + text + "` is in region `" + region + "` and in `" + other + "`, keep one");
      }
    }
  }

  /** Whether a text may name a region: 1 to 64 of {@code A-Z a-z 0-9 . _ -}. */
  static boolean isName(String text) {
    if (text.isEmpty() || text.length() > 64) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (!isNameCharacter(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNameCharacter(char c) {
    return Ascii.isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
  }

  /** The region of an address, null where none of the networks holds it. */
  public @Nullable String regionOf(IpAddress address) {
    return table.find(address);
  }
}
