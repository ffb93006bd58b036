package dev.sallyport.server.kubernetes;

import java.time.Duration;

/** Hears of every call of the TokenReview API. */
@FunctionalInterface
public interface ReviewListener {
  /**
   * A call ended.
   *
   * @param outcome {@code success} for any answer, a refusal included; else {@code failure}, {@code
   *     timeout}, {@code forbidden} or {@code throttled}
   */
  void answered(Duration took, String outcome);
}
