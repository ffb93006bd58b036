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
 * @param subject empty where it has none or it is not known
 * @param svidFault why it is no X.509-SVID but for its name (SPIFFE X509-SVID section 4); empty
 *     where nothing speaks against it
 */
public record ClientCertificate(
    KeyDigest digest,
    List<String> uris,
    List<String> dnsNames,
    Optional<DistinguishedName> subject,
    Optional<String> svidFault) {
  public ClientCertificate {
    uris = List.copyOf(uris);
    dnsNames = List.copyOf(dnsNames);
  }

  /** Whether a certificate is an X.509-SVID. */
  public sealed interface Svid {
    /** It is the one of a workload. */
    record Of(SpiffeId id) implements Svid {}

    /**
     * It is none.
     *
     * @param why for the policy's author; nothing of the certificate
     */
    record None(String why) implements Svid {}
  }

  /** Its SPIFFE ID (SPIFFE X509-SVID sections 2 and 5.2). */
  public Svid svid() {
    if (uris.isEmpty()) {
      return new Svid.None("the certificate has no SPIFFE ID");
    }
    if (uris.size() > 1) {
      return new Svid.None("the certificate has more than one URI, which no SVID has");
    }
    Optional<SpiffeId> id = SpiffeId.parse(uris.getFirst());
    if (id.isEmpty()) {
      return new Svid.None("the certificate's URI is not the SPIFFE ID of a workload");
    }
    return svidFault.isPresent() ? new Svid.None(svidFault.get()) : new Svid.Of(id.get());
  }

  /** The SHA-256 of a certificate's DER form. */
  public static KeyDigest digest(X509Certificate certificate) {
    try {
      return KeyDigest.of(certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException("a parsed certificate has its encoding", e);
    }
  }

  /** A DNS name as it is compared: the letters of ASCII without case, nothing else (RFC 4343). */
  static String lowerCase(String name) {
    StringBuilder lower = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      lower.append(lowerCase(name.charAt(i)));
    }
    return lower.toString();
  }

  static char lowerCase(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
  }
}
