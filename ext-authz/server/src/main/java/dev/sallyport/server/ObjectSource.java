package dev.sallyport.server;

import dev.sallyport.engine.compile.Changes;
import java.time.Instant;

/**
 * Where the declared objects come from: a watched folder, or an API server.
 *
 * <p>A source reports its own troubles, such as an unreadable file, in the log; an object that it
 * can no longer read stays as it was last given to the sink.
 */
public interface ObjectSource extends AutoCloseable {
  /** What is read, for people: {@code policies in `/etc/sallyport/policies`}. */
  String description();

  /**
   * Begins to read and to watch on threads of its own, and returns at once or after the first read.
   * Called once.
   */
  void start(Sink sink);

  /** Stops watching; the sink hears nothing afterwards. */
  @Override
  void close();

  /** Takes what a source found. Any thread may call it; it never blocks for long or throws. */
  interface Sink {
    /**
     * Objects changed.
     *
     * @param at when the oldest of these changes was made, as far as the source knows: a file's
     *     time of modification, or when the event arrived
     */
    void changed(Changes changes, Instant at);

    /**
     * Everything that is declared was handed over once. Before that nothing is published, and calls
     * after the first say nothing new.
     */
    void complete();
  }
}
