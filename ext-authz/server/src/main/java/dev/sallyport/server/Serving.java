package dev.sallyport.server;

import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.ConfigurationException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/** Serves for as long as the process may. */
public final class Serving {
  private Serving() {}

  /**
   * Starts a server and returns only by interruption. On SIGTERM and SIGINT it drains, and the
   * process ends with exit code 0.
   *
   * @throws ConfigurationException if the server can't be started with this configuration
   */
  public static void untilStopped(Configuration configuration, Map<String, String> environment)
      throws ConfigurationException, InterruptedException {
    installLog();
    Wiring wiring = Wiring.start(configuration, environment);
    Thread drain =
        new Thread(
            () -> {
              // Not a constant of the class, which would come before `installLog`.
              LoggerFactory.getLogger(Serving.class)
                  .info(
                      "shutting down; new work is still answered for {} ms",
                      configuration.drain().toMillis());
              wiring.close();
              // Else the JVM ends with 143 although everything went as it should.
              Runtime.getRuntime().halt(0);
            },
            "drain");
    Runtime.getRuntime().addShutdownHook(drain);
    new CountDownLatch(1).await();
  }

  /**
   * Takes effect if nothing was logged yet; what the user has set stays. It can't be a method of
   * {@link SteadyLog}: to call one the JDK's manager, which that class extends, would be made
   * first.
   */
  static void installLog() {
    setUnlessSet("java.util.logging.manager", SteadyLog.class.getName());
    setUnlessSet(
        "java.util.logging.SimpleFormatter.format", "%1$tFT%1$tT.%1$tL%1$tz %4$s %5$s%6$s%n");
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
