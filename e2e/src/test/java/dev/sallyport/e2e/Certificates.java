package dev.sallyport.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A self-signed certificate for 127.0.0.1 and its key, fresh from the JDK's {@code keytool}, in
 * PEM.
 */
record Certificates(Path certFile, Path keyFile) {
  private static final char[] PASSWORD = "throw-away".toCharArray();

  /** Makes a pair {@code name.crt} and {@code name.key} in a folder. */
  static Certificates selfSigned(Path folder, String name) {
    Path store = folder.resolve(name + ".p12");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
            "-J-XX:TieredStopAtLevel=1",
            "-genkeypair",
            "-keystore",
            store.toString(),
            "-storepass",
            new String(PASSWORD),
            "-alias",
            "pair",
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=" + name,
            "-ext",
            "san=ip:127.0.0.1,dns:localhost",
            "-ext",
            "bc:c",
            "-validity",
            "2");
    try (ChildProcess keytool =
        ChildProcess.start("keytool", command, Map.of(), folder.resolve(name + ".log"))) {
      if (keytool.exitCode(Duration.ofSeconds(60)) != 0) {
        throw new IllegalStateException(keytool.output());
      }
    }
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore pair = KeyStore.getInstance("PKCS12");
      pair.load(in, PASSWORD);
      return new Certificates(
          write(
              folder.resolve(name + ".crt"),
              "CERTIFICATE",
              pair.getCertificate("pair").getEncoded()),
          write(
              folder.resolve(name + ".key"),
              "PRIVATE KEY",
              pair.getKey("pair", PASSWORD).getEncoded()));
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

  private static Path write(Path file, String kind, byte[] der) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
  }
}
