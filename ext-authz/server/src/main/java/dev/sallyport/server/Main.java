package dev.sallyport.server;

import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.ConfigurationException;
import dev.sallyport.server.config.ConfigurationReader;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the process begins. */
public final class Main {
  private Main() {}

  /** {@code serve [--config FILE] [--policies DIR]}. */
  public static void main(String[] arguments) throws InterruptedException {
    List<String> words = List.of(arguments);
    try {
      if (words.isEmpty() || !words.getFirst().equals("serve")) {
        throw new ConfigurationException("the only command of this version is `serve`");
      }
      String file = option(words, "--config");
      String policies = option(words, "--policies");
      Configuration configuration =
          ConfigurationReader.read(file == null ? null : Path.of(file), System.getenv());
      Serving.untilStopped(
          policies == null ? configuration : configuration.withPolicies(Path.of(policies)),
          System.getenv());
    } catch (ConfigurationException e) {
      System.err.println("sallyport: " + e.getMessage());
      System.exit(2);
    }
  }

  private static @Nullable String option(List<String> words, String name) {
    int at = words.indexOf(name);
    return at < 0 || at + 1 == words.size() ? null : words.get(at + 1);
  }
}
