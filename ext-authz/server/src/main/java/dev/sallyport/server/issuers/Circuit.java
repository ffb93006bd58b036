package dev.sallyport.server.issuers;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Keeps calls from an endpoint that fails: after a few failures in a row it lets through one call
 * at a time, and only now and then, until one succeeds.
 *
 * <p>Safe for use by many threads.
 */
final class Circuit {
  /** So many failures in a row may be anybody's bad luck. */
  private static final int TOLERATED = 4;

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LAST_PAUSE = Duration.ofSeconds(30);

  private final RandomGenerator random;

  private int failures;
  private int pauses;
  private long openNanos;
  private boolean probing;

  Circuit(RandomGenerator random) {
    this.random = random;
  }

  /**
   * Whether a call may be made now; who is told yes must say how it ended.
   *
   * @param nanos as {@link System#nanoTime} has it
   */
  synchronized boolean admits(long nanos) {
    if (failures <= TOLERATED) {
      return true;
    }
    if (probing || nanos - openNanos < 0) {
      return false;
    }
    probing = true;
    return true;
  }

  /** Whether a call would be let through now, without making one. */
  synchronized boolean isOpen(long nanos) {
    return failures > TOLERATED && (probing || nanos - openNanos < 0);
  }

  synchronized void succeeded() {
    failures = 0;
    pauses = 0;
    probing = false;
  }

  synchronized void failed(long nanos) {
    failures = Math.min(failures, TOLERATED) + 1;
    // Calls that began before the first pause end in it, and are no reason for a longer one.
    boolean counts = failures > TOLERATED && (pauses == 0 || probing);
    if (counts) {
      Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(pauses, 10));
      long most = Math.min(pause.toNanos(), LAST_PAUSE.toNanos());
      openNanos = nanos + (long) (most * random.nextDouble(0.5, 1));
      pauses++;
      probing = false;
    }
  }
}
