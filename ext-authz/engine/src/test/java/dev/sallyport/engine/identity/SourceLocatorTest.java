package dev.sallyport.engine.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.receive.Headers;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SourceLocatorTest {
  private static final String PEER = "198.51.100.9";
  private static final RegionRanges RANGES =
      RegionRanges.of(Map.of("office", List.of("198.51.100.0/24")));
  private static final RegionSource DATABASE = address -> address.isV4() ? "US" : null;

  @Test
  void withoutTrustedHopsThePeerIsTheSource() {
    assertThat(locate(0, forwarded("203.0.113.1")))
        .isEqualTo(new Located(IpAddress.parse(PEER), "peer", null, "unknown"));
  }

  @Test
  void withoutAPeerTheSourceIsUnknown() {
    SourceLocator locator = hops(0);
    assertThat(locator.locate(forwarded("203.0.113.1"), null)).isEqualTo(Located.UNKNOWN);
    assertThat(locator.locate(forwarded("203.0.113.1"), "/run/envoy.sock"))
        .isEqualTo(Located.UNKNOWN);
    assertThat(locator.locate(Headers.NONE, "")).isEqualTo(Located.UNKNOWN);
  }

  @ParameterizedTest
  @CsvSource({"1, 203.0.113.3", "2, 203.0.113.2", "3, 203.0.113.1"})
  void theEntryIsCountedFromTheRight(int hops, String address) {
    assertThat(locate(hops, forwarded("203.0.113.1, 203.0.113.2,203.0.113.3")))
        .isEqualTo(new Located(IpAddress.parse(address), "x-forwarded-for", null, "unknown"));
  }

  @ParameterizedTest
  @CsvSource({"1, 203.0.113.3", "2, 203.0.113.2", "3, 203.0.113.1"})
  void linesAreCountedAsIfTheyWereJoined(int hops, String address) {
    Headers lines = forwarded("203.0.113.1", "203.0.113.2 ,\t203.0.113.3 ");
    assertThat(locate(hops, lines).address()).isEqualTo(IpAddress.parse(address));
  }

  @Test
  void fewerEntriesThanHopsLeaveTheSourceUnknown() {
    assertThat(locate(3, forwarded("203.0.113.1, 203.0.113.2"))).isEqualTo(Located.UNKNOWN);
    assertThat(locate(1, Headers.NONE)).isEqualTo(Located.UNKNOWN);
  }

  @Test
  void anUnreadableEntryLeavesTheSourceUnknownAndNoOtherIsAsked() {
    assertThat(locate(1, forwarded("203.0.113.1, unknown"))).isEqualTo(Located.UNKNOWN);
    assertThat(locate(2, forwarded("evil, 203.0.113.2"))).isEqualTo(Located.UNKNOWN);
  }

  @Test
  void anEmptyEntryCounts() {
    assertThat(locate(1, forwarded("203.0.113.1,"))).isEqualTo(Located.UNKNOWN);
    assertThat(locate(1, forwarded("203.0.113.1", ""))).isEqualTo(Located.UNKNOWN);
    assertThat(locate(2, forwarded("203.0.113.1,, 203.0.113.2"))).isEqualTo(Located.UNKNOWN);
    assertThat(locate(3, forwarded("203.0.113.1,, 203.0.113.2")).address())
        .isEqualTo(IpAddress.parse("203.0.113.1"));
  }

  @ParameterizedTest
  @CsvSource({
    "203.0.113.1:443, 203.0.113.1",
    "[2001:db8::1]:443, 2001:db8::1",
    "[2001:db8::1], 2001:db8::1",
    "2001:db8::1, 2001:db8::1",
    "::ffff:203.0.113.1, 203.0.113.1",
    "[::ffff:203.0.113.1]:1, 203.0.113.1",
  })
  void aPortAndBracketsAreTolerated(String entry, String address) {
    assertThat(locate(1, forwarded(entry)).address()).isEqualTo(IpAddress.parse(address));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "203.0.113.1:",
        "203.0.113.1:65536",
        "203.0.113.1:80:80",
        "203.0.113.1:8a",
        "[203.0.113.1]",
        "[203.0.113.1]:80",
        "[2001:db8::1",
        "2001:db8::1]",
        "[2001:db8::1]80",
        "[]",
        "[]:80",
        "[",
        "\"203.0.113.1\"",
        "203.0.113.1 203.0.113.2",
        "203.0.113.01",
        "localhost",
        ":80",
        "_hidden",
        "[fe80::1%eth0]:80",
        "for=203.0.113.1"
      })
  void whatIsNoAddressIsUnknown(String entry) {
    assertThat(locate(1, forwarded(entry))).isEqualTo(Located.UNKNOWN);
  }

  @Test
  void aMebibyteOfCommasIsNoTrouble() {
    assertThat(locate(1_000_000, forwarded(",".repeat(1 << 20)))).isEqualTo(Located.UNKNOWN);
  }

  @Test
  void theTrustedHeaderNamesTheRegionWhateverTheAddress() {
    Headers headers = Headers.joined(Map.of("x-region", "eu-central-1"));
    assertThat(regionHeader().locate(headers, PEER))
        .isEqualTo(new Located(IpAddress.parse(PEER), "peer", "eu-central-1", "header"));
    assertThat(regionHeader().locate(headers, null))
        .isEqualTo(new Located(null, "unknown", "eu-central-1", "header"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "DE,FR", "DE, FR", "DE FR", " DE", "DE;q=1", "DÉ", "*"})
  void aHeaderThatIsNoRegionLeavesItUnknownAndNoOtherIsAsked(String value) {
    Headers headers = Headers.joined(Map.of("x-region", value));
    assertThat(regionHeader().locate(headers, PEER).region()).isNull();
  }

  @Test
  void aHeaderOf65CharactersIsNoRegion() {
    Headers longest = Headers.joined(Map.of("x-region", "r".repeat(64)));
    Headers longer = Headers.joined(Map.of("x-region", "r".repeat(65)));
    assertThat(regionHeader().locate(longest, PEER).region()).isEqualTo("r".repeat(64));
    assertThat(regionHeader().locate(longer, PEER).regionFrom()).isEqualTo("unknown");
  }

  @Test
  void aHeaderSentTwiceLeavesTheRegionUnknown() {
    Headers headers = lines("x-region", "DE", "DE");
    assertThat(regionHeader().locate(headers, PEER).region()).isNull();
  }

  @Test
  void aMissingHeaderLeavesTheRegionUnknownAndNoOtherIsAsked() {
    assertThat(regionHeader().locate(Headers.NONE, PEER))
        .isEqualTo(new Located(IpAddress.parse(PEER), "peer", null, "unknown"));
  }

  @Test
  void theRangesGoBeforeTheDatabase() {
    SourceLocator locator = new SourceLocator(0, null, RANGES, DATABASE);
    assertThat(locator.locate(Headers.NONE, PEER).facts())
        .isEqualTo(new Facts.Source(PEER, "peer", "office", "ranges"));
    assertThat(locator.locate(Headers.NONE, "192.0.2.1").facts())
        .isEqualTo(new Facts.Source("192.0.2.1", "peer", "US", "mmdb"));
    assertThat(locator.locate(Headers.NONE, "2001:db8::1").facts())
        .isEqualTo(new Facts.Source("2001:db8::1", "peer", null, "unknown"));
  }

  @Test
  void withoutAConfiguredHeaderACallersHeaderMeansNothing() {
    Headers headers = Headers.joined(Map.of("x-region", "DE"));
    assertThat(hops(0).locate(headers, PEER).region()).isNull();
  }

  private static Located locate(int hops, Headers headers) {
    return hops(hops).locate(headers, PEER);
  }

  private static SourceLocator hops(int hops) {
    return new SourceLocator(hops, null, RegionRanges.NONE, RegionSource.NONE);
  }

  private static SourceLocator regionHeader() {
    return new SourceLocator(0, "X-Region", RANGES, DATABASE);
  }

  private static Headers forwarded(String... values) {
    return values.length == 1
        ? Headers.joined(Map.of("x-forwarded-for", values[0]))
        : lines("x-forwarded-for", values);
  }

  private static Headers lines(String name, String... values) {
    return Headers.listed(Arrays.stream(values).map(value -> Map.entry(name, value)).toList());
  }
}
