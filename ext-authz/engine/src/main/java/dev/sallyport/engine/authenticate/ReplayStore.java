package dev.sallyport.engine.authenticate;

import java.time.Instant;

/**
 * The port to the memory of proofs that were used (RFC 9449 section 11.1). Whoever implements it
 * forgets none before its time: it is full rather than forgetful.
 */
public interface ReplayStore {
  /**
   * Notes the use of a proof. Atomic: of two that ask at once, one is first. Throws nothing and
   * never blocks.
   *
   * @param key the digest of the key that made it: proofs of one key should not take all the room
   * @param proof the digest of the key that made it and its {@code jti}
   * @param decision the id of the decision: one that is run again uses its proof once
   * @param now the time of the decision
   * @param until when it may be forgotten
   */
  Answer use(KeyDigest key, KeyDigest proof, String decision, Instant now, Instant until);

  /** What came of it. */
  enum Answer {
    /** Nobody used it before. */
    FIRST,
    /** Another decision did. */
    REPLAYED,
    /** Nobody can tell: there is no room to remember it. */
    UNAVAILABLE
  }

  /** Remembers nothing, so takes no proof. */
  ReplayStore NONE = (_, _, _, _, _) -> Answer.UNAVAILABLE;
}
