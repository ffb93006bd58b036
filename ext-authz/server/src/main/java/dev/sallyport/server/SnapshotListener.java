package dev.sallyport.server;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import java.time.Instant;

/** Hears of every snapshot that came into force. */
@FunctionalInterface
public interface SnapshotListener {
  /**
   * A compilation came into force. Called on the loader's thread, one after the other; what it
   * throws is logged, and the other listeners still hear.
   *
   * @param changes what changed since the previous one
   * @param changedAt when the oldest of these changes was made
   * @param enforcedAt when decisions began to use it
   */
  void published(Compilation compilation, Changes changes, Instant changedAt, Instant enforcedAt);
}
