package dev.sallyport.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;

/**
 * A program that this JVM started. It ends when it is closed, and with this JVM at the latest,
 * whether a test failed or somebody pressed Ctrl-C.
 */
public final class ChildProcess implements AutoCloseable {
  private static final Duration GENTLE = Duration.ofSeconds(15);
  private static final Deque<ChildProcess> RUNNING = new ConcurrentLinkedDeque<>();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform().name("end-children").unstarted(ChildProcess::closeAll));
  }

  private final String name;
  private final Process process;
  private final Path output;

  private ChildProcess(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
  }

  /**
   * Starts a program.
   *
   * @param environment added to this JVM's own, without what would configure Sallyport
   * @param output the file that takes what it writes
   */
  static ChildProcess start(
      String name, List<String> command, Map<String, String> environment, Path output) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    builder
        .environment()
        .keySet()
        .removeIf(key -> key.startsWith("SALLYPORT_") || key.startsWith("OTEL_"));
    builder.environment().putAll(environment);
    try {
      ChildProcess child = new ChildProcess(name, builder.start(), output);
      RUNNING.addFirst(child);
      return child;
    } catch (IOException e) {
      throw new UncheckedIOException("can't start " + name, e);
    }
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it has written so far, on both streams. */
  public String output() {
    try {
      return Files.readString(output, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file that takes what it writes. */
  Path outputFile() {
    return output;
  }

  /** Asks it to end (SIGTERM), and returns at once. */
  public void terminate() {
    process.destroy();
  }

  /** Ends it with no chance to tidy up (SIGKILL). */
  public void kill() {
    process.destroyForcibly();
    exitCode(GENTLE);
  }

  /**
   * Waits for its end.
   *
   * @throws AssertionError if it does not end in time
   */
  public int exitCode(Duration patience) {
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(name + " did not end within " + patience.toSeconds() + " s");
      }
      RUNNING.remove(this);
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for " + name, e);
    }
  }

  /** Asks it to end, and ends it if it does not. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(GENTLE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    RUNNING.remove(this);
  }

  /** Ends every program that this JVM started and that still runs. */
  static void closeAll() {
    for (ChildProcess child : RUNNING) {
      child.process.destroy();
    }
    for (ChildProcess child : RUNNING) {
      child.close();
    }
  }
}
