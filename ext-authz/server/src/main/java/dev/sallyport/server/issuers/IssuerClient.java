package dev.sallyport.server.issuers;

import static java.util.Locale.ROOT;

import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.server.issuers.Proxies.Way;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.auth.AuthSchemeFactory;
import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.auth.BasicCredentialsProvider;
import org.apache.hc.client5.http.impl.auth.BasicSchemeFactory;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.ClientTlsStrategyBuilder;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.http.ssl.TLS;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

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
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
  private static final int MAX_REDIRECTS = 3;
  private static final int MAX_CONNECTIONS = 64;
  private static final int MAX_HEADER_BYTES = 16_384;
  private static final int MAX_HEADERS = 100;
  private static final TimeValue KEEP_ALIVE = TimeValue.ofSeconds(15);

  private static final ContentType FORM = ContentType.create("application/x-www-form-urlencoded");
  private static final Pattern MAX_AGE = Pattern.compile("max-age=\"?([0-9]{1,9})\"?");
  private static final Pattern JSON = Pattern.compile("application/([a-z0-9.+_-]+\\+)?json");
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
      Exchange exchange = new Exchange(call, reply);
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

  /** A client of the library and the connections that it holds. */
  private record Connections(
      CloseableHttpClient client, PoolingHttpClientConnectionManager pool, boolean proxied) {
    static Connections open(SSLContext tls, DnsResolver resolver, Optional<Proxies.Proxy> proxy) {
      PoolingHttpClientConnectionManager pool =
          PoolingHttpClientConnectionManagerBuilder.create()
              .setConnectionFactory(
                  ManagedHttpClientConnectionFactory.builder()
                      .http1Config(
                          Http1Config.custom()
                              .setMaxLineLength(MAX_HEADER_BYTES)
                              .setMaxHeaderCount(MAX_HEADERS)
                              .build())
                      .build())
              .setDnsResolver(resolver)
              .setTlsSocketStrategy(
                  ClientTlsStrategyBuilder.create()
                      .setSslContext(tls)
                      .setTlsVersions(TLS.V_1_3, TLS.V_1_2)
                      // The JDK judges the host, in the handshake. The library's own judge would
                      // do it again, and read a list of all public suffixes for it.
                      .setHostVerificationPolicy(HostnameVerificationPolicy.BUILTIN)
                      .setHostnameVerifier((_, _) -> false)
                      .buildClassic())
              .setDefaultConnectionConfig(
                  ConnectionConfig.custom()
                      .setConnectTimeout(Timeout.of(CONNECT_TIMEOUT))
                      .setValidateAfterInactivity(TimeValue.ofMilliseconds(100))
                      .build())
              .setMaxConnTotal(MAX_CONNECTIONS)
              .setMaxConnPerRoute(MAX_CONNECTIONS)
              .build();
      HttpClientBuilder client =
          HttpClientBuilder.create()
              .setConnectionManager(pool)
              .setDefaultRequestConfig(
                  RequestConfig.custom()
                      .setContentCompressionEnabled(false)
                      .setProtocolUpgradeEnabled(false)
                      .setRedirectsEnabled(false)
                      .build())
              .setKeepAliveStrategy((_, _) -> KEEP_ALIVE)
              .setUserAgent("sallyport")
              .setDefaultAuthSchemeRegistry(Connections::proxyScheme)
              .setDefaultCookieSpecRegistry(_ -> null)
              .disableAuthCaching()
              .disableAutomaticRetries()
              .disableConnectionState()
              .disableContentCompression()
              .disableCookieManagement()
              .disableRedirectHandling();
      proxy.ifPresent(through -> {
        HttpHost host = new HttpHost("http", through.host(), through.port());
        client.setProxy(host);
        if (!through.user().isEmpty()) {
          BasicCredentialsProvider credentials = new BasicCredentialsProvider();
          credentials.setCredentials(
              new AuthScope(host),
              new UsernamePasswordCredentials(through.user(), through.password().toCharArray()));
          client.setDefaultCredentialsProvider(credentials);
        }
      });
      return new Connections(client.build(), pool, proxy.isPresent());
    }

    private static @Nullable AuthSchemeFactory proxyScheme(String name) {
      return name.equalsIgnoreCase("basic") ? BasicSchemeFactory.INSTANCE : null;
    }

    void closeIdle() {
      pool.closeExpired();
      pool.closeIdle(KEEP_ALIVE);
    }

    void close() {
      client.close(CloseMode.IMMEDIATE);
    }
  }

  /** One call under way, with what it takes to end it. */
  private final class Exchange implements Runnable {
    private final Call call;
    private final CompletableFuture<Reply> reply;
    private volatile boolean givenUp;
    private volatile @Nullable Thread thread;
    private volatile @Nullable HttpUriRequestBase request;

    Exchange(Call call, CompletableFuture<Reply> reply) {
      this.call = call;
      this.reply = reply;
    }

    /** The time is over: a body may drip for ever. */
    void giveUp() {
      reply.complete(
          new Reply.Failed("it did not answer within " + call.timeout().toMillis() + " ms"));
      givenUp = true;
      HttpUriRequestBase sent = request;
      if (sent != null) {
        sent.cancel();
      }
      Thread running = thread;
      if (running != null) {
        running.interrupt();
      }
    }

    @Override
    public void run() {
      thread = Thread.currentThread();
      try {
        reply.complete(follow());
      } catch (RuntimeException e) {
        reply.complete(Reply.Failed.of(e, false));
      } finally {
        thread = null;
      }
    }

    private Reply follow() {
      URI uri = call.uri();
      for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        switch (step(uri)) {
          case Step.Done(var done) -> {
            return done;
          }
          case Step.Moved(var to) -> uri = to;
        }
      }
      return new Reply.Failed("it redirects more than " + MAX_REDIRECTS + " times");
    }

    private Step step(URI uri) {
      Optional<String> fault = fault(uri);
      if (fault.isPresent()) {
        return Step.failed(fault.get());
      }
      return switch (proxies.way(uri)) {
        case Way.Direct() -> ask(direct, uri);
        case Way.Through(var proxy) -> ask(through(proxy), uri);
        case Way.Unknown(var why) -> Step.failed(why);
      };
    }

    /** What of a URI can be judged before its name is resolved. */
    private Optional<String> fault(URI uri) {
      if (!isSecure(uri) && !"http".equalsIgnoreCase(uri.getScheme())) {
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
      return reachable.permit(literal)
              || (call.loopback() && ReachableAddresses.isLoopback(literal))
          ? Optional.empty()
          : Optional.of(Reply.Failed.forbidden(literal));
    }

    private Step ask(Connections connections, URI uri) {
      HttpUriRequestBase asked = request(uri);
      request = asked;
      if (givenUp) {
        return Step.failed("it was given up");
      }
      HttpHost target = new HttpHost(uri.getScheme(), Proxies.bare(uri.getHost()), uri.getPort());
      HttpClientContext context = HttpClientContext.create();
      try {
        ClassicHttpResponse response = connections.client().executeOpen(target, asked, context);
        @Nullable Step step = null;
        try {
          boolean isOfProxy =
              connections.proxied() && isSecure(uri) && context.getSSLSession() == null;
          step =
              isOfProxy
                  ? Step.failed("its proxy answered with status " + response.getCode())
                  : judge(uri, response);
          return step;
        } finally {
          if (!(step instanceof Step.Done(Reply.Arrived _))) {
            // To close a response is to read what is left of it, and that may never end.
            asked.cancel();
          }
          close(response);
        }
      } catch (IOException e) {
        return new Step.Done(Reply.Failed.of(e, connections.proxied()));
      }
    }

    private static void close(ClassicHttpResponse response) {
      try {
        response.close();
      } catch (IOException _) {
        // What was wanted of it was read, or will never be.
      }
    }

    private HttpUriRequestBase request(URI uri) {
      HttpUriRequestBase made =
          new HttpUriRequestBase(call.post().isPresent() ? "POST" : "GET", uri);
      made.setHeader("accept", call.accept());
      if (!call.etag().isEmpty()) {
        made.setHeader("if-none-match", call.etag());
      }
      call.post()
          .ifPresent(post -> {
            made.setHeader("authorization", post.authorization());
            made.setEntity(new StringEntity(post.form(), FORM));
          });
      return made;
    }

    private Step judge(URI uri, ClassicHttpResponse response) throws IOException {
      return switch (response.getCode()) {
        case 200 -> new Step.Done(read(response));
        case 301, 302, 303, 307, 308 -> redirect(uri, response);
        case 304 ->
            new Step.Done(
                call.etag().isEmpty()
                    ? new Reply.Refused(304)
                    : new Reply.Unchanged(maxAge(response)));
        default -> new Step.Done(new Reply.Refused(response.getCode()));
      };
    }

    private Step redirect(URI from, ClassicHttpResponse response) {
      if (call.post().isPresent()) {
        return Step.failed("it redirects, and a token is sent nowhere else");
      }
      Header[] locations = response.getHeaders("location");
      if (locations.length != 1 || locations[0].getValue() == null) {
        return Step.failed("it redirects to nowhere");
      }
      URI to;
      try {
        to = from.resolve(new URI(locations[0].getValue()));
      } catch (URISyntaxException _) {
        return Step.failed("it redirects to nowhere");
      }
      return hasOrigin(to, from)
          ? new Step.Moved(to)
          : Step.failed("it redirects to another host, port or scheme");
    }

    private Reply read(ClassicHttpResponse response) throws IOException {
      Optional<String> fault = fault(response);
      if (fault.isPresent()) {
        return new Reply.Failed(fault.get());
      }
      HttpEntity entity = response.getEntity();
      if (entity == null) {
        return new Reply.Failed("its answer is empty");
      }
      byte[] body = entity.getContent().readNBytes(call.maxBytes() + 1);
      return body.length > call.maxBytes()
          ? tooLarge()
          : new Reply.Arrived(body, only(response, "etag").orElse(""), maxAge(response));
    }

    private Reply.Failed tooLarge() {
      int kibibytes = call.maxBytes() >> 10;
      return new Reply.Failed(
          "its answer is larger than "
              + (kibibytes < 1024 ? kibibytes + " KiB" : (kibibytes >> 10) + " MiB"));
    }

    /** What of an answer can be judged before its body is read. */
    private Optional<String> fault(ClassicHttpResponse response) {
      String type =
          only(response, "content-type").orElse("?").split(";", 2)[0].strip().toLowerCase(ROOT);
      if (type.equals("text/html")) {
        return Optional.of("its answer is a web page, not JSON");
      }
      if (response.containsHeader("content-type") && !JSON.matcher(type).matches()) {
        return Optional.of("its answer is not JSON by its content type");
      }
      if (!only(response, "content-encoding").orElse("?").equalsIgnoreCase("identity")
          && response.containsHeader("content-encoding")) {
        return Optional.of("its answer is encoded, which nobody asked for");
      }
      return Optional.empty();
    }
  }

  /** What one request of a call led to. */
  private sealed interface Step {
    record Done(Reply reply) implements Step {}

    /** To another place of the same origin. */
    record Moved(URI to) implements Step {}

    static Step failed(String why) {
      return new Done(new Reply.Failed(why));
    }
  }

  private static boolean isSecure(URI uri) {
    return "https".equalsIgnoreCase(uri.getScheme());
  }

  private static boolean hasOrigin(URI uri, URI origin) {
    return uri.getHost() != null
        && uri.getRawUserInfo() == null
        && origin.getScheme().equalsIgnoreCase(uri.getScheme())
        && origin.getHost().equalsIgnoreCase(uri.getHost())
        && port(origin) == port(uri);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : isSecure(uri) ? 443 : 80;
  }

  /** The value of a header that came once; nothing where it came more often, or never. */
  private static Optional<String> only(ClassicHttpResponse response, String name) {
    Header[] headers = response.getHeaders(name);
    return headers.length == 1 ? Optional.ofNullable(headers[0].getValue()) : Optional.empty();
  }

  private static Optional<Duration> maxAge(ClassicHttpResponse response) {
    return Stream.of(response.getHeaders("cache-control"))
        .flatMap(header -> Stream.of(header.getValue().toLowerCase(ROOT).split(",", -1)))
        .map(directive -> MAX_AGE.matcher(directive.strip()))
        .filter(Matcher::matches)
        .map(matcher -> Duration.ofSeconds(Long.parseLong(matcher.group(1))))
        .findFirst();
  }
}
