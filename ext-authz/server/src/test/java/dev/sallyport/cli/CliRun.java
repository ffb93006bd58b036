package dev.sallyport.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;

/**
 * A command that ran to its end in this process, at {@link #NOW} and with the same dice each time.
 *
 * @param out what it wrote to its standard output
 * @param err what it wrote to its standard error
 */
record CliRun(int exitCode, String out, String err) {
  static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

  /**
   * Runs a command.
   *
   * @param in what it reads from its standard input
   */
  static CliRun of(String in, Map<String, String> environment, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exitCode =
        Sallyport.run(
            arguments,
            new Surroundings(
                new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                environment,
                InstantSource.fixed(NOW),
                new Random(7)));
    return new CliRun(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
