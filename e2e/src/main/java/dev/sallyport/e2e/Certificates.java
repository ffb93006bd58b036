package dev.sallyport.e2e;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A certificate and its key (P-256), fresh from the JDK's {@code keytool}, in PEM. */
public record Certificates(Path certFile, Path keyFile) {
  private static final String PASSWORD = "throw-away";

  /** Makes a pair {@code name.crt} and {@code name.key} in a folder, for 127.0.0.1. */
  static Certificates selfSigned(Path folder, String name) {
    Path store = folder.resolve(name + ".p12");
    generate(store, "pair", "CN=" + name, "-ext", "san=ip:127.0.0.1,dns:localhost", "-ext", "bc:c");
    return export(store, "pair", folder, name);
  }

  /** Adds a key and its certificate to a store, which is made if it is not there. */
  static void generate(Path store, String alias, String subject, String... options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/keytool").toString());
    command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-genkeypair"));
    command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
    command.addAll(List.of("-alias", alias, "-keyalg", "EC", "-groupname", "secp256r1"));
    command.addAll(List.of("-dname", subject, "-validity", "2"));
    command.addAll(List.of(options));
    Path log = store.resolveSibling(store.getFileName() + ".log");
    try (ChildProcess keytool = ChildProcess.start("keytool", command, Map.of(), log)) {
      if (keytool.exitCode(Duration.ofSeconds(60)) != 0) {
        throw new IllegalStateException(keytool.output());
      }
    }
  }

  /** Writes a pair of a store as {@code name.crt} and {@code name.key} into a folder. */
  static Certificates export(Path store, String alias, Path folder, String name) {
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore pairs = KeyStore.getInstance("PKCS12");
      pairs.load(in, PASSWORD.toCharArray());
      return new Certificates(
          write(
              folder.resolve(name + ".crt"),
              "CERTIFICATE",
              pairs.getCertificate(alias).getEncoded()),
          write(
              folder.resolve(name + ".key"),
              "PRIVATE KEY",
              pairs.getKey(alias, PASSWORD.toCharArray()).getEncoded()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Puts this pair in the place of another, as a renewal does. */
  void replace(Certificates other) throws IOException {
    Files.copy(keyFile, other.keyFile, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(certFile, other.certFile, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The certificate. */
  public X509Certificate certificate() {
    return certificate(certFile);
  }

  /** SHA-256 over the DER form, as {@code x509.sha256} and the hash of XFCC say it. */
  public String sha256() {
    return HexFormat.of().formatHex(digest(certificate()));
  }

  /** SHA-256 over the DER form, as a token says it (RFC 8705 section 3.1). */
  static String thumbprint(X509Certificate certificate) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(digest(certificate));
  }

  private static byte[] digest(X509Certificate certificate) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Both in a store in memory, for the JDK's TLS; its password is empty. */
  KeyStore keyStore() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("pair", privateKey(), new char[0], new Certificate[] {certificate()});
      return store;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private PrivateKey privateKey() throws IOException, GeneralSecurityException {
    String text = Files.readString(keyFile).replaceAll("-----[A-Z ]+-----|\\s", "");
    return KeyFactory.getInstance("EC")
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
  }

  /** The certificate of a file in PEM. */
  static X509Certificate certificate(Path file) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path write(Path file, String kind, byte[] der) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
  }
}
