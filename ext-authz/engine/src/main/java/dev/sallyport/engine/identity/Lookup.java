package dev.sallyport.engine.identity;

import dev.sallyport.engine.authenticate.KeyDigest;

/** What a credential is recognised by: equal values, equal credentials. */
public sealed interface Lookup {
  /** The digest of an API key. */
  record ByKey(KeyDigest digest) implements Lookup {}

  /**
   * A client of an issuer.
   *
   * @param issuer the exact {@code iss}
   */
  record ByClient(String issuer, String client) implements Lookup {}

  /**
   * A subject of an issuer's tokens.
   *
   * @param issuer the exact {@code iss}
   */
  record BySubject(String issuer, String subject) implements Lookup {}
}
