package dev.sallyport.engine.identity;

import dev.sallyport.engine.authenticate.KeyDigest;

/** What a credential is recognised by: equal values, equal credentials. */
public sealed interface Lookup {
  /** The digest of an API key. */
  record ByKey(KeyDigest digest) implements Lookup {}

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
  record BySpiffeId(String id) implements Lookup {}

  /** Certificates with a DNS name, in lower case, among their subject alternative names. */
  record ByDnsName(String name) implements Lookup {}

  /** Certificates with a subject, as {@code ClientCertificate} writes it. */
  record ByDistinguishedName(String subject) implements Lookup {}
}
