package dev.sallyport.engine.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

class IpAddressTest {
  @Property
  void readsWhatItWrites(@ForAll("addresses") IpAddress address) {
    assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
    assertThat(IpAddress.of(address.bytes())).isEqualTo(address);
  }

  @Property
  void readsTheLongFormOfThePlatform(@ForAll("addresses") IpAddress address)
      throws UnknownHostException {
    String platform = InetAddress.getByAddress(address.bytes()).getHostAddress();
    assertThat(IpAddress.parse(platform)).isEqualTo(address);
  }

  /** Whatever is read is read as the platform reads it; what the platform refuses is refused. */
  @Property(tries = 20_000)
  void readsNothingOtherwiseThanThePlatform(@ForAll("texts") String text) {
    IpAddress address = IpAddress.parse(text);
    IpAddress platform = platform(text);
    if (address != null || (platform != null && isPlain(text))) {
      assertThat(address).isEqualTo(platform);
    }
  }

  /** The platform also takes groups of more than four digits, and IPv4 in fewer than four parts. */
  private static boolean isPlain(String text) {
    return text.contains(":") && !text.contains(".") && !text.matches(".*[0-9a-f]{5}.*");
  }

  private static IpAddress platform(String text) {
    try {
      return IpAddress.of(InetAddress.ofLiteral(text).getAddress());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @Example
  void writesTheExamplesOfRfc5952() {
    assertThat(canonical("2001:0db8::0001")).isEqualTo("2001:db8::1");
    assertThat(canonical("2001:db8:0:0:0:0:2:1")).isEqualTo("2001:db8::2:1");
    assertThat(canonical("2001:db8:0:1:1:1:1:1")).isEqualTo("2001:db8:0:1:1:1:1:1");
    assertThat(canonical("2001:0:0:1:0:0:0:1")).isEqualTo("2001:0:0:1::1");
    assertThat(canonical("2001:db8:0:0:1:0:0:1")).isEqualTo("2001:db8::1:0:0:1");
    assertThat(canonical("2001:DB8::ABCD")).isEqualTo("2001:db8::abcd");
    assertThat(canonical("0:0:0:0:0:0:0:0")).isEqualTo("::");
    assertThat(canonical("1:0:0:0:0:0:0:0")).isEqualTo("1::");
    assertThat(canonical("0:0:0:0:0:0:0:1")).isEqualTo("::1");
  }

  @Example
  void mappedAddressesAreIpv4() {
    assertThat(canonical("::ffff:192.0.2.1")).isEqualTo("192.0.2.1");
    assertThat(canonical("::ffff:c000:201")).isEqualTo("192.0.2.1");
    assertThat(canonical("0:0:0:0:0:ffff:192.0.2.1")).isEqualTo("192.0.2.1");
    assertThat(IpAddress.parse("::192.0.2.1").isV4()).isFalse();
  }

  @Example
  void whatReadersDisagreeOnIsRefused() {
    for (String text :
        new String[] {
          "",
          ":",
          ":::",
          "1",
          "1.2.3",
          "01.2.3.4",
          "1.2.3.4.",
          "1.2.3.256",
          "0x1.2.3.4",
          "1:2:3",
          "1:2:3:4:5:6:7:8:9",
          "1:2:3:4::5:6:7:8",
          "::1::",
          ":1:2:3:4:5:6:7:8",
          "1:2:3:4:5:6:7:8:",
          "00001::",
          "::g",
          "::1%1",
          "::1%eth0",
          "[::1]",
          "::ffff:1.2.3",
          "::ffff:01.2.3.4",
          "1.2.3.4::",
          "::1.2.3.4:5",
          "1:2:3:4:5:6:7:1.2.3.4",
          "::1 ",
          " ::1",
          "::\u0661",
          "\uff11::"
        }) {
      assertThat(IpAddress.parse(text)).as(text).isNull();
    }
  }

  private static String canonical(String text) {
    return IpAddress.parse(text).toString();
  }

  @Provide
  Arbitrary<IpAddress> addresses() {
    Arbitrary<Integer> group =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.just(0)),
            Tuple.of(1, Arbitraries.just(0xffff)),
            Tuple.of(2, Arbitraries.integers().between(0, 0xffff)));
    Arbitrary<Long> word =
        group
            .list()
            .ofSize(4)
            .map(groups -> {
              long bits = 0;
              for (int one : groups) {
                bits = bits << 16 | one;
              }
              return bits;
            });
    Arbitrary<IpAddress> v6 = Combinators.combine(word, word).as(IpAddress::new);
    Arbitrary<IpAddress> v4 =
        Arbitraries.longs()
            .between(0, 0xffff_ffffL)
            .map(bits -> new IpAddress(0, 0xffff_0000_0000L | bits));
    return Arbitraries.oneOf(v6, v4);
  }

  /** Texts that look like addresses, most of them nearly. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> part =
        Arbitraries.of(":", "::", ":", "0", "1", "ff", "ffff", "db8", "12345", "1.2.3.4", ".", "g");
    return part.list().ofMinSize(1).ofMaxSize(17).map(parts -> String.join("", parts));
  }
}
