package dev.sallyport.engine.identity;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A set of networks. */
public final class Networks {
  public static final Networks NONE = of(List.of());

  private final List<Network> networks;
  private final PrefixTable<Boolean> table;

  private Networks(List<Network> networks) {
    this.networks = List.copyOf(networks);
    Map<Network, Boolean> members = HashMap.newHashMap(networks.size());
    networks.forEach(network -> members.put(network, Boolean.TRUE));
    this.table = PrefixTable.of(members);
  }

  /** In any order, with or without overlap. */
  public static Networks of(List<Network> networks) {
    return new Networks(networks);
  }

  /** Whether one of them holds the address. */
  public boolean contains(IpAddress address) {
    return table.find(address) != null;
  }

  public boolean isEmpty() {
    return networks.isEmpty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Networks that && networks.equals(that.networks);
  }

  @Override
  public int hashCode() {
    return networks.hashCode();
  }

  @Override
  public String toString() {
    return networks.stream().map(Network::toString).collect(Collectors.joining(" "));
  }
}
