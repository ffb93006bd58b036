package dev.sallyport.engine.authenticate;

import java.time.Instant;

/**
 * The port to nonces for proofs (RFC 9449 section 9): who makes a proof with one made it after it
 * was given.
 */
public interface NonceSource {
  /**
   * One to give: visible ASCII without quote and backslash. Never blocks.
   *
   * @param now the time of the decision
   */
  String current(Instant now);

  /** Whether one was given not long ago. Compares in constant time. */
  Standing judge(String nonce, Instant now);

  /** Gave none, so knows none. */
  NonceSource NONE =
      new NonceSource() {
        @Override
        public String current(Instant now) {
          return "none";
        }

        @Override
        public Standing judge(String nonce, Instant now) {
          return Standing.UNKNOWN;
        }
      };

  /** What a nonce is worth. */
  enum Standing {
    /** Given, and the newest. */
    CURRENT,
    /** Given and good still; a newer one is to be had. */
    AGEING,
    /** Not given, or too long ago. */
    UNKNOWN
  }
}
