package dev.sallyport.server.quota;

import dev.sallyport.engine.quota.Limit;
import dev.sallyport.engine.quota.QuotaStore;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One token bucket, kept as the time at which it will be full again: the generic cell rate
 * algorithm in its form of virtual scheduling (ITU-T I.371, annex A).
 *
 * <p>A bucket holds {@code burst} tokens and one comes back every <em>interval</em> (the window by
 * the requests). To take a token is to move the time at which the bucket is full by one interval;
 * there is a token as long as that time is at most {@code burst - 1} intervals ahead. So one long
 * says it all, no thread refills anything, and a compare-and-set takes a token.
 *
 * <p><b>Units.</b> An interval is seldom a whole number of nanoseconds. Times are therefore counted
 * in units of {@code 2^-scale} nanoseconds, as fine as the limit allows: up to {@code 2^-20}, and
 * coarser than a nanosecond where a month's window and a burst of a thousand million would
 * overflow. An interval has at least {@code 2^29} units for every limit that {@link Limit} admits,
 * so a rate is off by less than two in a thousand million. What is rounded is rounded in the
 * caller's favour, by less than a nanosecond in a whole burst of a thousand.
 *
 * <p><b>Wrapping.</b> The clock in units wraps; only differences are read, and they mean something
 * while they are shorter than {@code 2^63} units. A full burst is at most {@code 2^60}. INVARIANT:
 * what {@link #serves} refuses is replaced, never taken from. So neither a bucket that nobody
 * touched for longer than it needs to fill nor one from before the clock went back is ever compared
 * to now.
 *
 * <p>A thread may still take from a bucket that another one is replacing; such a take is not
 * counted.
 */
final class Bucket extends AtomicLong {
  private static final long serialVersionUID = 1;
  private static final int FINEST = 20;
  private static final int CAPACITY_BITS = 60;
  private static final long MAX_NANOS = Long.MAX_VALUE / 2;

  /** Less is no clock that went back but a thread that read it before another one took a token. */
  private static final long LATE_NANOS = 1_000_000_000;

  private final int scale;
  private final long interval;
  private final long capacity;
  // A reader may see an older value for a moment; against the time a bucket needs to fill it is
  // none.
  private long touchedNanos;

  private Bucket(int scale, long interval, long capacity, long nowNanos) {
    super(units(nowNanos, scale));
    this.scale = scale;
    this.interval = interval;
    this.capacity = capacity;
    this.touchedNanos = nowNanos;
  }

  /** A full bucket. */
  static Bucket full(Limit limit, long nowNanos) {
    int scale = scale(limit);
    long interval = interval(limit, scale);
    return new Bucket(scale, interval, interval * limit.burst(), nowNanos);
  }

  private static int scale(Limit limit) {
    long wholeInterval = limit.window().toNanos() / limit.requests() + 1;
    return Math.min(FINEST, CAPACITY_BITS - bits(limit.burst()) - bits(wholeInterval));
  }

  private static int bits(long positive) {
    return Long.SIZE - Long.numberOfLeadingZeros(positive);
  }

  private static long interval(Limit limit, int scale) {
    long nanos = limit.window().toNanos();
    long whole = nanos / limit.requests();
    if (scale <= 0) {
      return whole >> -scale;
    }
    long rest = nanos % limit.requests();
    return (whole << scale) + (rest << scale) / limit.requests();
  }

  private static long units(long nanos, int scale) {
    return scale >= 0 ? nanos << scale : nanos >> -scale;
  }

  /** Rounded up: to come back then is to find what was waited for. */
  private static long nanos(long units, int scale) {
    if (scale <= 0) {
      return units >= MAX_NANOS >> -scale ? MAX_NANOS : units << -scale;
    }
    long nanos = units >> scale;
    return nanos << scale == units ? nanos : nanos + 1;
  }

  /** Whether tokens can be taken from it now, by that limit. */
  boolean serves(Limit limit, long nowNanos) {
    return !isIdle(nowNanos) && touchedNanos - nowNanos < LATE_NANOS && countsAs(limit);
  }

  /** Whether nobody touched it for so long that it must be full, whatever it held. */
  boolean isIdle(long nowNanos) {
    return nowNanos - touchedNanos > nanos(capacity, scale);
  }

  private boolean countsAs(Limit limit) {
    int scaled = scale(limit);
    return scaled == scale
        && interval(limit, scaled) == interval
        && interval * limit.burst() == capacity;
  }

  /**
   * What takes its place under a limit as it is now: as many tokens are missing, if they can be.
   */
  Bucket renewed(Limit limit, long nowNanos) {
    Bucket bucket = full(limit, nowNanos);
    if (isIdle(nowNanos)) {
      return bucket;
    }
    // Where the clock went back, what was missing then is missing still.
    long missing = ahead(get(), units(Math.max(touchedNanos, nowNanos), scale));
    // As doubles: how many tokens are missing need not survive an edit to the last nanosecond.
    double tokens = (double) missing / interval;
    bucket.addAndGet((long) Math.min((double) bucket.capacity, tokens * bucket.interval));
    return bucket;
  }

  /** Takes a token if there is one. */
  boolean take(long nowNanos) {
    touchedNanos = nowNanos;
    long now = units(nowNanos, scale);
    while (true) {
      long fullAt = get();
      long ahead = ahead(fullAt, now);
      if (ahead > capacity - interval) {
        return false;
      }
      if (compareAndSet(fullAt, now + ahead + interval)) {
        return true;
      }
    }
  }

  /** Puts back a token that was taken. */
  void giveBack() {
    addAndGet(-interval);
  }

  /** What a caller is told whose token was taken, or would have been. */
  QuotaStore.Taken left(long nowNanos) {
    long ahead = ahead(get(), units(nowNanos, scale));
    long remaining = (capacity - ahead) / interval;
    return new QuotaStore.Taken(false, remaining, Duration.ZERO, duration(ahead));
  }

  /** What a caller is told who found no token. */
  QuotaStore.Taken exceeded(long nowNanos) {
    long ahead = ahead(get(), units(nowNanos, scale));
    // Others may have put back or refilled since: a wait is never less than nothing.
    long wait = Math.max(0, ahead - (capacity - interval));
    return new QuotaStore.Taken(true, 0, duration(wait), duration(ahead));
  }

  /**
   * How far ahead of now the bucket is full: from nothing, when it is full, to all of its capacity.
   * More is no debt of the caller's but the delay of a thread.
   */
  private long ahead(long fullAt, long now) {
    return Math.clamp(fullAt - now, 0, capacity);
  }

  private Duration duration(long units) {
    return Duration.ofNanos(nanos(units, scale));
  }
}
