package dev.sallyport.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A child process on chosen cores, ended with this one at the latest.
 *
 * @param startedNanos {@link System#nanoTime} just before it was started
 */
record MeasuredProcess(Process process, Path output, long startedNanos) implements AutoCloseable {
  // A JVM that writes an AOT cache takes its time.
  private static final long ENDS_WITHIN_SECONDS = 60;

  private static final Set<Process> ALIVE = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform().unstarted(() -> ALIVE.forEach(Process::destroyForcibly)));
  }

  /**
   * Starts a program.
   *
   * @param cores as {@code taskset -c} takes them; empty for all
   * @param output what it says on both of its streams
   * @param variables of its environment, beside those of this process
   */
  static MeasuredProcess start(
      String cores, List<String> command, Path output, Map<String, String> variables)
      throws IOException {
    List<String> pinned = new ArrayList<>();
    if (!cores.isEmpty()) {
      pinned.addAll(List.of("taskset", "-c", cores));
    }
    pinned.addAll(command);
    long started = System.nanoTime();
    ProcessBuilder builder =
        new ProcessBuilder(pinned)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().putAll(variables);
    Process process = builder.start();
    ALIVE.add(process);
    return new MeasuredProcess(process, output, started);
  }

  /** Runs a program to its end, and gives what it said. */
  static String run(String cores, List<String> command, Path output, long seconds)
      throws IOException, InterruptedException {
    try (MeasuredProcess child = start(cores, command, output, Map.of())) {
      if (!child.process.waitFor(seconds, TimeUnit.SECONDS)) {
        throw new IOException(command.getFirst() + " did not end within " + seconds + " s");
      }
      if (child.process.exitValue() != 0) {
        throw new IOException(command.getFirst() + " failed: " + child.said());
      }
      return child.said();
    }
  }

  String said() throws IOException {
    return Files.readString(output, StandardCharsets.UTF_8);
  }

  void checkAlive() throws IOException {
    if (!process.isAlive()) {
      throw new IOException("the server ended by itself: " + said());
    }
  }

  /** What it used of all cores since its start. */
  Duration cpuTime() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    ALIVE.remove(process);
  }
}
