package dev.sallyport.engine.identity;

import dev.sallyport.engine.authenticate.ClientCertificate;
import dev.sallyport.engine.authenticate.DistinguishedName;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.SpiffeId;
import dev.sallyport.engine.authenticate.Subject.CertificateHolder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a credential is recognised by: equal values, equal credentials. */
public sealed interface Lookup {
  /** The digest of an API key. */
  record ByKey(KeyDigest digest) implements Lookup {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ByKey(var another) && digest.equals(another);
    }

    @Override
    public int hashCode() {
      return digest.hashCode();
    }
  }

  /**
   * A client of an issuer.
   *
   * @param trust as {@code CompiledIssuer} names it: {@code iss} alone is what anybody may claim
   */
  record ByClient(String trust, String client) implements Lookup {}

  /**
   * A subject of an issuer's tokens.
   *
   * @param trust as {@code CompiledIssuer} names it
   */
  record BySubject(String trust, String subject) implements Lookup {}

  /** A Kubernetes service account of the cluster. */
  record ByServiceAccount(String namespace, String name) implements Lookup {}

  /** One certificate. */
  record ByCertificate(KeyDigest digest) implements Lookup {}

  /** Certificates with a SPIFFE ID, compared byte by byte. */
  record BySpiffeId(SpiffeId id) implements Lookup {}

  /** Certificates with a DNS name, in lower case, among their subject alternative names. */
  record ByDnsName(String name) implements Lookup {}

  /** Certificates with a subject. */
  record ByDistinguishedName(DistinguishedName subject) implements Lookup {}

  /**
   * What a certificate is recognised by, the most specific first; those of one list say equally
   * much.
   */
  static List<List<Lookup>> of(CertificateHolder holder) {
    ClientCertificate certificate = holder.certificate();
    return List.of(
        List.of(new ByCertificate(certificate.digest())),
        holder.spiffeId().<List<Lookup>>map(id -> List.of(new BySpiffeId(id))).orElse(List.of()),
        certificate.dnsNames().stream().<Lookup>map(ByDnsName::new).toList(),
        certificate
            .subject()
            .<List<Lookup>>map(subject -> List.of(new ByDistinguishedName(subject)))
            .orElse(List.of()));
  }
}
