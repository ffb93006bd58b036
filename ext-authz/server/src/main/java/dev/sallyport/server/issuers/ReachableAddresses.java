package dev.sallyport.server.issuers;

import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.engine.identity.Network;
import dev.sallyport.engine.identity.Networks;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The addresses that an issuer may have: those of the public internet, and those of networks that
 * the configuration allows.
 *
 * <p>Who may write a {@code TokenIssuer}, or answers for one, must not make Sallyport call what
 * only Sallyport can reach: a metadata service, a database, a neighbour in the cluster.
 */
final class ReachableAddresses {
  /**
   * What IANA sets apart for other purposes than hosts of the public internet (RFC 6890 and its
   * registry), and all that is multicast or reserved.
   */
  private static final Networks SPECIAL_V4 =
      networks(
          "0.0.0.0/8",
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.0.0.0/24",
          "192.0.2.0/24",
          "192.31.196.0/24",
          "192.52.193.0/24",
          "192.88.99.0/24",
          "192.168.0.0/16",
          "192.175.48.0/24",
          "198.18.0.0/15",
          "198.51.100.0/24",
          "203.0.113.0/24",
          "224.0.0.0/4",
          "240.0.0.0/4");

  /** Only from this block hosts have public addresses (RFC 4291 section 2.4). */
  private static final Networks GLOBAL_V6 = networks("2000::/3");

  /** Teredo and other assignments of the IETF, documentation, 6to4. */
  private static final Networks SPECIAL_V6 =
      networks("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20");

  /** Addresses of IPv4 hosts as a NAT64 gives them to hosts that have IPv6 only (RFC 6052). */
  private static final Networks TRANSLATED = networks("64:ff9b::/96");

  private static final Networks LOOPBACK = networks("127.0.0.1", "::1");

  private static final Networks THIS_MACHINE = networks("127.0.0.0/8", "::1");

  private final Networks allowed;

  /**
   * The public internet and more.
   *
   * @param allowed networks whose addresses may be called whatever they are
   */
  ReachableAddresses(Networks allowed) {
    this.allowed = allowed;
  }

  private static Networks networks(String... blocks) {
    return Networks.of(Stream.of(blocks).map(ReachableAddresses::network).toList());
  }

  private static Network network(String block) {
    return Objects.requireNonNull(Network.parse(block), block);
  }

  boolean permit(IpAddress address) {
    return allowed.contains(address) || isPublic(address);
  }

  private static boolean isPublic(IpAddress address) {
    if (address.isV4()) {
      return !SPECIAL_V4.contains(address);
    }
    if (TRANSLATED.contains(address)) {
      // What is called in the end is the IPv4 address in its last 32 bits.
      return isPublic(translated(address));
    }
    return GLOBAL_V6.contains(address) && !SPECIAL_V6.contains(address);
  }

  private static IpAddress translated(IpAddress address) {
    return IpAddress.of(Arrays.copyOfRange(address.bytes(), 12, 16));
  }

  /** Whether it is this machine's own in its plainest form: {@code 127.0.0.1} or {@code ::1}. */
  static boolean isLoopback(IpAddress address) {
    return LOOPBACK.contains(address);
  }

  static boolean isThisMachine(IpAddress address) {
    return THIS_MACHINE.contains(address);
  }
}
