package dev.sallyport.server.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.RateLimitSpec.Dimension;
import dev.sallyport.engine.quota.Limit;
import dev.sallyport.engine.quota.QuotaStore.Charge;
import dev.sallyport.engine.quota.QuotaStore.Taken;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

class LocalQuotaStoreTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MONTH = Duration.ofDays(31);

  private long nanos = 1;
  private final LocalQuotaStore store = new LocalQuotaStore(1_000, () -> nanos);

  /** Where rounding cannot show: short windows, few requests. */
  @Property(tries = 500)
  void answersAsAnExactTokenBucket(
      @ForAll("plainLimits") Limit limit, @ForAll("pauses") List<Pause> pauses) {
    TokenBucket reference = new TokenBucket(limit);
    LocalQuotaStore tested = new LocalQuotaStore(1_000, () -> nanos);
    for (Pause pause : pauses) {
      nanos += pause.nanos(limit);
      assertThat(tested.take(List.of(new Charge(limit, "a"))))
          .containsExactly(reference.take(nanos));
    }
  }

  /** Whatever the limit: rounding gives away less than one request in a hundred million. */
  @Property
  void neverAllowsMoreThanTheBurstAndTheRefill(
      @ForAll("limits") Limit limit, @ForAll("pauses") List<Pause> pauses) {
    LocalQuotaStore tested = new LocalQuotaStore(1_000, () -> nanos);
    long start = nanos;
    long allowed = 0;
    for (Pause pause : pauses) {
      nanos += pause.nanos(limit);
      allowed += tested.take(List.of(new Charge(limit, "a"))).getFirst().exceeded() ? 0 : 1;
      double refilled = (double) (nanos - start) * limit.requests() / limit.window().toNanos();
      assertThat((double) allowed).isLessThanOrEqualTo(limit.burst() + refilled * (1 + 1e-8));
    }
  }

  @Property
  void whoComesBackWhenToldFindsOneRequest(@ForAll("limits") Limit limit) {
    LocalQuotaStore tested = new LocalQuotaStore(1_000, () -> nanos);
    Limit small = limit(limit.requests(), limit.window(), Math.min(limit.burst(), 100));
    Charge charge = new Charge(small, "a");
    for (long i = 0; i < small.burst(); i++) {
      assertThat(tested.take(List.of(charge)).getFirst().exceeded()).isFalse();
    }
    Taken exceeded = tested.take(List.of(charge)).getFirst();
    assertThat(exceeded.exceeded()).isTrue();
    nanos += exceeded.retryAfter().toNanos() - 1;
    assertThat(tested.take(List.of(charge)).getFirst().exceeded()).isTrue();
    nanos += 1;
    assertThat(tested.take(List.of(charge)).getFirst().exceeded()).isFalse();
  }

  @Example
  void subjectsAndLimitsAreCountedApart() {
    Limit one = limit("one", 1, SECOND, 1, false);
    Limit other = limit("other", 1, SECOND, 1, false);
    assertThat(exceeded(new Charge(one, "a"))).isFalse();
    assertThat(exceeded(new Charge(one, "b"))).isFalse();
    assertThat(exceeded(new Charge(other, "a"))).isFalse();
    assertThat(exceeded(new Charge(one, "a"))).isTrue();
  }

  @Example
  void anEmptyBucketGivesBackWhatWasTakenFromTheOthers() {
    Charge wide = new Charge(limit("wide", 10, SECOND, 10, false), "a");
    Charge narrow = new Charge(limit("narrow", 1, SECOND, 1, false), "a");
    assertThat(store.take(List.of(wide, narrow)))
        .extracting(Taken::remaining)
        .containsExactly(9L, 0L);
    for (int i = 0; i < 3; i++) {
      List<Taken> denied = store.take(List.of(wide, narrow));
      assertThat(denied).extracting(Taken::exceeded).containsExactly(false, true);
      assertThat(denied).extracting(Taken::remaining).containsExactly(9L, 0L);
    }
    assertThat(store.take(List.of(narrow, wide)))
        .extracting(Taken::remaining)
        .containsExactly(0L, 9L);
  }

  @Example
  void anEmptyShadowBucketTakesNothingBack() {
    Charge wide = new Charge(limit("wide", 10, SECOND, 10, false), "a");
    Charge shadow = new Charge(limit("shadow", 1, SECOND, 1, true), "a");
    assertThat(store.take(List.of(shadow, wide))).extracting(Taken::exceeded).containsOnly(false);
    List<Taken> second = store.take(List.of(shadow, wide));
    assertThat(second).extracting(Taken::exceeded).containsExactly(true, false);
    assertThat(second).extracting(Taken::remaining).containsExactly(0L, 8L);
  }

  @Example
  void aDenialGivesShadowBucketsTheirsBackToo() {
    Charge shadow = new Charge(limit("shadow", 5, SECOND, 5, true), "a");
    Charge narrow = new Charge(limit("narrow", 1, SECOND, 1, false), "a");
    store.take(List.of(shadow, narrow));
    assertThat(store.take(List.of(shadow, narrow)))
        .extracting(Taken::remaining)
        .containsExactly(4L, 0L);
  }

  @Example
  void aClockThatGoesBackCostsNobodyMoreThanOneRefill() {
    Charge charge = new Charge(limit(10, SECOND, 10), "a");
    for (int i = 0; i < 10; i++) {
      assertThat(exceeded(charge)).isFalse();
    }
    nanos -= Duration.ofDays(365).toNanos();
    Taken denied = store.take(List.of(charge)).getFirst();
    assertThat(denied.exceeded()).isTrue();
    assertThat(denied.retryAfter()).isEqualTo(Duration.ofMillis(100));
    nanos += Duration.ofMillis(100).toNanos();
    assertThat(exceeded(charge)).isFalse();
  }

  @Example
  void theClocksOwnOriginAndOverflowDoNotMatter() {
    for (Limit limit : List.of(limit(2, SECOND, 2), limit(1, MONTH, 1_000_000_000))) {
      nanos = Long.MAX_VALUE - 1_000;
      LocalQuotaStore tested = new LocalQuotaStore(10, () -> nanos);
      Charge charge = new Charge(limit, "a");
      tested.take(List.of(charge));
      nanos += 2_000;
      Taken taken = tested.take(List.of(charge)).getFirst();
      assertThat(taken.exceeded()).isFalse();
      assertThat(taken.remaining()).isEqualTo(limit.burst() - 2);
    }
  }

  @Example
  void aBucketFillsWhileNobodyLooks() {
    Charge charge = new Charge(limit(1_000_000, SECOND, 3), "a");
    for (int years = 1; years <= 100; years *= 10) {
      for (int i = 0; i < 3; i++) {
        assertThat(exceeded(charge)).isFalse();
      }
      assertThat(exceeded(charge)).isTrue();
      nanos += Duration.ofDays(366).multipliedBy(years).toNanos();
    }
  }

  @Example
  void theLongestWindowIsKept() {
    Charge charge = new Charge(limit(1, MONTH, 1), "a");
    assertThat(exceeded(charge)).isFalse();
    nanos += MONTH.toNanos() - 1;
    assertThat(store.take(List.of(charge)))
        .containsExactly(new Taken(true, 0, Duration.ofNanos(1), Duration.ofNanos(1)));
    nanos += 1;
    assertThat(exceeded(charge)).isFalse();
  }

  @Example
  void theLargestBurstIsCounted() {
    Charge charge = new Charge(limit(1, MONTH, 1_000_000_000), "a");
    assertThat(store.take(List.of(charge)).getFirst().remaining()).isEqualTo(999_999_999);
    assertThat(store.take(List.of(charge)).getFirst().remaining()).isEqualTo(999_999_998);
  }

  @Example
  void theFastestRateIsKept() {
    Charge charge = new Charge(limit(999_999, SECOND, 1), "a");
    long allowed = 0;
    for (long start = nanos; nanos < start + 10_000_000; nanos += 100) {
      allowed += exceeded(charge) ? 0 : 1;
    }
    // One request in 1000.001 ns, asked for every 100 ns.
    assertThat(allowed).isBetween(9_000L, 10_000L);
  }

  @Example
  void anEditedLimitStartsFromWhatWasUsed() {
    Limit before = limit("edited", 100, SECOND, 100, false);
    Limit after = limit("edited", 10, SECOND, 10, false);
    for (int i = 0; i < 4; i++) {
      exceeded(new Charge(before, "a"));
    }
    assertThat(store.take(List.of(new Charge(after, "a"))).getFirst().remaining()).isEqualTo(5);
  }

  @Example
  void nobodyWaitsOutTheWindowOfALimitThatWasWidened() {
    Limit before = limit("edited", 1, MONTH, 1, false);
    Limit after = limit("edited", 10, SECOND, 1, false);
    exceeded(new Charge(before, "a"));
    Taken denied = store.take(List.of(new Charge(after, "a"))).getFirst();
    assertThat(denied.exceeded()).isTrue();
    assertThat(denied.retryAfter()).isEqualTo(Duration.ofMillis(100));
  }

  @Example
  void enforcementIsNoEditOfTheCount() {
    exceeded(new Charge(limit("edited", 1, SECOND, 1, true), "a"));
    assertThat(exceeded(new Charge(limit("edited", 1, SECOND, 1, false), "a"))).isTrue();
  }

  @Example
  void whatMustBeFullAgainMakesRoomForOthers() {
    for (int minute = 0; minute < 20; minute++) {
      for (int i = 0; i < 400; i++) {
        exceeded(new Charge(limit(1, SECOND, 1), minute + " subject " + i));
      }
      nanos += Duration.ofMinutes(1).toNanos();
    }
    assertThat(store.size()).isLessThan(800);
    assertThat(store.evicted()).isZero();
  }

  @Example
  void theNumberOfBucketsIsBoundedAndWhatItCostsIsCounted() {
    Limit limit = limit(1, MONTH, 1);
    for (int i = 0; i < 10_000; i++) {
      exceeded(new Charge(limit, "subject " + i));
    }
    assertThat(store.size()).isLessThanOrEqualTo(1_000);
    assertThat(store.evicted()).isEqualTo(10_000 - store.size());
  }

  @Example
  void threadsTogetherTakeNoMoreThanTheBurst() throws Exception {
    List<Charge> charges =
        List.of(
            new Charge(limit("wide", 1_000_000, SECOND, 1_000_000, false), "a"),
            new Charge(limit("narrow", 1_000, SECOND, 1_000, false), "a"),
            new Charge(limit("shadow", 10, SECOND, 10, true), "a"));
    int threads = 8;
    CountDownLatch start = new CountDownLatch(threads);
    List<Future<Integer>> counts = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        counts.add(executor.submit(() -> takeAtOnce(start, charges, 2_000)));
      }
    }
    int allowed = 0;
    for (Future<Integer> count : counts) {
      allowed += count.get();
    }
    assertThat(allowed).isEqualTo(1_000);
    // The takes that were refused left no trace in the wide bucket.
    assertThat(store.take(charges).getFirst().remaining()).isEqualTo(1_000_000 - 1_000);
  }

  private int takeAtOnce(CountDownLatch start, List<Charge> charges, int times) throws Exception {
    start.countDown();
    start.await();
    int allowed = 0;
    for (int i = 0; i < times; i++) {
      List<Taken> taken = store.take(charges);
      allowed += taken.get(0).exceeded() || taken.get(1).exceeded() ? 0 : 1;
    }
    return allowed;
  }

  private boolean exceeded(Charge charge) {
    return store.take(List.of(charge)).getFirst().exceeded();
  }

  private static Limit limit(long requests, Duration window, long burst) {
    return limit("limit", requests, window, burst, false);
  }

  private static Limit limit(
      String name, long requests, Duration window, long burst, boolean shadow) {
    return new Limit(
        "test/" + name, name, Set.of(Dimension.IDENTITY), requests, window, burst, shadow);
  }

  /** The obvious bucket: a level, refilled by what time passed, in exact fractions of a request. */
  private static final class TokenBucket {
    private final BigInteger requests;
    private final BigInteger request;
    private final BigInteger full;
    private BigInteger level;
    private long atNanos;

    /** One request is as many parts as its window has nanoseconds: the refill is whole parts. */
    TokenBucket(Limit limit) {
      this.requests = BigInteger.valueOf(limit.requests());
      this.request = BigInteger.valueOf(limit.window().toNanos());
      this.full = request.multiply(BigInteger.valueOf(limit.burst()));
      this.level = full;
    }

    Taken take(long nowNanos) {
      BigInteger refill = requests.multiply(BigInteger.valueOf(nowNanos - atNanos));
      level = full.min(level.add(refill));
      atNanos = nowNanos;
      boolean exceeded = level.compareTo(request) < 0;
      Duration retryAfter = exceeded ? untilLevel(request) : Duration.ZERO;
      level = exceeded ? level : level.subtract(request);
      return new Taken(
          exceeded, level.divide(request).longValueExact(), retryAfter, untilLevel(full));
    }

    private Duration untilLevel(BigInteger wanted) {
      BigInteger[] whole = wanted.subtract(level).divideAndRemainder(requests);
      return Duration.ofNanos(whole[0].longValueExact() + whole[1].signum());
    }
  }

  /** Time between two requests, as so many intervals or windows of the limit and a little. */
  private record Pause(int intervals, int windows, long little) {
    long nanos(Limit limit) {
      long window = limit.window().toNanos();
      return Math.max(0, window * intervals / limit.requests() + window * windows + little);
    }
  }

  @Provide
  Arbitrary<List<Pause>> pauses() {
    Arbitrary<Integer> intervals =
        Arbitraries.frequencyOf(
            Tuple.of(5, Arbitraries.just(0)),
            Tuple.of(3, Arbitraries.just(1)),
            Tuple.of(1, Arbitraries.integers().between(2, 20)));
    Arbitrary<Integer> windows =
        Arbitraries.frequency(Tuple.of(30, 0), Tuple.of(1, 1), Tuple.of(1, 3));
    Arbitrary<Long> little = Arbitraries.of(0L, 0L, 1L, -1L, 999L, 1_000_000L);
    return Combinators.combine(intervals, windows, little)
        .as(Pause::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(200);
  }

  @Provide
  Arbitrary<Limit> plainLimits() {
    return Combinators.combine(
            Arbitraries.longs().between(1, 1_000),
            Arbitraries.longs().between(1_000, Duration.ofHours(1).toMillis()),
            Arbitraries.longs().between(1, 50))
        .as((requests, millis, burst) -> limit(requests, Duration.ofMillis(millis), burst));
  }

  @Provide
  Arbitrary<Limit> limits() {
    return Combinators.combine(
            Arbitraries.longs().between(1, 1_000_000_000),
            Arbitraries.longs().between(1_000, MONTH.toMillis()),
            Arbitraries.longs().between(1, 1_000_000_000))
        .as((requests, millis, burst) -> limit(requests, Duration.ofMillis(millis), burst))
        .filter(limit -> limit.requests() <= limit.window().toMillis() * 1_000);
  }
}
