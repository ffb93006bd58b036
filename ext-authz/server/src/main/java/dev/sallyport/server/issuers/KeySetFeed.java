package dev.sallyport.server.issuers;

import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.KeySet;
import dev.sallyport.engine.authenticate.KeySource.Answer;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key set of one issuer, kept fresh.
 *
 * <p>A fetch is due some time before the set gets old, and sooner and sooner again when one failed;
 * whoever asks for a key that is not in it may bring one forward. One fetch runs at a time, and
 * only its end changes the state, so the state has one writer. Nobody who asks holds a lock, and
 * nobody waits who did not say that he may.
 */
final class KeySetFeed {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteKeySets.class);

  private static final Duration DEFAULT_AGE = Duration.ofMinutes(5);
  private static final Duration MIN_AGE = Duration.ofMinutes(1);

  /** A key that the issuer withdraws is believed no longer than this. */
  private static final Duration MAX_AGE = Duration.ofHours(1);

  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofMinutes(1);

  /** How often an unknown key may bring a fetch forward. */
  private static final Duration UNKNOWN_KEY_INTERVAL = Duration.ofSeconds(30);

  /** More would let a flood of unknown keys hold every decision that may be in flight. */
  private static final int MAX_WAITING = 64;

  private final ObjectKey issuer;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final KeySetFetch source;
  private final Turns inTime;
  private final Turns onDemand;

  private volatile Duration staleFor;
  private volatile boolean dropped;

  private final AtomicReference<State> state = new AtomicReference<>(State.INITIAL);
  private final AtomicReference<@Nullable CompletableFuture<Void>> running =
      new AtomicReference<>();
  private final AtomicReference<Instant> unknownKeyFetch = new AtomicReference<>(Instant.MIN);
  private final Semaphore waiting = new Semaphore(MAX_WAITING);

  /**
   * A set that is not yet there.
   *
   * @param staleFor how long after its age it is good while it can't be fetched again
   * @param source closed with this
   * @param inTime for fetches that nobody waits for
   * @param onDemand for those that somebody asked for
   */
  KeySetFeed(
      ObjectKey issuer,
      Duration staleFor,
      InstantSource clock,
      RandomGenerator random,
      KeySetFetch source,
      Turns inTime,
      Turns onDemand) {
    this.issuer = issuer;
    this.staleFor = staleFor;
    this.clock = clock;
    this.random = random;
    this.source = source;
    this.inTime = inTime;
    this.onDemand = onDemand;
  }

  /**
   * What the last fetch left.
   *
   * @param set the newest set that arrived
   * @param since when this state began
   * @param due when the next fetch is
   * @param failures fetches that failed since one succeeded
   * @param failure why the last of them did
   */
  private record State(
      Optional<Aged> set, Instant since, Instant due, int failures, Optional<String> failure) {
    static final State INITIAL =
        new State(Optional.empty(), Instant.MIN, Instant.MIN, 0, Optional.empty());

    /** Also when the clock went back behind the last fetch: then nobody knows how old it is. */
    boolean isDue(Instant now) {
      return !now.isBefore(due) || now.isBefore(since);
    }
  }

  /**
   * A set and its age.
   *
   * @param problems of keys that were left out
   * @param since when it came, or was last said to be the newest
   * @param oldAt when nobody but this program says so any more
   */
  private record Aged(KeySet keys, List<String> problems, Instant since, Instant oldAt) {}

  /** Whether it is the set of an issuer, as that is now. */
  boolean serves(CompiledIssuer other) {
    return source.serves(other);
  }

  /**
   * Goes on for the newest form of an issuer that it serves.
   *
   * @param duration as in the constructor
   */
  void adopt(CompiledIssuer served, Duration duration) {
    staleFor = duration;
    source.adopt(served);
  }

  /** Fetches no more; what is under way ends unheard. What is held is still answered. */
  void drop() {
    dropped = true;
    source.close();
  }

  /** How it stands now, for people. */
  KeySetState state() {
    State now = state.get();
    Optional<Aged> good = now.set().filter(set -> clock.instant().isBefore(goodUntil(set)));
    return new KeySetState(
        good.map(set -> set.keys().size()).orElse(0),
        good.map(Aged::problems).orElse(List.of()),
        good.map(Aged::since),
        good.map(this::goodUntil),
        now.failure());
  }

  private Instant goodUntil(Aged set) {
    return set.oldAt().plus(staleFor);
  }

  /** Begins a fetch if one is due; the future ends with it. */
  CompletableFuture<Void> refreshIfDue() {
    return state.get().isDue(clock.instant())
        ? fetch(true, inTime)
        : CompletableFuture.completedFuture(null);
  }

  /** Answers as {@link dev.sallyport.engine.authenticate.KeySource} says. */
  Answer keys(String keyId, Patience patience) {
    Instant now = clock.instant();
    Answer answer = held(now);
    Optional<CompletableFuture<Void>> arrival =
        switch (answer) {
          case Answer.Held(var keys) when keyId.isEmpty() || keys.contains(keyId) ->
              Optional.empty();
          case Answer.Held _ -> fetchForUnknownKey(now);
          case Answer.Unavailable() -> fetchUnlessItJustFailed(now);
          case Answer.WouldWait() -> Optional.empty();
        };
    if (arrival.isEmpty()) {
      return answer;
    }
    return switch (patience) {
      case Patience.None() -> new Answer.WouldWait();
      case Patience.Until until when await(arrival.get(), until.left(now)) -> held(clock.instant());
      case Patience.Until _ -> new Answer.Unavailable();
    };
  }

  private Answer held(Instant now) {
    return state
        .get()
        .set()
        .filter(set -> now.isBefore(goodUntil(set)))
        .<Answer>map(set -> new Answer.Held(set.keys()))
        .orElseGet(Answer.Unavailable::new);
  }

  private Optional<CompletableFuture<Void>> fetchForUnknownKey(Instant now) {
    CompletableFuture<Void> underWay = running.get();
    if (underWay != null) {
      return Optional.of(underWay);
    }
    Instant last = unknownKeyFetch.get();
    boolean tooSoon = !now.isBefore(last) && now.isBefore(last.plus(UNKNOWN_KEY_INTERVAL));
    return tooSoon || !unknownKeyFetch.compareAndSet(last, now)
        ? Optional.empty()
        : Optional.of(fetch(false, onDemand));
  }

  private Optional<CompletableFuture<Void>> fetchUnlessItJustFailed(Instant now) {
    CompletableFuture<Void> underWay = running.get();
    if (underWay != null) {
      return Optional.of(underWay);
    }
    return state.get().isDue(now) ? Optional.of(fetch(true, onDemand)) : Optional.empty();
  }

  private boolean await(CompletableFuture<Void> arrival, Duration patience) {
    if (!waiting.tryAcquire()) {
      return false;
    }
    try {
      arrival.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException | ExecutionException _) {
      return false;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      waiting.release();
    }
  }

  /**
   * Begins a fetch, or joins the one that is under way.
   *
   * @param anew whether it is asked first where the keys are
   */
  private CompletableFuture<Void> fetch(boolean anew, Turns turns) {
    CompletableFuture<Void> mine = new CompletableFuture<>();
    CompletableFuture<Void> other = running.compareAndExchange(null, mine);
    if (other != null) {
      return other;
    }
    CompletableFuture<Download> _ =
        turns
            .run(() -> source.fetch(anew))
            .whenComplete((download, failure) -> {
              try {
                arrive(failure == null ? download : new Download.Failed("it broke off"));
              } catch (RuntimeException e) {
                LOG.error("{}: its key set could not be kept", issuer, e);
              } finally {
                // INVARIANT: whatever happens, the next fetch can begin and nobody waits on.
                running.set(null);
                mine.complete(null);
              }
            });
    return mine;
  }

  private void arrive(Download download) {
    State before = state.get();
    switch (download) {
      case Download.Arrived arrived -> {
        keep(arrived.keys(), arrived.problems(), arrived.maxAge());
        logArrival(before, arrived);
      }
      case Download.Unchanged(var maxAge) when before.set().isPresent() -> {
        keep(before.set().get().keys(), before.set().get().problems(), maxAge);
        logRecovery(before);
      }
      case Download.Unchanged _ -> fail(before, "it sent no key set");
      case Download.Failed(var why) -> fail(before, why);
    }
  }

  private void keep(KeySet keys, List<String> problems, Optional<Duration> maxAge) {
    Instant now = clock.instant();
    Duration age = bounded(maxAge.orElse(DEFAULT_AGE));
    Aged set = new Aged(keys, problems, now, now.plus(age));
    Instant due = now.plus(share(age, 0.7, 0.9));
    state.set(new State(Optional.of(set), now, due, 0, Optional.empty()));
  }

  private void fail(State before, String why) {
    Instant now = clock.instant();
    int failures = before.failures() + 1;
    Instant due = now.plus(share(retry(failures), 0.5, 1));
    state.set(new State(before.set(), now, due, failures, Optional.of(why)));
    logFailure(before, why);
  }

  private static Duration bounded(Duration age) {
    Duration atLeast = age.compareTo(MIN_AGE) < 0 ? MIN_AGE : age;
    return atLeast.compareTo(MAX_AGE) > 0 ? MAX_AGE : atLeast;
  }

  private static Duration retry(int failures) {
    Duration doubled = FIRST_RETRY.multipliedBy(1L << Math.min(failures - 1, 10));
    return doubled.compareTo(LAST_RETRY) > 0 ? LAST_RETRY : doubled;
  }

  /** A random part of a duration, so that issuers and replicas do not all ask at once. */
  private Duration share(Duration whole, double least, double most) {
    return Duration.ofMillis((long) (whole.toMillis() * random.nextDouble(least, most)));
  }

  private void logRecovery(State before) {
    if (before.failures() > 0 && !dropped) {
      LOG.info("{}: its key set is there again", issuer);
    }
  }

  private void logArrival(State before, Download.Arrived arrived) {
    logRecovery(before);
    boolean isNews =
        before
            .set()
            .filter(set ->
                set.keys().size() == arrived.keys().size()
                    && set.problems().equals(arrived.problems()))
            .isEmpty();
    if (!isNews || dropped) {
      return;
    }
    if (!arrived.problems().isEmpty()) {
      LOG.warn("{}: its key set has keys that can't be used: {}", issuer, arrived.problems());
    }
    if (arrived.keys().size() == 0) {
      LOG.warn("{}: its key set has no key to verify with: no token of it is believed", issuer);
    }
  }

  /** Once for each reason: what is tried every minute must not fill the log through an outage. */
  private void logFailure(State before, String why) {
    if (dropped || before.failure().filter(why::equals).isPresent()) {
      return;
    }
    LOG.warn(
        "{}: its key set could not be fetched: {}; {}",
        issuer,
        why,
        before
            .set()
            .map(set -> "the last one is used until " + goodUntil(set))
            .orElse("there is none to use"));
  }
}
