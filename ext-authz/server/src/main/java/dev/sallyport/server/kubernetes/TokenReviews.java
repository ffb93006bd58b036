package dev.sallyport.server.kubernetes;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.ServiceAccountToken;
import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.server.JoinedCalls;
import dev.sallyport.server.kubernetes.ReviewCall.Failure;
import dev.sallyport.server.kubernetes.ReviewCall.Reply;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the API server about service-account tokens, and remembers what it said.
 *
 * <p>A good answer is remembered for a minute, or until its token is over, and a refusal for a few
 * seconds, apart, so that a flood of rubbish pushes out no good one. Nothing else is remembered:
 * what the API server could not tell is asked again. Whatever is remembered, a service account that
 * was deleted is refused from the moment on at which that was seen: {@link ServiceAccounts} is
 * asked each time.
 *
 * <p>Calls have threads of their own, since several decisions may wait for one: those for one token
 * are joined, and a call whose decision gave up may still end and be of use to the next. Calls
 * under way and decisions that wait are bounded. Beyond the bounds nothing is known of a token, and
 * that is never a refusal.
 *
 * <p>Safe for use by many threads.
 */
public final class TokenReviews implements TokenReviewer, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TokenReviews.class);

  private static final Duration REMEMBERED = Duration.ofMinutes(1);
  private static final Duration REFUSAL_REMEMBERED = Duration.ofSeconds(3);
  private static final int MOST_REMEMBERED = 100_000;
  private static final int MOST_REFUSALS_REMEMBERED = 10_000;

  /** Longer than any decision waits: the answer is remembered for the next one. */
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(3);

  /** An API server takes 200 writing calls at once, from everybody. */
  private static final int MOST_CALLS = 32;

  /** More would let a flood of tokens hold every decision that may be in flight. */
  private static final int MOST_WAITING = 512;

  /** Without a failure for so long an outage is over. */
  private static final Duration CALM = Duration.ofSeconds(10);

  private static final Reply BUSY = new Reply.Failed(Failure.TIMEOUT, "there was no time to ask");

  private final ReviewCall api;
  private final ServiceAccounts accounts;
  private final Set<String> namespaces;
  private final InstantSource clock;
  private final Ticker ticker;
  private final ReviewListener listener;

  private final Cache<Question, Known> good;
  private final Cache<Question, Reply.Refused> refused;
  private final JoinedCalls<Question, Reply> joined = new JoinedCalls<>(this::remembered, BUSY);
  private final Semaphore calls = new Semaphore(MOST_CALLS, true);
  private final Semaphore waiting = new Semaphore(MOST_WAITING);
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("token-review").factory());

  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();

  private final Outage outage = new Outage();

  /** What the API server is asked; a token only by its digest. */
  private record Question(KeyDigest token, List<String> audiences) {}

  /** Whose token it is, and how long that is remembered. */
  private record Known(Subject.ServiceAccount account, Duration remembered) {}

  /**
   * Asks the API server of a cluster.
   *
   * @param accounts what is seen of service accounts
   * @param namespaces those that are watched; all of them where it is empty
   */
  public static TokenReviews of(
      Cluster cluster,
      ServiceAccounts accounts,
      Collection<String> namespaces,
      InstantSource clock,
      ReviewListener listener) {
    ClusterReviewCall api = new ClusterReviewCall(() -> cluster.impatientClient(CALL_TIMEOUT));
    return new TokenReviews(api, accounts, namespaces, clock, Ticker.systemTicker(), listener);
  }

  TokenReviews(
      ReviewCall api,
      ServiceAccounts accounts,
      Collection<String> namespaces,
      InstantSource clock,
      Ticker ticker,
      ReviewListener listener) {
    this.api = api;
    this.accounts = accounts;
    this.namespaces = Set.copyOf(namespaces);
    this.clock = clock;
    this.ticker = ticker;
    this.listener = listener;
    // Ages are counted by a clock that nobody sets back.
    this.good =
        Caffeine.newBuilder()
            .maximumSize(MOST_REMEMBERED)
            .expireAfter(Expiry.<Question, Known>creating((_, known) -> known.remembered()))
            .ticker(ticker)
            .executor(Runnable::run)
            .build();
    this.refused =
        Caffeine.newBuilder()
            .maximumSize(MOST_REFUSALS_REMEMBERED)
            .expireAfterWrite(REFUSAL_REMEMBERED)
            .ticker(ticker)
            .executor(Runnable::run)
            .build();
  }

  /** How often an answer was remembered; for metrics. */
  public long cacheHits() {
    return hits.sum();
  }

  /** How often the API server was asked; for metrics. */
  public long cacheMisses() {
    return misses.sum();
  }

  /** About how many good tokens are remembered; for metrics. */
  public long cacheSize() {
    return good.estimatedSize();
  }

  @Override
  public Answer review(ServiceAccountToken token, List<String> audiences, Patience patience) {
    if (!namespaces.isEmpty() && !namespaces.contains(token.namespace())) {
      return new Answer.Refused(
          "the service account is of a namespace that is not in `policies.kubernetes.namespaces`");
    }
    Question question = new Question(KeyDigest.of(token.text()), audiences);
    Reply remembered = remembered(question);
    if (remembered != null) {
      hits.increment();
      return answer(remembered, patience);
    }
    return switch (patience) {
      case Patience.None() ->
          // Where nobody else may wait, there is no need for a thread to say so.
          waiting.availablePermits() == 0 ? new Answer.Unavailable() : new Answer.WouldWait();
      case Patience.Until until -> answer(ask(question, token, until), patience);
    };
  }

  private @Nullable Reply remembered(Question question) {
    Known known = good.getIfPresent(question);
    return known == null
        ? refused.getIfPresent(question)
        : new Reply.Authenticated(known.account());
  }

  private Answer answer(Reply reply, Patience patience) {
    return switch (reply) {
      case Reply.Authenticated(var account) -> standing(account, patience);
      case Reply.Refused(var why) -> new Answer.Refused(why);
      case Reply.Failed _ -> new Answer.Unavailable();
    };
  }

  private Answer standing(Subject.ServiceAccount account, Patience patience) {
    ServiceAccounts.Standing standing =
        accounts.standing(account.namespace(), account.name(), account.uid());
    if (standing == ServiceAccounts.Standing.Unknown
        && patience instanceof Patience.Until until
        && waiting.tryAcquire()) {
      try {
        standing =
            accounts.standing(
                account.namespace(), account.name(), account.uid(), until.left(clock.instant()));
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      } finally {
        waiting.release();
      }
    }
    return switch (standing) {
      case Alive -> new Answer.Authenticated(account);
      case Deleted -> new Answer.Refused("the service account was deleted");
      case Unknown ->
          patience instanceof Patience.None ? new Answer.WouldWait() : new Answer.Unavailable();
    };
  }

  private Reply ask(Question question, ServiceAccountToken token, Patience.Until until) {
    Duration patience = until.left(clock.instant());
    return joined.ask(
        question,
        waiting,
        () -> patience,
        () -> CompletableFuture.supplyAsync(() -> call(question, token, patience), threads));
  }

  private Reply call(Question question, ServiceAccountToken token, Duration patience) {
    try {
      if (!calls.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        return BUSY;
      }
    } catch (InterruptedException _) {
      return BUSY;
    }
    try {
      return remember(question, token, call(token, question.audiences()));
    } catch (RuntimeException e) {
      // Whoever waits must hear something, and the next may ask again.
      LOG.error("a token review failed: {}", e.getClass().getName());
      return BUSY;
    } finally {
      calls.release();
    }
  }

  private Reply call(ServiceAccountToken token, List<String> audiences) {
    misses.increment();
    long begin = System.nanoTime();
    Reply reply = api.create(token.text(), audiences);
    Duration took = Duration.ofNanos(System.nanoTime() - begin);
    switch (reply) {
      case Reply.Failed(var failure, var message) -> {
        listener.answered(took, failure.outcome());
        outage.failed(failure, message);
      }
      case Reply.Authenticated _, Reply.Refused _ -> {
        listener.answered(took, "success");
        outage.answered();
      }
    }
    return reply;
  }

  private Reply remember(Question question, ServiceAccountToken token, Reply reply) {
    switch (reply) {
      case Reply.Authenticated(var account) -> {
        Duration left = Duration.between(clock.instant(), token.expiresAt());
        Duration remembered = left.compareTo(REMEMBERED) < 0 ? left : REMEMBERED;
        if (remembered.isPositive()) {
          good.put(question, new Known(account, remembered));
        }
      }
      case Reply.Refused no -> refused.put(question, no);
      case Reply.Failed _ -> {}
    }
    return reply;
  }

  /** What was said of an outage, so that it is said once. */
  private final class Outage {
    private final Set<Failure> said = EnumSet.noneOf(Failure.class);
    private long failedNanos;

    synchronized void failed(Failure failure, String message) {
      failedNanos = ticker.read();
      if (said.add(failure)) {
        LOG.warn(
            "service-account tokens can't be reviewed, and requests with them get 503: of the API"
                + " server: {}",
            message);
      }
    }

    synchronized void answered() {
      if (!said.isEmpty() && ticker.read() - failedNanos >= CALM.toNanos()) {
        said.clear();
        LOG.info("service-account tokens are reviewed again");
      }
    }
  }

  /** Ends calls under way. What is remembered is still answered. */
  @Override
  public void close() {
    threads.shutdownNow();
    api.close();
  }
}
