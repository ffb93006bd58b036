package dev.sallyport.server;

import java.util.List;
import java.util.Optional;

/** How it stands with an issuer that has to be asked, for people. */
public sealed interface IssuerState {
  /**
   * Why it did not answer as it should the last time; empty where it did, or was not asked yet.
   * Holds nothing of what was received.
   */
  Optional<String> failure();

  /** Whether its tokens can be judged. */
  boolean isUsable();

  /** In a word, for metrics. */
  default String word() {
    if (!isUsable()) {
      return "unavailable";
    }
    return failure().isEmpty() ? "ready" : "failing";
  }

  /**
   * It has a key set at a URI.
   *
   * @param usable keys that are held
   * @param problems of keys that are in the set and can't be used, each with its place in it
   */
  record KeySet(int usable, List<String> problems, Optional<String> failure)
      implements IssuerState {
    public KeySet {
      problems = List.copyOf(problems);
    }

    /** What is held stays good for a while, though it can't be fetched again. */
    @Override
    public boolean isUsable() {
      return usable > 0;
    }
  }

  /** It is asked about each token. */
  record Introspection(Optional<String> failure) implements IssuerState {
    /** Answers that are remembered are not told apart from it. */
    @Override
    public boolean isUsable() {
      return failure.isEmpty();
    }
  }
}
