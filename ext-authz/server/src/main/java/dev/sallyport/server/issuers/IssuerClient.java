package dev.sallyport.server.issuers;

import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.server.issuers.Proxies.Way;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Calls one issuer by HTTP.
 *
 * <p>An issuer answers for its own tokens and for nothing else, so it is trusted with little: it
 * can't make a call last longer, send more, go to another host or to an address of this network
 * than the caller said. What a call connects to is what was checked, since the name is resolved
 * once. Connections are shared with no other issuer, for others trust other authorities and may
 * have other addresses.
 *
 * <p>Safe for use by many threads.
 */
final class IssuerClient implements AutoCloseable {
  private static final Pattern NUMBER = Pattern.compile("[0-9]+|0x[0-9a-f]*");

  private final SSLContext tls;
  private final CheckedNames names;
  private final ReachableAddresses reachable;
  private final Proxies proxies;
  private final ExecutorService threads;
  private final ScheduledExecutorService timer;
  private final Consumer<IssuerClient> onClose;
  private final Connections direct;
  private final Map<Proxies.Proxy, Connections> proxied = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * A client without a connection.
   *
   * @param tls which authorities are trusted
   * @param onClose hears that the client was closed
   */
  IssuerClient(
      SSLContext tls,
      CheckedNames names,
      ReachableAddresses reachable,
      Proxies proxies,
      ExecutorService threads,
      ScheduledExecutorService timer,
      Consumer<IssuerClient> onClose) {
    this.tls = tls;
    this.names = names;
    this.reachable = reachable;
    this.proxies = proxies;
    this.threads = threads;
    this.timer = timer;
    this.onClose = onClose;
    this.direct = Connections.open(tls, resolver(false), Optional.empty());
  }

  /** Makes one call. Returns at once; the future always has a value, and in time. */
  CompletableFuture<Reply> send(Call call) {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    if (closed) {
      reply.complete(new Reply.Failed("nobody asks it any more"));
      return reply;
    }
    try {
      Exchange exchange = new Exchange(call, uri -> access(uri, call.loopback()), reply);
      Future<?> deadline =
          timer.schedule(exchange::giveUp, call.timeout().toMillis(), TimeUnit.MILLISECONDS);
      var _ = reply.whenComplete((_, _) -> deadline.cancel(false));
      threads.execute(exchange);
    } catch (RejectedExecutionException _) {
      reply.complete(new Reply.Failed("the server is shutting down"));
    }
    return reply;
  }

  /** Closes connections that are not in use. */
  void closeIdle() {
    direct.closeIdle();
    proxied.values().forEach(Connections::closeIdle);
  }

  /** Breaks off what is under way. */
  @Override
  public void close() {
    closed = true;
    onClose.accept(this);
    direct.close();
    proxied.values().forEach(Connections::close);
  }

  private Connections through(Proxies.Proxy proxy) {
    return proxied.computeIfAbsent(
        proxy, through -> Connections.open(tls, resolver(true), Optional.of(through)));
  }

  /** A resolver for hosts whose literal addresses were checked before. */
  private DnsResolver resolver(boolean ofProxy) {
    return new DnsResolver() {
      @Override
      public InetAddress[] resolve(String host) throws UnknownHostException {
        IpAddress literal = IpAddress.parse(Proxies.bare(host));
        List<InetAddress> addresses =
            literal != null
                ? List.of(InetAddress.getByAddress(literal.bytes()))
                : ofProxy ? names.all(host) : names.reachable(host);
        return addresses.toArray(InetAddress[]::new);
      }

      @Override
      public String resolveCanonicalHostname(String host) {
        return host;
      }
    };
  }

  /** How to get to a URI. */
  sealed interface Access {
    record Open(Connections by) implements Access {}

    /**
     * Not at all.
     *
     * @param why as in {@link Reply.Failed}
     */
    record Barred(String why) implements Access {}
  }

  private Access access(URI uri, boolean loopback) {
    Optional<String> fault = fault(uri, loopback);
    if (fault.isPresent()) {
      return new Access.Barred(fault.get());
    }
    return switch (proxies.way(uri)) {
      case Way.Direct() -> new Access.Open(direct);
      case Way.Through(var proxy) -> new Access.Open(through(proxy));
      case Way.Unknown(var why) -> new Access.Barred(why);
    };
  }

  /** What of a URI can be judged before its name is resolved. */
  private Optional<String> fault(URI uri, boolean loopback) {
    if (!Proxies.isSecure(uri) && !"http".equalsIgnoreCase(uri.getScheme())) {
      return Optional.of("its URI is neither https nor http");
    }
    if (uri.getHost() == null || uri.getRawUserInfo() != null) {
      return Optional.of("its URI has no host, or more than a host and a port");
    }
    String host = Proxies.bare(uri.getHost());
    IpAddress literal = IpAddress.parse(host);
    if (literal == null) {
      // `127.1`, `0x7f000001` and the like are addresses to some readers and names to others.
      return NUMBER.matcher(host.substring(host.lastIndexOf('.') + 1)).matches()
          ? Optional.of("its host is neither a name nor an address in its usual form")
          : Optional.empty();
    }
    return reachable.permit(literal) || (loopback && ReachableAddresses.isLoopback(literal))
        ? Optional.empty()
        : Optional.of(Reply.Failed.forbidden(literal));
  }
}
