package dev.sallyport.server.config;

import java.nio.file.Path;

/** Where a server listens. */
public sealed interface Address {
  /**
   * A TCP port.
   *
   * @param host a name or literal; {@code 0.0.0.0} or {@code ::} for every interface
   * @param port zero for any free one
   */
  record Tcp(String host, int port) implements Address {
    @Override
    public String toString() {
      return (host.indexOf(':') < 0 ? host : '[' + host + ']') + ':' + port;
    }
  }

  /** A Unix domain socket. */
  record UnixSocket(Path path) implements Address {
    @Override
    public String toString() {
      return "unix:" + path;
    }
  }

  /**
   * Reads {@code host:port}, {@code [v6]:port}, {@code :port} or {@code unix:/path}.
   *
   * @throws IllegalArgumentException for anything else
   */
  static Address parse(String text) {
    if (text.startsWith("unix:")) {
      Path path = Path.of(text.substring("unix:".length()));
      if (!path.isAbsolute()) {
        throw new IllegalArgumentException("a socket's path is absolute");
      }
      return new UnixSocket(path);
    }
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("no port");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("an IPv6 literal stands in brackets");
    }
    String digits = text.substring(colon + 1);
    if (digits.isEmpty() || digits.length() > 5 || !digits.chars().allMatch(Address::isDigit)) {
      throw new IllegalArgumentException("no port number");
    }
    int port = Integer.parseInt(digits);
    if (port > 65535) {
      throw new IllegalArgumentException("no port number");
    }
    return new Tcp(host.isEmpty() ? "0.0.0.0" : host, port);
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }
}
