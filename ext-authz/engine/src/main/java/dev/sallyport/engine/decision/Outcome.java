package dev.sallyport.engine.decision;

import java.util.function.Function;

/**
 * What a stage says: go on, refused, or not without waiting.
 *
 * @param <T> what the next stage needs
 */
public sealed interface Outcome<T> {
  /** Go on with what was found. */
  record Proceed<T>(T value) implements Outcome<T> {}

  /**
   * Refused.
   *
   * @param facts what was known by then
   */
  record Deny<T>(Denial denial, Facts facts) implements Outcome<T> {}

  /** An answer is not at hand and the caller's patience is {@link Patience#NONE}. */
  record Wait<T>() implements Outcome<T> {}

  /** Runs the next stage if this one goes on. */
  default <N> Outcome<N> then(Function<? super T, Outcome<N>> next) {
    return switch (this) {
      case Proceed<T>(T value) -> next.apply(value);
      case Deny<T>(Denial denial, Facts facts) -> new Deny<>(denial, facts);
      case Wait<T>() -> new Wait<>();
    };
  }
}
