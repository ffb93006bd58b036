package dev.sallyport.server.issuers;

import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.auth.AuthSchemeFactory;
import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.auth.BasicCredentialsProvider;
import org.apache.hc.client5.http.impl.auth.BasicSchemeFactory;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.ClientTlsStrategyBuilder;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.ssl.TLS;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * The library's client and the connections that it holds, to hosts directly or through one proxy.
 *
 * <p>Everything that the library would do of itself is off: it follows no redirect, tries nothing
 * again, decodes nothing, keeps no cookie and remembers no password.
 */
record Connections(
    CloseableHttpClient client, PoolingHttpClientConnectionManager pool, boolean proxied) {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
  private static final int MAX_CONNECTIONS = 64;
  private static final int MAX_HEADER_BYTES = 16_384;
  private static final int MAX_HEADERS = 100;
  private static final TimeValue KEEP_ALIVE = TimeValue.ofSeconds(15);

  /**
   * None is open yet.
   *
   * @param tls which authorities are trusted
   * @param resolver finds the addresses of hosts, or of the proxy; nothing else is connected to
   */
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

  /** Closes those that are not in use. */
  void closeIdle() {
    pool.closeExpired();
    pool.closeIdle(KEEP_ALIVE);
  }

  /** Closes all. */
  void close() {
    client.close(CloseMode.IMMEDIATE);
  }
}
