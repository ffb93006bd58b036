package dev.sallyport.server.grpc;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and private keys in PEM (RFC 7468). */
final class PemFile {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

  /** {@code rsaEncryption} with its NULL parameters, as an AlgorithmIdentifier (RFC 8017). */
  private static final byte[] RSA = {
    0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
  };

  /** The object identifier {@code id-ecPublicKey} (RFC 5480). */
  private static final byte[] EC = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};

  private final Path file;
  private final String text;

  private PemFile(Path file, String text) {
    this.file = file;
    this.text = text;
  }

  /**
   * Reads a file.
   *
   * @throws UnusableTlsException if it can't be read
   */
  static PemFile read(Path file) throws UnusableTlsException {
    try {
      return new PemFile(file, Files.readString(file, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UnusableTlsException("`" + file + "` can't be read");
    }
  }

  /** The text, to tell whether the file has changed. */
  String text() {
    return text;
  }

  /** All certificates, in their order; never empty. */
  List<X509Certificate> certificates() throws UnusableTlsException {
    List<X509Certificate> certificates = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(text);
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      while (blocks.find()) {
        if (blocks.group(1).equals("CERTIFICATE")) {
          byte[] der = Base64.getMimeDecoder().decode(blocks.group(2));
          certificates.add(
              (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
        }
      }
    } catch (CertificateException | IllegalArgumentException e) {
      throw new UnusableTlsException("`" + file + "` holds a certificate that can't be read");
    }
    if (certificates.isEmpty()) {
      throw new UnusableTlsException("`" + file + "` holds no certificate in PEM");
    }
    return List.copyOf(certificates);
  }

  /**
   * The first private key: PKCS #8, or the older forms for RSA (PKCS #1) and EC (RFC 5915).
   *
   * @param algorithm of the public key that it belongs to: {@code RSA}, {@code EC}, {@code EdDSA}
   */
  PrivateKey privateKey(String algorithm) throws UnusableTlsException {
    Matcher blocks = BLOCK.matcher(text);
    try {
      while (blocks.find()) {
        byte[] der = Base64.getMimeDecoder().decode(blocks.group(2));
        switch (blocks.group(1)) {
          case "PRIVATE KEY" -> {
            return privateKey(algorithm, der);
          }
          case "RSA PRIVATE KEY" -> {
            return privateKey("RSA", pkcs8(RSA, der));
          }
          case "EC PRIVATE KEY" -> {
            return privateKey("EC", pkcs8(sequence(EC, curve(der)), der));
          }
          case "ENCRYPTED PRIVATE KEY" ->
              throw new UnusableTlsException("`" + file + "` holds an encrypted key; decrypt it");
          default -> {
            // Certificates and EC parameters may stand in the same file.
          }
        }
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      // The cause is dropped: its message may quote the key.
      throw new UnusableTlsException(
          "`" + file + "` holds no private key that fits the certificate");
    }
    throw new UnusableTlsException("`" + file + "` holds no private key in PEM");
  }

  private static PrivateKey privateKey(String algorithm, byte[] pkcs8)
      throws GeneralSecurityException {
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
  }

  /** Wraps a key of an older form into a PrivateKeyInfo (RFC 5208). */
  private static byte[] pkcs8(byte[] algorithm, byte[] key) {
    byte[] version = {0x02, 0x01, 0x00};
    return sequence(version, algorithm, tagged(0x04, key));
  }

  /** The curve's identifier out of {@code [0] parameters} of an ECPrivateKey (RFC 5915). */
  private static byte[] curve(byte[] key) {
    for (int i = 0; i + 4 < key.length; i++) {
      // [0] explicit, holding one object identifier to its end; it follows the private key.
      if ((key[i] & 0xff) == 0xa0 && key[i + 2] == 0x06 && key[i + 3] == key[i + 1] - 2) {
        int end = i + 4 + key[i + 3];
        if (end <= key.length) {
          return Arrays.copyOfRange(key, i + 2, end);
        }
      }
    }
    throw new IllegalArgumentException("no curve");
  }

  private static byte[] sequence(byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    return tagged(0x30, content.toByteArray());
  }

  /** One DER value with a definite length (X.690 section 8.1.3). */
  private static byte[] tagged(int tag, byte[] content) {
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    value.write(tag);
    if (content.length < 0x80) {
      value.write(content.length);
    } else {
      value.write(0x82);
      value.write(content.length >>> 8);
      value.write(content.length);
    }
    value.writeBytes(content);
    return value.toByteArray();
  }
}
