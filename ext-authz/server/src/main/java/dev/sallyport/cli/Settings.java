package dev.sallyport.cli;

import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.ConfigurationException;
import dev.sallyport.server.config.ConfigurationReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --config}, as every command takes it that reads the configuration. */
final class Settings {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration; variables SALLYPORT_… of the environment go first.")
  private @Nullable Path file;

  Configuration read(Surroundings around) throws ConfigurationException {
    Map<String, String> environment = new HashMap<>(around.environment());
    // The command line's own, which no key of the configuration claims.
    environment.remove("SALLYPORT_DEBUG");
    return ConfigurationReader.read(file, environment);
  }
}
