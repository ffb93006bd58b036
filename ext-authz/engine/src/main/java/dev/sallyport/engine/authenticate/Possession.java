package dev.sallyport.engine.authenticate;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sallyport.engine.authenticate.CertificateReader.Certified;
import dev.sallyport.engine.authenticate.Challenged.Fault;
import dev.sallyport.engine.authenticate.Subject.TokenSubject;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.receive.Request;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Judges whether a token was presented by whom it is bound to: by the certificate of the connection
 * (RFC 8705), or by a proof (RFC 9449). Safe for use by many threads.
 *
 * <p>All that needs no signature is judged first and at once, so a proof that is no good costs
 * little. What proofs can't be used twice is noted last, so that none is used up by a request that
 * is refused for another reason of theirs.
 */
public final class Possession {
  /** Keys of callers whose verifiers are kept: making one costs as much as a signature. */
  private static final long MOST_KEYS = 2_000;

  /**
   * How long past its end a proof is remembered. Decisions have their times from when they were
   * received, so one that took long may come to the store after another with a later time.
   */
  private static final Duration LATENESS = Duration.ofSeconds(10);

  private final ReplayStore replays;
  private final NonceSource nonces;

  private final Cache<String, VerificationKey.Reading> keys =
      Caffeine.newBuilder()
          .maximumSize(MOST_KEYS)
          // The engine starts no thread.
          .executor(Runnable::run)
          .build();

  /**
   * A judge.
   *
   * @param replays the proofs that were used
   * @param nonces those that were given
   */
  public Possession(ReplayStore replays, NonceSource nonces) {
    this.replays = replays;
    this.nonces = nonces;
  }

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
   * Judges a verified token. The time is that of the request.
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
    Confirmation bound = subject.confirmation();
    Optional<String> objection =
        bound.certificate().flatMap(digest -> objection(digest, certificate.get()));
    if (objection.isPresent()) {
      return new Result.Refused(Fault.INVALID_TOKEN, objection.get());
    }
    if (bound.key().isEmpty()) {
      // RFC 9449 section 7.1: what the caller sends as `DPoP` makes no binding.
      if (scheme == Scheme.DPOP) {
        return new Result.Refused(
            Fault.INVALID_TOKEN, "the token came as `DPoP` and is bound to no key (`cnf.jkt`)");
      }
      return new Result.Shown(
          bound.certificate().isPresent() ? SenderConstraint.CERTIFICATE : SenderConstraint.NONE,
          Optional.empty());
    }
    if (rules == null) {
      return new Result.Refused(
          Fault.INVALID_TOKEN,
          "the token is bound to a key (`cnf.jkt`) and the policy takes no proofs: configure"
              + " `authentication.dpop`");
    }
    if (scheme != Scheme.DPOP) {
      // RFC 9449 section 7.2: a bound token without its proof is a stolen one.
      return new Result.Refused(
          Fault.INVALID_TOKEN,
          "the token is bound to a key (`cnf.jkt`) and did not come as `Authorization: DPoP`");
    }
    return switch (Proof.read(request.headers().values("dpop"))) {
      case Proof.Reading.Malformed(var why) -> badProof(why);
      case Proof.Reading.Read(var proof) ->
          proof
              .objection(request, token, rules)
              .map(Possession::badProof)
              .orElseGet(() -> judge(proof, bound.key().get(), request, rules, patience));
    };
  }

  private static Result badProof(String why) {
    return new Result.Refused(Fault.INVALID_DPOP_PROOF, why);
  }

  /** Why a certificate is not the one that a token is bound to (RFC 8705 section 3). */
  private static Optional<String> objection(String digest, Certified certified) {
    return switch (certified) {
      case Certified.Valid(var certificate) ->
          certificate.digest().base64Url().equals(digest)
              ? Optional.empty()
              : Optional.of("the token is bound to another certificate (`cnf.x5t#S256`)");
      case Certified.Absent() ->
          Optional.of(
              "the token is bound to a certificate (`cnf.x5t#S256`) and none was presented");
      case Certified.Expired() ->
          Optional.of("the certificate that the token is bound to has expired");
      case Certified.Unusable(var why) ->
          Optional.of("the token is bound to a certificate (`cnf.x5t#S256`): " + why);
    };
  }

  /** Goes on with a proof that fits the request: is it by the token's key, fresh, and new? */
  private Result judge(
      Proof proof, String key, Request request, ProofRules rules, Patience patience) {
    if (!proof.thumbprint().equals(key)) {
      // RFC 9449 section 7.1: it is the token that is in the wrong hands.
      return new Result.Refused(
          Fault.INVALID_TOKEN, "the token is bound to another key than the proof's (`cnf.jkt`)");
    }
    Instant now = request.inbound().at();
    // INVARIANT: where no nonce is asked for none was given, so whatever a proof holds is another
    // server's (RFC 9449 section 4.3, item 10).
    NonceSource.Standing standing =
        rules.nonceRequired()
            ? proof
                .nonce()
                .map(nonce -> nonces.judge(nonce, now))
                .orElse(NonceSource.Standing.UNKNOWN)
            : NonceSource.Standing.CURRENT;
    if (standing == NonceSource.Standing.UNKNOWN) {
      return new Result.NeedsNonce(nonces.current(now));
    }
    if (patience instanceof Patience.None) {
      return new Result.WouldWait();
    }
    Optional<String> objection = objectionToSignature(proof);
    if (objection.isPresent()) {
      return badProof(objection.get());
    }
    Instant until = proof.issuedAt().plus(rules.maxAge()).plus(LATENESS);
    return switch (replays.use(
        KeyDigest.of(key), proof.digest(), request.inbound().id(), now, until)) {
      case FIRST ->
          new Result.Shown(
              SenderConstraint.PROOF,
              standing == NonceSource.Standing.AGEING
                  ? Optional.of(nonces.current(now))
                  : Optional.empty());
      case REPLAYED -> badProof("the proof was used before (`jti`)");
      case UNAVAILABLE -> new Result.Unavailable();
    };
  }

  /** Costs up to milliseconds. */
  private Optional<String> objectionToSignature(Proof proof) {
    VerificationKey.Reading reading =
        keys.get(proof.thumbprint(), _ -> VerificationKey.read(proof.key()));
    return switch (reading) {
      case VerificationKey.Reading.Unusable(var why) -> Optional.of("the proof's key " + why);
      case VerificationKey.Reading.Usable(var key) ->
          key.verifies(proof.algorithm(), proof.signedBytes(), proof.signature())
              ? Optional.empty()
              : Optional.of("the proof's signature is not good");
    };
  }
}
