package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.authenticate.CertificateReader.Certified;
import dev.sallyport.engine.authenticate.Challenged.Fault;
import dev.sallyport.engine.authenticate.Subject.TokenSubject;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.receive.Request;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Judges whether a token was presented by whom it is bound to: by the certificate of the connection
 * (RFC 8705), or by a proof (RFC 9449). Safe for use by many threads.
 */
public record Possession(ReplayStore replays, NonceSource nonces) {
  /** What came of it. */
  public sealed interface Result {
    /**
     * It may be used.
     *
     * @param nonce one to give for the next proof; empty where the caller has a good one or needs
     *     none
     */
    record Shown(SenderConstraint constraint, Optional<String> nonce) implements Result {}

    /**
     * It was presented by somebody else, or nobody can say.
     *
     * @param why for the policy's author; never a token or a claim's value
     */
    record Refused(Fault fault, String why) implements Result {}

    /** A proof is to be made with this nonce. */
    record NeedsNonce(String nonce) implements Result {}

    /** Whether the proof was used before can't be said. */
    record Unavailable() implements Result {}

    /** Not to be said without costly work. */
    record WouldWait() implements Result {}
  }

  /**
   * Judges a verified token.
   *
   * @param token as it was presented
   * @param certificate of the connection, read only where it is asked for
   * @param rules null where the policy takes no proofs
   */
  public Result judge(
      TokenSubject subject,
      String token,
      Scheme scheme,
      Request request,
      Supplier<Certified> certificate,
      @Nullable ProofRules rules,
      Patience patience) {
    return subject.confirmation().isBound() || scheme == Scheme.DPOP
        ? new Result.Refused(Fault.INVALID_TOKEN, "the token came without a proof")
        : new Result.Shown(SenderConstraint.NONE, Optional.empty());
  }
}
