package dev.sallyport.engine.authenticate;

import org.jspecify.annotations.Nullable;

/**
 * What a challenge says of a credential that was refused.
 *
 * @param scheme as it was presented
 * @param nonce for the next proof (RFC 9449 section 9); null but with {@link Fault#USE_DPOP_NONCE}
 */
public record Challenged(Scheme scheme, Fault fault, @Nullable String nonce) {
  /** A token that is no good. */
  public static Challenged token(Scheme scheme) {
    return new Challenged(scheme, Fault.INVALID_TOKEN, null);
  }

  /** More than one token, or one in more than one place (RFC 6750 section 2). */
  public static final Challenged REPEATED =
      new Challenged(Scheme.BEARER, Fault.INVALID_REQUEST, null);

  /** What is wrong. */
  public enum Fault {
    /** The request itself (RFC 6750 section 3.1). */
    INVALID_REQUEST("invalid_request"),
    /** The token (RFC 6750 section 3.1). */
    INVALID_TOKEN("invalid_token"),
    /** Its scopes (RFC 6750 section 3.1). */
    INSUFFICIENT_SCOPE("insufficient_scope"),
    /** The proof (RFC 9449 section 7.1). */
    INVALID_DPOP_PROOF("invalid_dpop_proof"),
    /** Nothing but that the proof lacks a nonce (RFC 9449 section 9). */
    USE_DPOP_NONCE("use_dpop_nonce");

    private final String code;

    Fault(String code) {
      this.code = code;
    }

    /** As a challenge has it. */
    public String code() {
      return code;
    }
  }
}
