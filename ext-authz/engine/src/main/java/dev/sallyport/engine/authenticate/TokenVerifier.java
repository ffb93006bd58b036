package dev.sallyport.engine.authenticate;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Verifies JSON Web Tokens (RFC 7519) as RFC 8725 asks, and tokens of any form that their issuer is
 * asked about (RFC 7662). Safe for use by many threads.
 *
 * <p>A signature costs up to milliseconds, so one that was good is remembered, by the digest of the
 * whole token. Only the signature is: times and audience are judged each time, with the time that
 * the caller gives, and the entry counts for nothing once the issuer's rules changed or the key
 * left its set. Entries go some minutes after their token has expired, by the times of decisions:
 * so one that its client goes on presenting stays cheap, and expired ones, however often they were
 * used, take no room from live ones. How much room there is counts in bytes, whatever issuers put
 * into their tokens.
 *
 * <p>Without patience, what needs no signature is still answered: a token that breaks a rule or
 * whose key is unknown. That keeps a flood of rubbish from costing more than its reading.
 */
public final class TokenVerifier {
  /** More than 10,000 tokens of a usual size. */
  private static final long CACHE_BYTES = 64L << 20;

  /** How long an entry outlives its token. */
  private static final Duration AFTERLIFE = Duration.ofMinutes(5);

  private static final String NO_KEY =
      "the issuer's key set has no key for the token's `kid` and `alg`";

  private final KeySource keys;
  private final TokenIntrospector introspector;

  /** The latest time of a decision, in nanoseconds since the epoch. */
  private final AtomicLong latest = new AtomicLong();

  private final Cache<Presented, Proven> proven;

  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();

  /**
   * A verifier.
   *
   * @param keys where remote key sets come from
   * @param introspector who asks issuers about their tokens
   */
  public TokenVerifier(KeySource keys, TokenIntrospector introspector) {
    this(keys, introspector, CACHE_BYTES);
  }

  TokenVerifier(KeySource keys, TokenIntrospector introspector, long cacheBytes) {
    this.keys = keys;
    this.introspector = introspector;
    this.proven =
        Caffeine.newBuilder()
            .maximumWeight(cacheBytes)
            .<Presented, Proven>weigher((_, entry) -> entry.bytes())
            .ticker(latest::get)
            .expireAfter(Expiry.<Presented, Proven>creating((_, entry) -> entry.lifetime()))
            // The engine starts no thread.
            .executor(Runnable::run)
            .build();
  }

  /** How often a signature was good because it had been before; for metrics. */
  public long cacheHits() {
    return hits.sum();
  }

  /** How often a signature had to be checked; for metrics. */
  public long cacheMisses() {
    return misses.sum();
  }

  /** About how many tokens are remembered; for metrics. */
  public long cacheSize() {
    return proven.estimatedSize();
  }

  /** About how many bytes they take; for metrics. */
  public long cacheBytes() {
    return proven.policy().eviction().orElseThrow().weightedSize().orElseThrow();
  }

  /** A token as it was presented for an issuer. */
  private record Presented(ObjectKey issuer, KeyDigest token) {}

  /**
   * An assertion that its issuer signed.
   *
   * @param lifetime how long it is of use
   */
  private record Proven(Assertion assertion, VerificationKey by, Duration lifetime) {
    int bytes() {
      return (int) Math.min(assertion.bytes(), Integer.MAX_VALUE);
    }
  }

  /** An assertion whose signature is to be checked yet. */
  private record Candidate(
      Presented presented,
      CompiledIssuer.Keys authority,
      SignedToken signed,
      Assertion assertion) {}

  /** The keys of an issuer, as far as they can be had. */
  private sealed interface Keys {
    record Known(KeySet set) implements Keys {}

    record Missing(Verification answer) implements Keys {}
  }

  /**
   * Verifies a token.
   *
   * @param token as it was presented, without a scheme
   * @param methodAudiences the audiences of the authentication method; the issuer's where it is
   *     empty
   * @param now the time of the decision
   * @param patience whether this may block for keys or the issuer, and spend time on a signature
   */
  public Verification verify(
      String token,
      CompiledIssuer issuer,
      List<String> methodAudiences,
      Instant now,
      Patience patience) {
    Collection<String> audiences = methodAudiences.isEmpty() ? issuer.audiences() : methodAudiences;
    if (token.length() > SignedToken.MAX_CHARS) {
      return new Verification.Untrusted(SignedToken.TOO_LONG);
    }
    return switch (issuer.authority()) {
      case CompiledIssuer.Introspection by ->
          introspect(token, issuer, by, audiences, now, patience);
      case CompiledIssuer.Keys keys -> verify(token, issuer, keys, audiences, now, patience);
    };
  }

