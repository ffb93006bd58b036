package dev.sallyport.engine.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTest {
  @ParameterizedTest
  @CsvSource({
    "203.0.113.0/24, 203.0.113.0/24",
    "0.0.0.0/0, 0.0.0.0/0",
    "192.0.2.7, 192.0.2.7/32",
    "2001:DB8::/32, 2001:db8::/32",
    "::1, ::1/128",
    "::/0, ::/0",
    "::ffff:203.0.113.0/120, 203.0.113.0/24",
    "::ffff:0:0/96, 0.0.0.0/0",
  })
  void isReadAndWrittenInOneForm(String text, String canonical) {
    assertThat(Network.parse(text)).hasToString(canonical);
    assertThat(Network.fault(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "10.0.0.0/8/8",
        "10.0.0.0/8 ",
        " 10.0.0.0/8",
        "10.0.0/8",
        "010.0.0.0/8",
        "10.0.0.0/٨",
        "2001:db8::/129",
        "2001:db8::%eth0/64",
        "example.com/8",
        "10.0.0.0/255.0.0.0",
        "*"
      })
  void whatIsNoNetworkIsRefusedAndExplained(String text) {
    assertThat(Network.parse(text)).isNull();
    assertThat(Network.fault(text)).contains('`' + text + '`');
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1/8, 10.0.0.0/8",
    "203.0.113.129/25, 203.0.113.128/25",
    "2001:db8::1/32, 2001:db8::/32",
    "::ffff:10.0.0.0/24, ::/24",
  })
  void bitsAfterThePrefixAreRefusedWithWhatIsMeant(String text, String meant) {
    assertThat(Network.parse(text)).isNull();
    assertThat(Network.fault(text))
        .isEqualTo("`" + text + "` has bits after its prefix, write `" + meant + "`");
  }

  @ParameterizedTest
  @CsvSource({
    "203.0.113.0/24, 203.0.113.0",
    "203.0.113.0/24, 203.0.113.255",
    "203.0.113.0/24, ::ffff:203.0.113.9",
    "::ffff:203.0.113.0/120, 203.0.113.9",
    "0.0.0.0/0, 255.255.255.255",
    "::/0, 2001:db8::1",
    "2001:db8::/32, 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::/65, 2001:db8::7fff:ffff:ffff:ffff",
    "2001:db8::1, 2001:db8::1",
  })
  void containsItsAddresses(String network, String address) {
    assertThat(contains(network, address)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "203.0.113.0/24, 203.0.112.255",
    "203.0.113.0/24, 203.0.114.0",
    "::/0, 192.0.2.1",
    "::/0, ::ffff:192.0.2.1",
    "::/64, 192.0.2.1",
    "0.0.0.0/0, ::1",
    "0.0.0.0/0, ::192.0.2.1",
    "2001:db8::/65, 2001:db8::8000:0:0:0",
    "2001:db8::1, 2001:db8::2",
  })
  void containsNothingElse(String network, String address) {
    assertThat(contains(network, address)).isFalse();
  }

  @Test
  void cannotBeMadeWithBitsAfterThePrefix() {
    IpAddress address = IpAddress.parse("10.0.0.1");
    assertThatThrownBy(() -> new Network(address, 104))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static boolean contains(String network, String address) {
    return Network.parse(network).contains(IpAddress.parse(address));
  }
}
