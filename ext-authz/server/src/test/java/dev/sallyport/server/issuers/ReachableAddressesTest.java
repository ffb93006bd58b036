package dev.sallyport.server.issuers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.engine.identity.Network;
import dev.sallyport.engine.identity.Networks;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReachableAddressesTest {
  private static final ReachableAddresses PUBLIC = new ReachableAddresses(Networks.NONE);

  private static IpAddress address(String literal) {
    return IpAddress.parse(literal);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00::1",
        "64:ff9b::101:101",
        "::ffff:1.1.1.1"
      })
  void publicAddressIsPermitted(String literal) {
    assertThat(PUBLIC.permit(address(literal))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::ffff:10.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1"
      })
  void addressOfAnotherKindIsNot(String literal) {
    assertThat(PUBLIC.permit(address(literal))).isFalse();
  }

  @Test
  void allowedNetworkIsPermittedAndNoMore() {
    ReachableAddresses reachable =
        new ReachableAddresses(
            Networks.of(List.of(Network.parse("10.96.0.0/12"), Network.parse("fd00::/8"))));

    assertThat(reachable.permit(address("10.96.0.10"))).isTrue();
    assertThat(reachable.permit(address("::ffff:10.96.0.10"))).isTrue();
    assertThat(reachable.permit(address("fd12::1"))).isTrue();
    assertThat(reachable.permit(address("10.0.0.10"))).isFalse();
    assertThat(reachable.permit(address("fc00::1"))).isFalse();
    assertThat(reachable.permit(address("127.0.0.1"))).isFalse();
    assertThat(reachable.permit(address("1.1.1.1"))).isTrue();
  }

  @Test
  void onlyThePlainestAddressesAreALoopback() {
    assertThat(ReachableAddresses.isLoopback(address("127.0.0.1"))).isTrue();
    assertThat(ReachableAddresses.isLoopback(address("::1"))).isTrue();
    assertThat(ReachableAddresses.isLoopback(address("127.0.0.2"))).isFalse();
    assertThat(ReachableAddresses.isLoopback(address("0.0.0.0"))).isFalse();
  }
}
