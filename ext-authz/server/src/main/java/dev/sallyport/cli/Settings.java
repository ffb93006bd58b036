package dev.sallyport.cli;

import dev.sallyport.engine.authenticate.NonceSource;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.ConfigurationException;
import dev.sallyport.server.config.ConfigurationReader;
import dev.sallyport.server.proofs.HmacNonces;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
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

  /** A nonce that a server gave is one here too, where both have the key. */
  static NonceSource nonces(Configuration.Dpop dpop) throws Failure {
    if (dpop.nonceKeyFile() == null) {
      return HmacNonces.ofThisProcess(new SecureRandom());
    }
    try {
      return HmacNonces.of(dpop.nonceKeyFile());
    } catch (IOException e) {
      throw new Failure("`dpop.nonceKeyFile`: " + e.getMessage());
    }
  }
}
