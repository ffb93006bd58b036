package dev.sallyport.engine.compile;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificate authorities as PEM text (RFC 7468), with any text around them. */
final class CertificateBundle {
  /** More than any system has. */
  private static final int MOST = 512;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,64})-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

  private CertificateBundle() {}

  /** What a text is, read as a bundle. */
  sealed interface Reading {
    /**
     * It is one.
     *
     * @param certificates at least one
     * @param remarks on those that may not do what is meant
     */
    record Read(List<X509Certificate> certificates, List<String> remarks) implements Reading {
      public Read {
        certificates = List.copyOf(certificates);
        remarks = List.copyOf(remarks);
      }
    }

    /**
     * It is none.
     *
     * @param why completes "it …"; holds nothing of the text
     */
    record Unreadable(String why) implements Reading {}
  }

  /** Reads a bundle, whole or not at all. */
  static Reading read(String text) {
    List<X509Certificate> certificates = new ArrayList<>();
    List<String> remarks = new ArrayList<>();
    Matcher block = BLOCK.matcher(text);
    int count = 0;
    while (block.find()) {
      if (!block.group(1).equals("CERTIFICATE")) {
        return new Reading.Unreadable("holds something other than certificates");
      }
      if (++count > MOST) {
        return new Reading.Unreadable("holds more than " + MOST + " certificates");
      }
      try {
        X509Certificate certificate = certificate(block.group(2));
        certificates.add(certificate);
        if (certificate.getBasicConstraints() < 0) {
          remarks.add("certificate " + count + " is not marked as an authority (CA)");
        }
      } catch (CertificateException | IllegalArgumentException _) {
        return new Reading.Unreadable("can't be read: certificate " + count + " of it is none");
      }
    }
    if (begins(text) != count) {
      return new Reading.Unreadable("has a block that does not end");
    }
    return certificates.isEmpty()
        ? new Reading.Unreadable("holds no certificate in PEM, `-----BEGIN CERTIFICATE-----`")
        : new Reading.Read(certificates, remarks);
  }

  private static X509Certificate certificate(String base64) throws CertificateException {
    byte[] der = Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
    ByteArrayInputStream bytes = new ByteArrayInputStream(der);
    X509Certificate certificate =
        (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(bytes);
    if (bytes.available() > 0) {
      throw new CertificateException("there is something behind the certificate");
    }
    return certificate;
  }

  private static int begins(String text) {
    int begins = 0;
    for (int at = text.indexOf("-----BEGIN "); at >= 0; at = text.indexOf("-----BEGIN ", at + 1)) {
      begins++;
    }
    return begins;
  }
}
