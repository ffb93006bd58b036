package dev.sallyport.engine;

import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.NonceSource;
import dev.sallyport.engine.authenticate.ReplayStore;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** What is remembered of the proofs of one case. */
final class CaseProofs implements ReplayStore, NonceSource {
  /** The nonce that is given. */
  static final String CURRENT = "nonce-of-now";

  /** One that was given, and is good still. */
  static final String AGEING = "nonce-of-before";

  private final boolean full;
  private final Map<KeyDigest, String> used = new HashMap<>();

  CaseProofs(boolean full) {
    this.full = full;
  }

  @Override
  public ReplayStore.Answer use(
      KeyDigest key, KeyDigest proof, String decision, Instant now, Instant until) {
    if (full) {
      return ReplayStore.Answer.UNAVAILABLE;
    }
    String by = used.putIfAbsent(proof, decision);
    return by == null || by.equals(decision)
        ? ReplayStore.Answer.FIRST
        : ReplayStore.Answer.REPLAYED;
  }

  @Override
  public String current(Instant now) {
    return CURRENT;
  }

  @Override
  public Standing judge(String nonce, Instant now) {
    return switch (nonce) {
      case CURRENT -> Standing.CURRENT;
      case AGEING -> Standing.AGEING;
      default -> Standing.UNKNOWN;
    };
  }
}
