package dev.sallyport.server;

import java.util.logging.LogManager;

/**
 * The JDK's logging, for a server: a line for each event without class names, and still there while
 * the process drains. The JDK's own takes its handlers away as soon as a shutdown begins.
 */
public final class SteadyLog extends LogManager {
  /** For the JDK, which makes the one instance by the name of the class. */
  public SteadyLog() {}

  /** Nothing is reset: the process ends anyhow. */
  @Override
  public void reset() {}
}