  /** Asks the issuer, whatever the token looks like. */
  private Verification introspect(
      String token,
      CompiledIssuer issuer,
      CompiledIssuer.Introspection by,
      Collection<String> audiences,
      Instant now,
      Patience patience) {
    if (token.isEmpty() || !token.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
      return new Verification.Untrusted("the token is empty or not visible ASCII");
    }
    if (isOfAnother(token, issuer)) {
      // Not shown to an issuer that could use it elsewhere.
      return new Verification.Untrusted("the token's `iss` is not the issuer's: it was not asked");
    }
    return switch (introspector.introspect(issuer, by, token, patience)) {
      case TokenIntrospector.Answer.Active active ->
          switch (Assertion.read(active, issuer)) {
            case Assertion.Reading.Refused(var why) -> new Verification.Untrusted(why);
            case Assertion.Reading.Read(var assertion) -> assertion.judge(audiences, now);
          };
      case TokenIntrospector.Answer.Inactive() ->
          new Verification.Untrusted(
              "the issuer says that the token is not active: expired, revoked, or none of its own");
      case TokenIntrospector.Answer.Unavailable() -> new Verification.Unavailable();
      case TokenIntrospector.Answer.WouldWait() -> new Verification.WouldWait();
    };
  }

  /** Whether a token can be read and names another issuer. */
  private static boolean isOfAnother(String token, CompiledIssuer issuer) {
    return SignedToken.read(token) instanceof SignedToken.Reading.Read(var signed)
        && signed
            .claims()
            .map(Claims::of)
            .filter(claims -> claims.has("iss") && !claims.says("iss", issuer.issuer()))
            .isPresent();
  }

  private Verification verify(
      String token,
      CompiledIssuer issuer,
      CompiledIssuer.Keys authority,
      Collection<String> audiences,
      Instant now,
      Patience patience) {
    advance(now);
    Presented presented = new Presented(issuer.key(), KeyDigest.of(token));
    Proven known = proven.getIfPresent(presented);
    if (known != null && known.assertion().issuer().equals(issuer)) {
      switch (keys(issuer, authority, known.by().id(), patience)) {
        case Keys.Missing(var answer) -> {
          return answer;
        }
        case Keys.Known(var set) when set.holds(known.by()) -> {
          hits.increment();
          return known.assertion().judge(audiences, now);
        }
        case Keys.Known _ -> {}
      }
    }
    if (known != null) {
      proven.invalidate(presented);
    }
    return switch (SignedToken.read(token)) {
      case SignedToken.Reading.Malformed(var why) -> new Verification.Untrusted(why);
      case SignedToken.Reading.Read(var signed) ->
          switch (Assertion.read(signed, issuer)) {
            case Assertion.Reading.Refused(var why) -> new Verification.Untrusted(why);
            case Assertion.Reading.Read(var assertion) ->
                verify(
                    new Candidate(presented, authority, signed, assertion),
                    assertion.judge(audiences, now),
                    now,
                    patience);
          };
    };
  }

  /**
   * Goes on with what only its signature can disprove.
   *
   * @param worth what the token is worth if its signature is good
   */
  private Verification verify(
      Candidate candidate, Verification worth, Instant now, Patience patience) {
    if (worth instanceof Verification.Untrusted) {
      return worth;
    }
    CompiledIssuer issuer = candidate.assertion().issuer();
    boolean svid = issuer.profile() == CompiledIssuer.Profile.JWT_SVID;
    return switch (keys(issuer, candidate.authority(), candidate.signed().keyId(), patience)) {
      case Keys.Missing(var answer) -> answer;
      case Keys.Known(var set) ->
          set.find(candidate.signed(), svid)
              .map(key -> checkSignature(candidate, key, worth, now, patience))
              .orElseGet(() -> new Verification.Untrusted(NO_KEY));
    };
  }

  private Verification checkSignature(
      Candidate candidate,
      VerificationKey key,
      Verification worth,
      Instant now,
      Patience patience) {
    if (patience instanceof Patience.None) {
      return new Verification.WouldWait();
    }
    misses.increment();
    if (!key.verifies(candidate.signed())) {
      return new Verification.Untrusted("the token's signature is not good");
    }
    Duration left = Duration.between(now, candidate.assertion().endsAt());
    proven.put(
        candidate.presented(),
        new Proven(
            candidate.assertion(),
            key,
            (left.isNegative() ? Duration.ZERO : left).plus(AFTERLIFE)));
    return worth;
  }

  /** Lets the cache's time pass, in whole seconds and never back. */
  private void advance(Instant now) {
    long time = TimeUnit.SECONDS.toNanos(now.getEpochSecond());
    if (time > latest.get()) {
      latest.accumulateAndGet(time, Math::max);
    }
  }

  private Keys keys(
      CompiledIssuer issuer,
      CompiledIssuer.Keys authority,
      Optional<String> keyId,
      Patience patience) {
    return switch (authority) {
      case CompiledIssuer.Keys.Inline(var set) -> new Keys.Known(set);
      case CompiledIssuer.Keys.Remote _, CompiledIssuer.Keys.Discovered _ ->
          switch (keys.keys(issuer, keyId.orElse(""), patience)) {
            case KeySource.Answer.Held(var set) -> new Keys.Known(set);
            case KeySource.Answer.WouldWait() -> new Keys.Missing(new Verification.WouldWait());
            case KeySource.Answer.Unavailable() -> new Keys.Missing(new Verification.Unavailable());
          };
    };
  }
}
