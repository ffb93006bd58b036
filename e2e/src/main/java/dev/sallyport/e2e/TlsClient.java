package dev.sallyport.e2e;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A caller that speaks TLS, and may have a certificate to show. */
public final class TlsClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final SSLContext tls;

  private TlsClient(SSLContext tls) {
    this.tls = tls;
  }

  /**
   * One without a certificate.
   *
   * @param caFile in PEM, whose servers it trusts
   */
  public static TlsClient trusting(Path caFile) {
    return new TlsClient(client(caFile, null));
  }

  /** One that shows a certificate to who asks for one of its authority. */
  public static TlsClient trusting(Path caFile, Certificates own) {
    return new TlsClient(client(caFile, own));
  }

  private static SSLContext client(Path caFile, @Nullable Certificates own) {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("ca", Certificates.certificate(caFile));
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(own == null ? null : keyManagers(own), trust.getTrustManagers(), null);
      return context;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static KeyManager[] keyManagers(Certificates own) throws GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own.keyStore(), new char[0]);
    return keys.getKeyManagers();
  }

  /** Sends a request on a connection of its own to a port of 127.0.0.1. */
  public Reply send(RawRequest request, int port) throws IOException {
    try (SSLSocket socket =
        (SSLSocket) tls.getSocketFactory().createSocket(InetAddress.ofLiteral("127.0.0.1"), port)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.setSoTimeout((int) TIMEOUT.toMillis());
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      out.write(request.bytes());
      out.flush();
      return Reply.read(new BufferedInputStream(socket.getInputStream()), request.method());
    }
  }

  /** For more than one request, or for bodies that are more than text. */
  HttpClient http() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .sslContext(tls)
        .connectTimeout(TIMEOUT)
        .build();
  }
}
