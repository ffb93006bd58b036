package dev.sallyport.engine.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.RateLimitSpec.Dimension;
import dev.sallyport.engine.identity.IpAddress;
import java.time.Duration;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CallerTest {
  private static final Limit IDENTITY = limit(Dimension.IDENTITY);
  private static final Limit ADDRESS = limit(Dimension.SOURCE_ADDRESS);
  private static final Limit NAMES =
      limit(Dimension.IDENTITY, Dimension.CREDENTIAL, Dimension.OPERATION);

  @Property(edgeCases = EdgeCasesMode.NONE)
  void twoCallersShareABucketOnlyIfTheyAreAlike(
      @ForAll("callers") Caller one, @ForAll("callers") Caller other) {
    boolean alike = one.equals(other);
    assertThat(one.subject(NAMES).equals(other.subject(NAMES))).isEqualTo(alike);
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void nobodysNameIsThatOfTheNameless(@ForAll("callers") Caller caller) {
    Caller nameless = new Caller(null, null, null, null);
    assertThat(caller.subject(IDENTITY).equals(nameless.subject(IDENTITY)))
        .isEqualTo(caller.identity() == null);
  }

  @Example
  void onlyTheDimensionsOfTheLimitCount() {
    Caller one = new Caller("acme", "primary", IpAddress.parse("192.0.2.1"), "read");
    Caller other = new Caller("acme", "legacy", null, "write");
    assertThat(one.subject(IDENTITY)).isEqualTo(other.subject(IDENTITY)).isEqualTo("acme");
  }

  @Example
  void thoseWithoutAnAddressShareOneBucket() {
    assertThat(address(null)).isEqualTo("-");
  }

  @Example
  void ipv4IsCountedByTheAddress() {
    assertThat(address("192.0.2.1")).isEqualTo(address("::ffff:192.0.2.1"));
    assertThat(address("192.0.2.1")).isNotEqualTo(address("192.0.2.2"));
  }

  @Example
  void ipv6IsCountedByTheNetworkOf64Bits() {
    assertThat(address("2001:db8:0:1::1")).isEqualTo(address("2001:db8:0:1:ffff::"));
    assertThat(address("2001:db8:0:1::1")).isNotEqualTo(address("2001:db8:0:2::1"));
    assertThat(address("::1")).isNotEqualTo(address("0.0.0.1"));
  }

  @Example
  void aLongNameIsShortenedAndStaysApart() {
    String one = subject("s".repeat(16_000));
    String other = subject("s".repeat(16_001));
    assertThat(one).isNotEqualTo(other).hasSizeLessThan(100);
  }

  private static String address(String text) {
    return new Caller(null, null, text == null ? null : IpAddress.parse(text), null)
        .subject(ADDRESS);
  }

  private static String subject(String identity) {
    return new Caller(identity, null, null, null).subject(IDENTITY);
  }

  private static Limit limit(Dimension... per) {
    return new Limit("test/limit", "limit", Set.of(per), 1, Duration.ofSeconds(1), 1, false);
  }

  @Provide
  Arbitrary<Caller> callers() {
    Arbitrary<String> name =
        Arbitraries.of("", "-", "--", "-a", "a", "1:a", "a1:a", "1:a1:a", "a-", "0:", ":")
            .injectNull(0.2);
    return Combinators.combine(name, name, name)
        .as((identity, credential, operation) -> new Caller(identity, credential, null, operation));
  }
}
