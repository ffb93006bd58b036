package dev.sallyport.engine.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class NetworksTest {
  @Property(edgeCases = EdgeCasesMode.NONE)
  void agreesWithAskingEachNetwork(
      @ForAll("networks") List<Network> networks, @ForAll("address") IpAddress address) {
    assertThat(Networks.of(networks).contains(address))
        .isEqualTo(networks.stream().anyMatch(network -> network.contains(address)));
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void theTableAgreesWithTheLongestOfThoseThatContain(
      @ForAll("regions") Map<Network, Integer> regions, @ForAll("address") IpAddress address) {
    Optional<Integer> longest =
        regions.entrySet().stream()
            .filter(region -> region.getKey().contains(address))
            .max(Comparator.comparingInt(region -> region.getKey().prefixBits()))
            .map(Map.Entry::getValue);
    assertThat(Optional.ofNullable(PrefixTable.of(regions).find(address))).isEqualTo(longest);
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void theEndsOfANetworkAreInItAndTheirNeighboursAreNot(@ForAll("network") Network network) {
    Networks one = Networks.of(List.of(network));
    assertThat(one.contains(network.first())).isTrue();
    assertThat(one.contains(network.last())).isEqualTo(network.contains(network.last()));
    IpAddress last = network.last();
    IpAddress after =
        new IpAddress(last.low() == -1 ? last.high() + 1 : last.high(), last.low() + 1);
    assertThat(one.contains(after)).isEqualTo(network.contains(after));
  }

  @Example
  void noneContainsNothing() {
    assertThat(Networks.NONE.contains(IpAddress.parse("192.0.2.1"))).isFalse();
    assertThat(Networks.NONE.contains(IpAddress.parse("::"))).isFalse();
  }

  /** Few bits vary, so that networks nest, touch and hit often. */
  @Provide
  Arbitrary<IpAddress> address() {
    Arbitrary<Long> few = Arbitraries.of(0L, 1L, 2L, 3L, 127L, 128L, 255L);
    Arbitrary<IpAddress> v4 =
        Combinators.combine(few, few)
            .as((high, low) -> new IpAddress(0, 0xffff_0000_0000L | high << 24 | low));
    Arbitrary<IpAddress> v6 =
        Combinators.combine(
                Arbitraries.of(0L, 1L, -1L, 1L << 63, 0x20010db8L << 32),
                Arbitraries.of(0L, 1L, -1L, 1L << 63, 0xfffeL << 32, 0xffffL << 32))
            .as(IpAddress::new);
    return Arbitraries.oneOf(v4, v6);
  }

  @Provide
  Arbitrary<Network> network() {
    return Combinators.combine(address(), Arbitraries.integers().between(0, 32))
        .as((address, prefix) -> {
          int bits = address.isV4() ? 96 + prefix : prefix * 4;
          return new Network(address.masked(bits), bits);
        });
  }

  @Provide
  Arbitrary<List<Network>> networks() {
    return network().list().ofMaxSize(12);
  }

  @Provide
  Arbitrary<Map<Network, Integer>> regions() {
    return Arbitraries.maps(network(), Arbitraries.integers().between(1, 5)).ofMaxSize(12);
  }
}
