package dev.sallyport.engine.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RegionRangesTest {
  private static final RegionRanges RANGES =
      RegionRanges.of(
          Map.of(
              "eu-central-1", List.of("10.0.0.0/8", "2001:db8::/32"),
              "office", List.of("10.1.0.0/16")));

  @Test
  void theLongestPrefixNamesTheRegion() {
    assertThat(regionOf("10.0.255.255")).isEqualTo("eu-central-1");
    assertThat(regionOf("10.1.0.0")).isEqualTo("office");
    assertThat(regionOf("10.1.255.255")).isEqualTo("office");
    assertThat(regionOf("10.2.0.0")).isEqualTo("eu-central-1");
    assertThat(regionOf("2001:db8::1")).isEqualTo("eu-central-1");
  }

  @Test
  void whatNoRangeHoldsIsUnknown() {
    assertThat(regionOf("11.0.0.0")).isNull();
    assertThat(regionOf("::1")).isNull();
  }

  @Test
  void aNetworkOfTwoRegionsIsRefused() {
    Map<String, List<String>> twice =
        Map.of("a", List.of("10.0.0.0/8"), "b", List.of("::ffff:10.0.0.0/104"));
    assertThatThrownBy(() -> RegionRanges.of(twice))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("`a`", "`b`", "keep one");
  }

  @Test
  void aNetworkNamedTwiceForOneRegionIsFine() {
    RegionRanges ranges = RegionRanges.of(Map.of("a", List.of("10.0.0.0/8", "10.0.0.0/8")));
    assertThat(ranges.regionOf(IpAddress.parse("10.0.0.1"))).isEqualTo("a");
  }

  @Test
  void aBadNetworkIsRefusedWithItsRegion() {
    Map<String, List<String>> bad = Map.of("office", List.of("10.1.0.1/16"));
    assertThatThrownBy(() -> RegionRanges.of(bad))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "region `office`: `10.1.0.1/16` has bits after its prefix, write `10.1.0.0/16`");
  }

  @Test
  void aNameThatNoHeaderCouldCarryIsRefused() {
    Map<String, List<String>> bad = Map.of("the office", List.of());
    assertThatThrownBy(() -> RegionRanges.of(bad)).isInstanceOf(IllegalArgumentException.class);
  }

  private static String regionOf(String address) {
    return RANGES.regionOf(IpAddress.parse(address));
  }
}
