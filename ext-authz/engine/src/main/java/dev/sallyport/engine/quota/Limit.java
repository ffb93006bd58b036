package dev.sallyport.engine.quota;

import dev.sallyport.crd.RateLimitSpec.Dimension;
import java.time.Duration;
import java.util.Set;

/**
 * A compiled rate limit: a token bucket of {@code burst} tokens that refills {@code requests} of
 * them a {@code window}.
 *
 * @param id unique among all limits of all policies, and the same after an edit; a counter's key
 * @param name as the user gave it, a structured-field string (RFC 9651 section 3.3.3)
 * @param per never empty
 * @param requests 1 to 1,000,000,000
 * @param window 1 second to 31 days
 * @param burst 1 to 1,000,000,000
 * @param shadow whether it counts and never denies
 */
public record Limit(
    String id,
    String name,
    Set<Dimension> per,
    long requests,
    Duration window,
    long burst,
    boolean shadow) {
  public Limit {
    per = Set.copyOf(per);
    if (per.isEmpty() || requests < 1 || burst < 1 || window.isNegative() || window.isZero()) {
      throw new IllegalArgumentException(
          "a limit needs a dimension, requests, a burst and a window");
    }
  }
}
