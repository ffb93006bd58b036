package dev.sallyport.engine.authenticate;

import org.jspecify.annotations.Nullable;

/**
 * What a challenge says of a credential that was refused.
 *
 * @param scheme as it was presented
 * @param nonce for the next proof (RFC 9449 section 9); null but with {@link Fault#USE_DPOP_NONCE}
 */
public record Challenged(Scheme scheme, Fault fault, @Nullable String nonce) {
  /** A credential that is no good. */
  public static final Challenged TOKEN = new Challenged(Scheme.BEARER, Fault.INVALID_TOKEN, null);

  /** What is wrong. */
  public enum Fault {
    /** The token (RFC 6750 section 3.1). */
    INVALID_TOKEN("invalid_token"),
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
