package dev.sallyport.server.issuers;

import dev.sallyport.engine.authenticate.KeySet;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What came of asking for a key set once. */
sealed interface Download {
  /**
   * A key set.
   *
   * @param problems keys that were left out and why
   * @param maxAge how long it is fresh (RFC 9111 section 5.2.2.1), where the server says
   */
  record Arrived(KeySet keys, List<String> problems, Optional<Duration> maxAge)
      implements Download {}

  /** The set that arrived last is still the newest. */
  record Unchanged(Optional<Duration> maxAge) implements Download {}

  /**
   * None.
   *
   * @param why for the log; nothing of what was received
   */
  record Failed(String why) implements Download {}
}
