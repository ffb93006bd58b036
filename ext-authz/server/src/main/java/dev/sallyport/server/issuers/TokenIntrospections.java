package dev.sallyport.server.issuers;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Introspection;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.TokenIntrospector;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.server.JoinedCalls;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Asks issuers about their tokens (RFC 7662), and remembers what they said.
 *
 * <p>That a token is active is remembered for as long as its issuer's settings let it, and no
 * longer than it lives; that it is not, for some seconds at most, and apart, so that a flood of
 * rubbish pushes out no good one. Nothing else is remembered: an endpoint that fails has said
 * nothing about a token. What is remembered goes when the settings of its issuer change.
 *
 * <p>Calls for one token are joined, and a call whose decision gave up may still end and be of use
 * to the next. Calls under way and decisions that wait are bounded, each issuer's apart, and an
 * endpoint that fails is left alone for a while: beyond that nothing is known of a token, and that
 * is never a refusal. What is remembered is answered all the while.
 *
 * <p>Safe for use by many threads; {@link #watch} by one at a time.
 */
public final class TokenIntrospections implements TokenIntrospector, AutoCloseable {
  private static final Duration MOST_INACTIVE = Duration.ofSeconds(10);
  private static final int MOST_INACTIVE_REMEMBERED = 10_000;

  /** In bytes that answers take: more than 10,000 of a usual size. */
  private static final long CACHE_WEIGHT = 32L << 20;

  /** What a remembered answer takes beyond its members. */
  private static final int ENTRY_WEIGHT = 512;

  /** Longer than any decision waits: the answer is remembered for the next one. */
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(3);

  private static final Introspected BUSY = new Introspected.Unknown("there was no time to ask");

  private final IssuerClients clients;
  private final InstantSource clock;
  private final Ticker ticker;
  private final RandomGenerator random;
  private final CallListener listener;
  private final Duration timeout;

  /** Replaced whole, by {@link #watch} alone. */
  private final AtomicReference<Map<ObjectKey, IntrospectionEndpoint>> endpoints =
      new AtomicReference<>(Map.of());

  private final Cache<Question, Remembered> active;
  private final Cache<Question, Duration> inactive;
  private final JoinedCalls<Question, Introspected> calls =
      new JoinedCalls<>(this::remembered, BUSY);
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();

  /** What an endpoint is asked; a token only by its digest. */
  private record Question(IntrospectionEndpoint endpoint, KeyDigest token) {}

  /** A good answer, and how long it is remembered. */
  private record Remembered(Introspected.Active answer, Duration lifetime) {
    int weight() {
      return (int) Math.min(ENTRY_WEIGHT + answer.answer().bytes(), Integer.MAX_VALUE);
    }
  }

  /** Knows no issuer yet. */
  public TokenIntrospections(IssuerClients clients, InstantSource clock, CallListener listener) {
    this(
        clients,
        clock,
        Ticker.systemTicker(),
        RandomGenerator.getDefault(),
        listener,
        CALL_TIMEOUT);
  }

  TokenIntrospections(
      IssuerClients clients,
      InstantSource clock,
      Ticker ticker,
      RandomGenerator random,
      CallListener listener,
      Duration timeout) {
    this.clients = clients;
    this.clock = clock;
    this.ticker = ticker;
    this.random = random;
    this.listener = listener;
    this.timeout = timeout;
    // Ages are counted by a clock that nobody sets back.
    this.active =
        Caffeine.newBuilder()
            .maximumWeight(CACHE_WEIGHT)
            .<Question, Remembered>weigher((_, kept) -> kept.weight())
            .expireAfter(Expiry.<Question, Remembered>creating((_, kept) -> kept.lifetime()))
            .ticker(ticker)
            .executor(Runnable::run)
            .build();
    this.inactive =
        Caffeine.newBuilder()
            .maximumSize(MOST_INACTIVE_REMEMBERED)
            .expireAfter(Expiry.<Question, Duration>creating((_, lifetime) -> lifetime))
            .ticker(ticker)
            .executor(Runnable::run)
            .build();
  }

  /**
   * Says which issuers there are. What is remembered of others, or by other settings, is forgotten.
   * Returns at once.
   *
   * @param issuers all that are in force; those that are not asked about tokens are passed over
   */
  public void watch(Collection<CompiledIssuer> issuers) {
    Map<ObjectKey, IntrospectionEndpoint> before = endpoints.get();
    Map<ObjectKey, IntrospectionEndpoint> after = new HashMap<>();
    for (CompiledIssuer issuer : issuers) {
      if (issuer.authority() instanceof Introspection by) {
        after.put(issuer.key(), endpoint(before.get(issuer.key()), issuer, by));
      }
    }
    endpoints.set(Map.copyOf(after));
    Set<IntrospectionEndpoint> gone = new HashSet<>(before.values());
    gone.removeAll(after.values());
    if (!gone.isEmpty()) {
      gone.forEach(IntrospectionEndpoint::close);
      active.asMap().keySet().removeIf(question -> gone.contains(question.endpoint()));
      inactive.asMap().keySet().removeIf(question -> gone.contains(question.endpoint()));
    }
  }

  private IntrospectionEndpoint endpoint(
      @Nullable IntrospectionEndpoint known, CompiledIssuer issuer, Introspection by) {
    if (known != null && known.serves(issuer, by)) {
      known.adopt(issuer);
      return known;
    }
    return new IntrospectionEndpoint(
        issuer, by, clients.client(issuer.tlsAnchors()), listener, random, ticker::read, timeout);
  }

  /**
   * Why issuers could not be asked the last time, for people; those that could are not among them.
   * The reasons hold nothing of a token or an answer.
   */
  public Map<ObjectKey, String> failures() {
    Map<ObjectKey, String> failures = new HashMap<>();
    endpoints
        .get()
        .forEach((key, endpoint) -> endpoint.failure().ifPresent(why -> failures.put(key, why)));
    return Map.copyOf(failures);
  }

  /** How often an answer was remembered; for metrics. */
  public long cacheHits() {
    return hits.sum();
  }

  /** How often an issuer was asked; for metrics. */
  public long cacheMisses() {
    return misses.sum();
  }

  /** About how many active tokens are remembered; for metrics. */
  public long cacheSize() {
    return active.estimatedSize();
  }

  @Override
  public Answer introspect(
      CompiledIssuer issuer, Introspection by, String token, Patience patience) {
    IntrospectionEndpoint endpoint = endpoints.get().get(issuer.key());
    // Other settings are those of an older or a newer snapshot than the one that is watched.
    if (endpoint == null || !endpoint.serves(issuer, by)) {
      return new Answer.Unavailable();
    }
    Question question = new Question(endpoint, KeyDigest.of(token));
    Introspected remembered = remembered(question);
    if (remembered != null) {
      hits.increment();
      return answer(remembered);
    }
    return switch (patience) {
      case Patience.None() ->
          // Where nobody would be asked, there is no need for a thread to say so.
          endpoint.isPausing() || endpoint.waiting().availablePermits() == 0
              ? new Answer.Unavailable()
              : new Answer.WouldWait();
      case Patience.Until until -> answer(ask(question, token, until));
    };
  }

  private @Nullable Introspected remembered(Question question) {
    Remembered kept = active.getIfPresent(question);
    if (kept != null) {
      return kept.answer();
    }
    return inactive.getIfPresent(question) == null ? null : new Introspected.Inactive();
  }

  private static Answer answer(Introspected said) {
    return switch (said) {
      case Introspected.Active(var active) -> active;
      case Introspected.Inactive() -> new Answer.Inactive();
      case Introspected.Objected _, Introspected.Unknown _ -> new Answer.Unavailable();
    };
  }

  private Introspected ask(Question question, String token, Patience.Until until) {
    IntrospectionEndpoint endpoint = question.endpoint();
    Supplier<Duration> left = () -> until.left(clock.instant());
    return calls.ask(
        question,
        endpoint.waiting(),
        left,
        () -> {
          misses.increment();
          return endpoint
              .ask(token, left.get())
              .thenApply(said -> {
                remember(question, said);
                return said;
              });
        });
  }

  private void remember(Question question, Introspected said) {
    Duration cacheFor = question.endpoint().cacheFor();
    switch (said) {
      case Introspected.Active answer -> {
        Duration lifetime = answer.lifetime(clock.instant(), cacheFor);
        if (lifetime.isPositive()) {
          active.put(question, new Remembered(answer, lifetime));
        }
      }
      case Introspected.Inactive() -> {
        if (cacheFor.isPositive()) {
          inactive.put(question, cacheFor.compareTo(MOST_INACTIVE) < 0 ? cacheFor : MOST_INACTIVE);
        }
      }
      case Introspected.Objected _, Introspected.Unknown _ -> {}
    }
  }

  /** Ends calls under way. What is remembered is still answered. */
  @Override
  public void close() {
    endpoints.get().values().forEach(IntrospectionEndpoint::close);
  }
}
