package dev.sallyport.server.grpc;

import dev.sallyport.server.config.Configuration.Tls;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Who the server is and whom it believes: what the TLS files said at one moment.
 *
 * @param alias names this version to the JDK, so that one handshake sees one version
 * @param chain the server's certificate first
 * @param clients checks client certificates; null where none are asked for
 * @param source what the files held, to tell whether they have changed
 */
record TlsIdentity(
    String alias,
    List<X509Certificate> chain,
    PrivateKey key,
    @Nullable X509ExtendedTrustManager clients,
    List<String> source) {

  /** The texts of the files, in a fixed order. */
  static List<PemFile> files(Tls tls) throws UnusableTlsException {
    PemFile certificate = PemFile.read(tls.certFile());
    PemFile key = PemFile.read(tls.keyFile());
    return tls.clientCaFile() == null
        ? List.of(certificate, key)
        : List.of(certificate, key, PemFile.read(tls.clientCaFile()));
  }

  /**
   * Reads an identity.
   *
   * @param files from {@link #files}
   * @throws UnusableTlsException if a file holds something else, or key and certificate don't match
   */
  static TlsIdentity of(String alias, Tls tls, List<PemFile> files) throws UnusableTlsException {
    List<X509Certificate> chain = files.get(0).certificates();
    PublicKey publicKey = chain.getFirst().getPublicKey();
    PrivateKey key = files.get(1).privateKey(publicKey.getAlgorithm());
    if (!belongTogether(key, publicKey)) {
      throw new UnusableTlsException(
          "the key in `" + tls.keyFile() + "` is not that of `" + tls.certFile() + "`");
    }
    X509ExtendedTrustManager clients =
        files.size() < 3 ? null : trusting(files.get(2).certificates());
    return new TlsIdentity(alias, chain, key, clients, files.stream().map(PemFile::text).toList());
  }

  private static boolean belongTogether(PrivateKey key, PublicKey publicKey) {
    String algorithm =
        switch (publicKey.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> publicKey.getAlgorithm();
        };
    try {
      byte[] probe = {1, 2, 3};
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(probe);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static X509ExtendedTrustManager trusting(List<X509Certificate> authorities)
      throws UnusableTlsException {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (int i = 0; i < authorities.size(); i++) {
        store.setCertificateEntry("ca-" + i, authorities.get(i));
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager extended) {
          return extended;
        }
      }
    } catch (GeneralSecurityException | java.io.IOException e) {
      throw new UnusableTlsException("the client authorities can't be used");
    }
    throw new UnusableTlsException("the client authorities can't be used");
  }

  /** Redacted: a record would print its key. */
  @Override
  public String toString() {
    return "TlsIdentity[" + alias + "]";
  }
}
