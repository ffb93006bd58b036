package dev.sallyport.server.issuers;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Finds the addresses of a host. */
@FunctionalInterface
interface NameLookup {
  /** As this machine resolves names. */
  NameLookup SYSTEM = host -> List.of(InetAddress.getAllByName(host));

  /**
   * The addresses in the order in which they are to be tried. May block for as long as it likes.
   *
   * @param host a name, or an address as text
   */
  List<InetAddress> addresses(String host) throws UnknownHostException;
}
