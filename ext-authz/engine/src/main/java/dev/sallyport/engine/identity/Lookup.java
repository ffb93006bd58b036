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
}
