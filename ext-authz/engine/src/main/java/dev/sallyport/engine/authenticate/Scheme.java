package dev.sallyport.engine.authenticate;

/** How a token was presented. */
public enum Scheme {
  /** {@code Authorization: Bearer} (RFC 6750 section 2.1). */
  BEARER,
  /** {@code Authorization: DPoP} (RFC 9449 section 7.1). */
  DPOP,
  /** In a place of the policy's own. */
  OWN
}
