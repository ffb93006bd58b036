package dev.sallyport.server.issuers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A certificate authority of a test, and a server certificate from it; made by keytool. */
public final class CertificateAuthority {
  private static final String PASSWORD = "changeit";
  private static final String ALIAS = "server";

  private final KeyStore store;

  private CertificateAuthority(KeyStore store) {
    this.store = store;
  }

  /**
   * An authority whose server is called so.
   *
   * @param names as keytool's extension {@code san} wants them: {@code ip:127.0.0.1}, {@code
   *     dns:issuer.example}
   * @param validity as keytool's options say it: {@code -validity 2}
   */
  public static CertificateAuthority of(String names, String... validity) {
    try {
      Path file = Files.createTempDirectory("authority").resolve("keys.p12");
      keytool(file, "-alias", "ca", "-dname", "CN=authority", "-ext", "bc:c", "-validity", "2");
      List<String> server =
          new ArrayList<>(List.of("-alias", ALIAS, "-dname", "CN=server", "-signer", "ca", "-ext"));
      server.add("san=" + names);
      server.addAll(List.of(validity.length == 0 ? new String[] {"-validity", "2"} : validity));
      keytool(file, server.toArray(String[]::new));
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(file)) {
        store.load(in, PASSWORD.toCharArray());
      }
      Files.delete(file);
      Files.delete(Objects.requireNonNull(file.getParent()));
      return new CertificateAuthority(store);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void keytool(Path store, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
    command.addAll(List.of(options));
    Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(keytool.getInputStream().readAllBytes(), UTF_8);
    try {
      if (keytool.waitFor() != 0) {
        throw new IOException(output);
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** The authority's own certificate. */
  public X509Certificate certificate() {
    try {
      return (X509Certificate) Objects.requireNonNull(store.getCertificate("ca"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What the server needs to show its certificate. */
  public SSLContext server() {
    try {
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, null);
      own.setKeyEntry(
          ALIAS,
          store.getKey(ALIAS, PASSWORD.toCharArray()),
          PASSWORD.toCharArray(),
          store.getCertificateChain(ALIAS));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, PASSWORD.toCharArray());
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(keys.getKeyManagers(), null, null);
      return tls;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
