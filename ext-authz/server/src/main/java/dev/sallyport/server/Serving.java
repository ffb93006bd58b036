package dev.sallyport.server;

import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.ConfigurationException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** Serves for as long as the process may. */
public final class Serving {
  private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

  private Serving() {}

  /**
   * Starts a server and returns only by interruption. On SIGTERM and SIGINT it drains, and the
   * process ends with exit code 0.
   *
   * @throws ConfigurationException if the server can't be started with this configuration
   */
  public static void untilStopped(Configuration configuration, Map<String, String> environment)
      throws ConfigurationException, InterruptedException {
    if (System.getProperty(LOG_FORMAT) == null) {
      // One line for what happened, and no class name.
      System.setProperty(LOG_FORMAT, "%1$tFT%1$tT.%1$tL%1$tz %4$s %5$s%6$s%n");
    }
    Wiring wiring = Wiring.start(configuration, environment);
    Thread drain =
        new Thread(
            () -> {
              wiring.close();
              // Else the JVM ends with 143 although everything went as it should.
              Runtime.getRuntime().halt(0);
            },
            "drain");
    Runtime.getRuntime().addShutdownHook(drain);
    new CountDownLatch(1).await();
  }
}
