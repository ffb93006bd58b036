package dev.sallyport.engine.authenticate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What was read of a certificate, whenever that was. */
sealed interface CertificateReading {
  /** Of URL-encoded PEM; Envoy sends the leaf alone. */
  int MAX_CHARS = 16 * 1024;

  /** RFC 7468 section 5.1. */
  String BEGIN = "-----BEGIN CERTIFICATE-----";

  String END = "-----END CERTIFICATE-----";

  /**
   * One certificate.
   *
   * @param notBefore the first instant at which it is valid
   * @param notAfter the last instant at which it is valid
   */
  record Read(ClientCertificate certificate, Instant notBefore, Instant notAfter)
      implements CertificateReading {}

  /**
   * Nothing that can be used.
   *
   * @param why for the policy's author; nothing of the certificate
   */
  record Unusable(String why) implements CertificateReading {}

  /** Reads exactly one certificate in URL-encoded PEM (RFC 7468 section 5). */
  static CertificateReading of(String encoded) {
    if (encoded.length() > MAX_CHARS) {
      return new Unusable("the certificate is longer than 16 KiB");
    }
    String pem = unescaped(encoded);
    if (pem == null) {
      return new Unusable("the certificate is not URL-encoded");
    }
    byte[] der = der(pem);
    if (der == null) {
      return new Unusable("the certificate is not exactly one in PEM");
    }
    try {
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der));
      // What stands behind it would have no part in its digest.
      return Arrays.equals(der, certificate.getEncoded())
          ? read(certificate)
          : new Unusable("there is something behind the certificate");
    } catch (CertificateException | RuntimeException _) {
      // The JDK's parser does not promise that it throws nothing else.
      return new Unusable("the certificate is not one of X.509");
    }
  }

  private static CertificateReading read(X509Certificate certificate) {
    List<String> uris = new ArrayList<>();
    List<String> dnsNames = new ArrayList<>();
    byte[] names = certificate.getExtensionValue("2.5.29.17");
    if (names != null && !readNames(names, uris, dnsNames)) {
      return new Unusable("the certificate's alternative names can't be read");
    }
    return new Read(
        new ClientCertificate(
            ClientCertificate.digest(certificate),
            uris,
            dnsNames,
            DistinguishedName.of(certificate.getSubjectX500Principal()),
            Optional.ofNullable(svidFault(certificate))),
        certificate.getNotBefore().toInstant(),
        certificate.getNotAfter().toInstant());
  }

  /**
   * Reads GeneralNames (RFC 5280 section 4.2.1.6) octet by octet: the JDK leaves out those that it
   * takes for no URI, and then one of two would look like the only one.
   */
  private static boolean readNames(byte[] extension, List<String> uris, List<String> dnsNames) {
    Optional<List<Der>> names =
        alone(ByteBuffer.wrap(extension), Der.OCTET_STRING)
            .flatMap(value -> alone(value.content(), Der.SEQUENCE))
            .flatMap(value -> value.within(Der.SEQUENCE));
    for (Der name : names.orElse(List.of())) {
      String text = new String(name.bytes(), ISO_8859_1);
      switch (name.tag()) {
        case 0x82 -> dnsNames.add(ClientCertificate.lowerCase(text));
        case 0x86 -> uris.add(text);
        default -> {}
      }
    }
    return names.isPresent();
  }

  private static Optional<Der> alone(ByteBuffer bytes, int tag) {
    return Der.all(bytes)
        .filter(values -> values.size() == 1 && values.getFirst().tag() == tag)
        .map(List::getFirst);
  }

  /** SPIFFE X509-SVID sections 4 and 5.2, for a leaf. */
  private static @Nullable String svidFault(X509Certificate certificate) {
    if (certificate.getBasicConstraints() >= 0) {
      return "the certificate is that of an authority";
    }
    if (certificate.getExtensionValue("2.5.29.15") == null) {
      return null;
    }
    boolean[] usage = certificate.getKeyUsage();
    return usage == null || usage.length < 7 || !usage[0] || usage[5] || usage[6]
        ? "the certificate's key usage is not that of an SVID"
        : null;
  }

  /** Percent-decoded, a plus left alone (RFC 3986 section 2.1); null where an escape is broken. */
  private static @Nullable String unescaped(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        plain.append(c);
        continue;
      }
      int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
      int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
      if (low < 0) {
        return null;
      }
      plain.append((char) (high << 4 | low));
      i += 2;
    }
    return plain.toString();
  }

  /** The DER form of the one certificate in a text (RFC 7468); null where it is anything else. */
  private static byte @Nullable [] der(String pem) {
    String text = pem.stripTrailing();
    if (!text.startsWith(BEGIN)
        || !text.endsWith(END)
        || text.length() < BEGIN.length() + END.length()) {
      return null;
    }
    String lines = text.substring(BEGIN.length(), text.length() - END.length());
    try {
      // INVARIANT: a second certificate has dashes, which base64 has not.
      return Base64.getDecoder().decode(lines.replace("\r", "").replace("\n", ""));
    } catch (IllegalArgumentException _) {
      return null;
    }
  }
}
