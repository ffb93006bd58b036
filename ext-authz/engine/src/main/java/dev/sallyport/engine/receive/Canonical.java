package dev.sallyport.engine.receive;

/**
 * What reading a part of a request gives: its one canonical form, or why it has none.
 *
 * @param <T> the canonical form
 */
public sealed interface Canonical<T> {
  /** It can be matched in only one way. */
  record Read<T>(T value) implements Canonical<T> {}

  /**
   * It is malformed or ambiguous.
   *
   * @param why one sentence for the caller, without the caller's text
   */
  record Malformed<T>(String why) implements Canonical<T> {}
}
