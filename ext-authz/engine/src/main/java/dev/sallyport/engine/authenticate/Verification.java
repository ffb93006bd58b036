package dev.sallyport.engine.authenticate;

/** What came of verifying a token. */
public sealed interface Verification {
  /** The issuer said it, for this audience, and it holds now. */
  record Verified(Subject.TokenSubject subject) implements Verification {}

  /** The issuer said it, and it does not hold any more. */
  record Expired() implements Verification {}

  /**
   * It is not to be believed.
   *
   * @param why for the policy's author; never a token or a claim's value
   */
  record Untrusted(String why) implements Verification {}

  /**
   * The issuer's keys, or its word on the token, are not at hand and could not be had in time:
   * nothing is known of the token.
   */
  record Unavailable() implements Verification {}

  /** Not to be said without waiting or without costly work. */
  record WouldWait() implements Verification {}
}
