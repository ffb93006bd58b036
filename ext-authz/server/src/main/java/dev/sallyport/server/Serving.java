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
    SteadyLog.install();
    Wiring wiring = Wiring.start(configuration, environment);
    Thread drain =
        new Thread(
            () -> {
              // Not a constant of the class, which would come before `install`.
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
}
