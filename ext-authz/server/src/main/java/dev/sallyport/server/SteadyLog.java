package dev.sallyport.server;

import java.util.logging.LogManager;

/**
 * The JDK's logging, for a server: a line for each event without class names, and still there while
 * the process drains. The JDK's own takes its handlers away as soon as a shutdown begins.
 */
public final class SteadyLog extends LogManager {
  private static final String MANAGER = "java.util.logging.manager";
  private static final String FORMAT = "java.util.logging.SimpleFormatter.format";

  /** For the JDK, which makes the one instance by the name of the class. */
  public SteadyLog() {}

  /** Takes effect if nothing was logged yet; what the user has set stays. */
  static void install() {
    if (System.getProperty(MANAGER) == null) {
      System.setProperty(MANAGER, SteadyLog.class.getName());
    }
    if (System.getProperty(FORMAT) == null) {
      System.setProperty(FORMAT, "%1$tFT%1$tT.%1$tL%1$tz %4$s %5$s%6$s%n");
    }
  }

  /** Nothing is reset: the process ends anyhow. */
  @Override
  public void reset() {}
}
