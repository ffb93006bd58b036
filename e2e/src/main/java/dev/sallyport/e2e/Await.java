package dev.sallyport.e2e;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits for what other processes do in their own time: looks again and again until a deadline. */
public final class Await {
  /** Enough for a slow machine with two busy cores. */
  public static final Duration PATIENT = Duration.ofSeconds(60);

  private static final Duration PAUSE = Duration.ofMillis(20);

  private Await() {}

  /**
   * Looks until there is something to see.
   *
   * @param what for the message, should it never come
   * @param look empty for not yet; an exception is not yet as well, and is told at the deadline
   * @throws AssertionError at the deadline
   */
  public static <T> T until(String what, Duration patience, Callable<Optional<T>> look) {
    return until(what, patience, look, () -> "");
  }

  /**
   * Looks until there is something to see.
   *
   * @param explanation what helps to see why it never came
   */
  static <T> T until(
      String what, Duration patience, Callable<Optional<T>> look, Supplier<String> explanation) {
    long deadline = System.nanoTime() + patience.toNanos();
    @Nullable Exception last = null;
    do {
      try {
        Optional<T> seen = look.call();
        if (seen.isPresent()) {
          return seen.get();
        }
        last = null;
      } catch (Exception e) {
        last = e;
      }
      pause();
    } while (System.nanoTime() < deadline);
    throw new AssertionError(
        "not within " + patience.toSeconds() + " s: " + what + explanation.get(), last);
  }

  /** Looks until a condition holds. */
  public static void untilTrue(String what, Callable<Boolean> condition) {
    until(what, PATIENT, () -> condition.call() ? Optional.of(true) : Optional.empty());
  }

  static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting", e);
    }
  }
}
