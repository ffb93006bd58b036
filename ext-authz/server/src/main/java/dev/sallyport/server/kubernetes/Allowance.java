package dev.sallyport.server.kubernetes;

import java.time.Duration;
import java.time.Instant;

/** So many in a second, and so many at once after a rest (GCRA). Not thread-safe. */
final class Allowance {
  private final Duration step;
  private final Duration span;

  /** Until when what was taken lasts at an even pace. */
  private Instant paid = Instant.EPOCH;

  /**
   * An allowance.
   *
   * @param burst how many at once; at least one
   */
  Allowance(int perSecond, int burst) {
    this.step = Duration.ofSeconds(1).dividedBy(perSecond);
    this.span = step.multipliedBy(burst);
  }

  /** When one may be taken: {@code now} if it may be at once. */
  Instant next(Instant now) {
    Instant at = paid.plus(step).minus(span);
    return at.isAfter(now) ? at : now;
  }

  /** Takes one; false where none is left. */
  boolean take(Instant now) {
    if (next(now).isAfter(now)) {
      return false;
    }
    paid = (paid.isBefore(now) ? now : paid).plus(step);
    return true;
  }
}
