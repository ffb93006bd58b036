package dev.sallyport.engine.authenticate;

import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * The certificate that a caller presented and a proxy verified.
 *
 * @param digest the SHA-256 of its DER form
 * @param uris its URI subject alternative names, in order
 * @param dnsNames its DNS subject alternative names, lower case, in order
 * @param subject its subject as RFC 4514 writes it; empty where it has none or it is not known
 * @param svidFault why it is no X.509-SVID but for its name (SPIFFE X509-SVID section 4); empty
 *     where nothing speaks against it
 */
public record ClientCertificate(
    KeyDigest digest,
    List<String> uris,
    List<String> dnsNames,
    Optional<String> subject,
    Optional<String> svidFault) {
  public ClientCertificate {
    uris = List.copyOf(uris);
    dnsNames = List.copyOf(dnsNames);
  }

  /** The SHA-256 of a certificate's DER form. */
  public static KeyDigest digest(X509Certificate certificate) {
    try {
      return KeyDigest.of(certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException("a parsed certificate has its encoding", e);
    }
  }
}
