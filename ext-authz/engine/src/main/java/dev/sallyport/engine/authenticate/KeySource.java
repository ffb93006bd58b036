package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.decision.Patience;

/** The port to remote key sets (RFC 7517): whoever implements it fetches and keeps them. */
public interface KeySource {
  /**
   * The keys of an issuer, from what is held.
   *
   * <p>With {@link Patience.None} it returns at once. With a deadline it may block until a first
   * key set, or a fetch that an unknown key id set off, has arrived.
   *
   * @param issuer whose authority is {@link CompiledIssuer.Keys.Remote} or {@link
   *     CompiledIssuer.Keys.Discovered}
   * @param keyId the key that is looked for; a set without it may be fetched again, rate-limited
   */
  Answer keys(CompiledIssuer issuer, String keyId, Patience patience);

  /** What a source has to say. */
  sealed interface Answer {
    /** The newest set that is held; it may lack the key, and then the key is unknown. */
    record Held(KeySet keys) implements Answer {}

    /** It would have to wait for the network, and may not. */
    record WouldWait() implements Answer {}

    /** No usable set is held, and none arrived in time. */
    record Unavailable() implements Answer {}
  }

  /** Knows no remote key set: for offline answers and for issuers with inline keys only. */
  KeySource NONE = (_, _, _) -> new Answer.Unavailable();
}
