package dev.sallyport.server.issuers;

import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.engine.identity.Network;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Which calls go through a proxy, by the variables that most programs know: {@code HTTPS_PROXY} and
 * {@code HTTP_PROXY} for the scheme that is called, {@code NO_PROXY} for what is called all the
 * same. A name in lower case goes before one in upper case.
 *
 * <p>{@code NO_PROXY} is a list with commas: a name stands for itself and all below it, with a dot
 * in front for those below it only; an address or a network (CIDR) stands for hosts that are
 * written as such an address; each may end in a port; {@code *} stands for all. The loopback is
 * never called through a proxy.
 */
final class Proxies {
  private final Map<String, String> environment;
  private final List<String> exceptions;

  /**
   * Reads the variables.
   *
   * @param environment all variables
   */
  Proxies(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
    this.exceptions =
        Stream.of(value("NO_PROXY").split(",", -1))
            .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
            .filter(entry -> !entry.isEmpty())
            .toList();
  }

  /** How a URI is called. */
  sealed interface Way {
    record Direct() implements Way {}

    record Through(Proxy proxy) implements Way {}

    /**
     * There should be a proxy, but nobody can say which.
     *
     * @param why for people; the variable, not its value, which may hold a password
     */
    record Unknown(String why) implements Way {}
  }

  /**
   * A proxy.
   *
   * @param user empty where it asks for none
   * @param password goes into no log
   */
  record Proxy(String host, int port, String user, String password) {
    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  /** How to call a URI, which has a host. */
  Way way(URI uri) {
    String host = bare(uri.getHost());
    String variable = isSecure(uri) ? "HTTPS_PROXY" : "HTTP_PROXY";
    String value = value(variable);
    return value.isEmpty() || isLocal(host) || isExcepted(host, port(uri))
        ? new Way.Direct()
        : read(variable, value);
  }

  private String value(String variable) {
    String lower = environment.getOrDefault(variable.toLowerCase(Locale.ROOT), "").strip();
    return lower.isEmpty() ? environment.getOrDefault(variable, "").strip() : lower;
  }

  private static Way read(String variable, String value) {
    Way unknown =
        new Way.Unknown("the variable " + variable + " names no proxy as `http://host:port`");
    try {
      URI uri = new URI(value.contains("://") ? value : "http://" + value);
      if (uri.getHost() == null || !uri.getScheme().equalsIgnoreCase("http")) {
        return unknown;
      }
      String userInfo = uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo();
      int colon = userInfo.indexOf(':');
      return new Way.Through(
          new Proxy(
              bare(uri.getHost()),
              uri.getPort() >= 0 ? uri.getPort() : 80,
              decoded(colon < 0 ? userInfo : userInfo.substring(0, colon)),
              decoded(colon < 0 ? "" : userInfo.substring(colon + 1))));
    } catch (URISyntaxException | IllegalArgumentException _) {
      return unknown;
    }
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static boolean isLocal(String host) {
    IpAddress address = IpAddress.parse(host);
    return address == null ? host.equals("localhost") : ReachableAddresses.isThisMachine(address);
  }

  private boolean isExcepted(String host, int port) {
    return exceptions.stream().anyMatch(entry -> matches(entry, host, port));
  }

  private static boolean matches(String entry, String host, int port) {
    if (entry.equals("*")) {
      return true;
    }
    Network network = Network.parse(bare(entry));
    IpAddress address = IpAddress.parse(host);
    if (network != null) {
      return address != null && network.contains(address);
    }
    int colon = entry.lastIndexOf(':');
    if (colon > 0 && entry.substring(colon + 1).equals(Integer.toString(port))) {
      return matches(entry.substring(0, colon), host, port);
    }
    String name = entry.startsWith("*.") ? entry.substring(1) : entry;
    return name.startsWith(".")
        ? host.endsWith(name)
        : host.equals(name) || host.endsWith("." + name);
  }

  /** A host in lower case, an IPv6 address without its brackets. */
  static String bare(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.startsWith("[") && lower.endsWith("]")
        ? lower.substring(1, lower.length() - 1)
        : lower;
  }

  static boolean isSecure(URI uri) {
    return "https".equalsIgnoreCase(uri.getScheme());
  }

  /** The port of an http or https URI, said or not. */
  static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : isSecure(uri) ? 443 : 80;
  }
}
