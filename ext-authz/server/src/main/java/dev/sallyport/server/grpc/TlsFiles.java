package dev.sallyport.server.grpc;

import dev.sallyport.server.config.Configuration.Tls;
import dev.sallyport.server.config.ConfigurationException;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TLS files, read again when they change.
 *
 * <p>The files are compared by what they hold, once a second: that sees every way of replacing
 * them, Kubernetes' swap of a link included. A new pair that doesn't fit together, as between the
 * writes of two files, is not used; the last good one stays. Connections that stand go on with what
 * they were made with.
 */
final class TlsFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TlsFiles.class);

  private final Tls tls;

  /** Written by the timer's thread alone; a handshake may still ask for the previous one. */
  private final AtomicReference<Versions> versions;

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("tls-files").daemon().factory());
  private String lastProblem = "";

  private TlsFiles(Tls tls, TlsIdentity first) {
    this.tls = tls;
    this.versions = new AtomicReference<>(new Versions(first, first, 1));
  }

  /**
   * Reads the files and watches them.
   *
   * @throws ConfigurationException if they can't be used
   */
  static TlsFiles watch(Tls tls, Duration interval) throws ConfigurationException {
    TlsFiles files;
    try {
      files = new TlsFiles(tls, TlsIdentity.of("v1", tls, TlsIdentity.files(tls)));
    } catch (UnusableTlsException e) {
      throw new ConfigurationException("`grpc.tls`: " + e.getMessage());
    }
    var _ =
        files.timer.scheduleWithFixedDelay(
            files::reread, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
    return files;
  }

  /** A context that always uses what the files hold now. */
  SslContext sslContext() throws SSLException {
    SslContextBuilder context = SslContextBuilder.forServer(new Keys());
    if (tls.clientCaFile() != null) {
      context.trustManager(new Clients()).clientAuth(ClientAuth.REQUIRE);
    }
    // A resumed session would not look at the client's certificate again.
    context.sessionTimeout(1).protocols("TLSv1.3", "TLSv1.2");
    return GrpcSslContexts.configure(context, SslProvider.JDK).build();
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  private void reread() {
    try {
      List<PemFile> files = TlsIdentity.files(tls);
      Versions now = current();
      if (files.stream().map(PemFile::text).toList().equals(now.current().source())) {
        lastProblem = "";
        return;
      }
      int number = now.number() + 1;
      TlsIdentity next = TlsIdentity.of("v" + number, tls, files);
      versions.set(new Versions(next, now.current(), number));
      lastProblem = "";
      LOG.info(
          "the TLS files were read again; the certificate is valid until {}",
          next.chain().getFirst().getNotAfter().toInstant());
    } catch (UnusableTlsException e) {
      report(e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("the TLS files could not be read again, the old ones stay in use", e);
    }
  }

  /** Once for as long as it lasts. */
  private void report(@Nullable String problem) {
    if (problem != null && !problem.equals(lastProblem)) {
      lastProblem = problem;
      LOG.warn("the TLS files changed and the old ones stay in use: {}", problem);
    }
  }

  private Versions current() {
    return versions.get();
  }

  private record Versions(TlsIdentity current, TlsIdentity previous, int number) {
    @Nullable TlsIdentity named(String alias) {
      if (alias.equals(current.alias())) {
        return current;
      }
      return alias.equals(previous.alias()) ? previous : null;
    }
  }

  /** Shows the JDK the server's certificate of the moment. */
  private final class Keys extends X509ExtendedKeyManager {
    @Override
    public @Nullable String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return chooseServerAlias(keyType, issuers, null);
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      TlsIdentity identity = current().current();
      String algorithm = identity.key().getAlgorithm();
      // The JDK asks for one type after the other; EdDSA is also asked for under its own name.
      return keyType.startsWith(algorithm)
              || (keyType.equals("EdDSA") && algorithm.startsWith("Ed"))
          ? identity.alias()
          : null;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      TlsIdentity identity = current().named(alias);
      return identity == null ? null : identity.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      TlsIdentity identity = current().named(alias);
      return identity == null ? null : identity.key();
    }

    @Override
    public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {current().current().alias()};
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }
  }

  /** Asks the client authorities of the moment. */
  private final class Clients extends X509ExtendedTrustManager {
    private X509ExtendedTrustManager authorities() throws CertificateException {
      X509ExtendedTrustManager authorities = current().current().clients();
      if (authorities == null) {
        throw new CertificateException("no client is trusted");
      }
      return authorities;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      authorities().checkClientTrusted(chain, type, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      authorities().checkClientTrusted(chain, type, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      authorities().checkClientTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      throw new CertificateException("no server is trusted");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("no server is trusted");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("no server is trusted");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      X509ExtendedTrustManager authorities = current().current().clients();
      return authorities == null ? new X509Certificate[0] : authorities.getAcceptedIssuers();
    }
  }
}
