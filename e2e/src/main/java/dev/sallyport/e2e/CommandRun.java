package dev.sallyport.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program that ran to its end.
 *
 * @param output what it wrote to its standard output
 * @param errors what it wrote to its standard error
 */
public record CommandRun(List<String> command, int exitCode, String output, String errors) {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  public CommandRun {
    command = List.copyOf(command);
  }

  /**
   * Runs a program.
   *
   * @param environment added to this JVM's own
   * @param input what it reads from its standard input
   * @throws AssertionError if it does not end within two minutes
   */
  static CommandRun of(List<String> command, Map<String, String> environment, String input) {
    try {
      Path folder = Files.createTempDirectory("sallyport-command");
      Path in = Files.writeString(folder.resolve("in"), input);
      Path out = folder.resolve("out");
      Path err = folder.resolve("err");
      try {
        ProcessBuilder builder =
            new ProcessBuilder(command)
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        int exitCode = exitCode(command, builder.start());
        return new CommandRun(command, exitCode, Files.readString(out), Files.readString(err));
      } finally {
        for (Path file : List.of(in, out, err, folder)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("can't run " + command, e);
    }
  }

  private static int exitCode(List<String> command, Process process) {
    try {
      if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(command + " did not end within " + LIMIT.toSeconds() + " s");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for " + command, e);
    } finally {
      process.destroyForcibly();
    }
  }

  public boolean succeeded() {
    return exitCode == 0;
  }

  /**
   * What it wrote to its standard output.
   *
   * @throws AssertionError with all that it wrote, if it failed
   */
  public String orThrow() {
    if (!succeeded()) {
      throw new AssertionError(toString());
    }
    return output;
  }

  /** The whole story, for a failed test. */
  @Override
  public String toString() {
    return "%s: exit code %d%n%s%s".formatted(String.join(" ", command), exitCode, output, errors);
  }
}
