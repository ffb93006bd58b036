package dev.sallyport.engine.decision;

import java.time.Duration;
import java.time.Instant;

/** Whether a port may block for its answer, and until when. */
public sealed interface Patience {
  /** Answer from what is held, or say that you would have to wait. */
  Patience NONE = new None();

  /** No waiting: the caller is an event loop. */
  record None() implements Patience {}

  /**
   * Blocking is fine.
   *
   * @param deadline when the decision must have fallen
   */
  record Until(Instant deadline) implements Patience {
    /** Time left, zero when it is over. */
    public Duration left(Instant now) {
      Duration left = Duration.between(now, deadline);
      return left.isNegative() ? Duration.ZERO : left;
    }
  }

  static Patience until(Instant deadline) {
    return new Until(deadline);
  }
}
