package dev.sallyport.server.quota;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.sallyport.engine.quota.Limit;
import dev.sallyport.engine.quota.QuotaStore;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Counts in this process alone: a {@link Bucket} for each limit and subject, dropped some time
 * after it must be full again. Safe for any number of threads; none waits for another's request.
 *
 * <p>The number of buckets is bounded, because callers may choose what they are counted by, such as
 * their address. Past the bound the least used goes, and whoever it counted begins afresh; {@link
 * #evicted} says how often that happened.
 */
public final class LocalQuotaStore implements QuotaStore {
  private static final int SWEPT_FOR_ONE = 2;

  private final Cache<Key, Bucket> buckets;
  private final Ticker clock;
  // Elapsed time is counted from here, so that it never wraps, whatever the clock's own origin.
  private final long origin;
  private final LongAdder evicted = new LongAdder();
  private final ReentrantLock sweeping = new ReentrantLock();

  @GuardedBy("sweeping")
  private Iterator<Map.Entry<Key, Bucket>> swept = Collections.emptyIterator();

  private record Key(String limit, String subject) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key(String otherLimit, String otherSubject)
          && limit.equals(otherLimit)
          && subject.equals(otherSubject);
    }

    @Override
    public int hashCode() {
      return 31 * limit.hashCode() + subject.hashCode();
    }
  }

  /**
   * A store without counts.
   *
   * @param clock nanoseconds of elapsed time, from any origin; not the time of day, which is set
   *     and set back
   */
  public LocalQuotaStore(long maximumBuckets, Ticker clock) {
    this.clock = clock;
    this.origin = clock.read();
    this.buckets =
        Caffeine.newBuilder()
            .maximumSize(maximumBuckets)
            .evictionListener(
                (@Nullable Key _, @Nullable Bucket _, RemovalCause cause) -> count(cause))
            // Callers tidy up a little each: no thread of its own, and tests see what happens.
            .executor(Runnable::run)
            .build();
  }

  @Override
  public List<Taken> take(List<Charge> charges) {
    long now = clock.read() - origin;
    return charges.size() == 1 ? List.of(takeOne(charges.getFirst(), now)) : takeAll(charges, now);
  }

  private Taken takeOne(Charge charge, long now) {
    Bucket bucket = bucket(charge, now);
    return bucket.take(now) ? bucket.left(now) : bucket.exceeded(now);
  }

  private List<Taken> takeAll(List<Charge> charges, long now) {
    Bucket[] found = new Bucket[charges.size()];
    boolean[] taken = new boolean[found.length];
    boolean denied = false;
    for (int i = 0; i < found.length; i++) {
      Charge charge = charges.get(i);
      found[i] = bucket(charge, now);
      taken[i] = found[i].take(now);
      denied |= !taken[i] && !charge.limit().shadow();
    }
    Taken[] results = new Taken[found.length];
    for (int i = 0; i < found.length; i++) {
      if (taken[i] && denied) {
        found[i].giveBack();
      }
      results[i] = taken[i] ? found[i].left(now) : found[i].exceeded(now);
    }
    return Arrays.asList(results);
  }

  private Bucket bucket(Charge charge, long now) {
    Limit limit = charge.limit();
    Key key = new Key(limit.id(), charge.subject());
    Bucket bucket = buckets.getIfPresent(key);
    if (bucket != null && bucket.serves(limit, now)) {
      return bucket;
    }
    if (bucket == null) {
      sweep(now);
    }
    return buckets.asMap().compute(key, (_, old) -> current(old, limit, now));
  }

  private static Bucket current(@Nullable Bucket old, Limit limit, long now) {
    if (old == null) {
      return Bucket.full(limit, now);
    }
    return old.serves(limit, now) ? old : old.renewed(limit, now);
  }

  private void count(RemovalCause cause) {
    if (cause == RemovalCause.SIZE) {
      evicted.increment();
    }
  }

  /** Buckets held now, about; some of them nobody uses any more. */
  public long size() {
    return buckets.estimatedSize();
  }

  /** Buckets that were given up for want of room, since the start. */
  public long evicted() {
    return evicted.sum();
  }

  /**
   * Looks at a few buckets, other ones at every call, and drops those that must be full. It is
   * called for each new bucket, so that there are never many more than are in use, and no call
   * takes long.
   */
  private void sweep(long now) {
    if (!sweeping.tryLock()) {
      return;
    }
    try {
      for (int i = 0; i < SWEPT_FOR_ONE; i++) {
        if (!swept.hasNext()) {
          swept = buckets.asMap().entrySet().iterator();
          return;
        }
        Map.Entry<Key, Bucket> entry = swept.next();
        if (entry.getValue().isIdle(now)) {
          buckets.asMap().remove(entry.getKey(), entry.getValue());
        }
      }
    } finally {
      sweeping.unlock();
    }
  }
}
