package dev.sallyport.server.issuers;

import java.time.Duration;

/** Hears of every fetch of a key set, for metrics. What it throws is logged and harms no one. */
@FunctionalInterface
public interface FetchListener {
  /** Listens to nothing. */
  FetchListener NONE = (_, _) -> {};

  /**
   * A fetch is over. Called on a thread of the fetch.
   *
   * @param usable whether a key set came
   */
  void fetched(Duration took, boolean usable);
}
