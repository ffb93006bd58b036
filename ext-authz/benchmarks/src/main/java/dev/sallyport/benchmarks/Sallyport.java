package dev.sallyport.benchmarks;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The distribution's own server, with its decision log in a file.
 *
 * @param readyAfter from the start of the process to the first good answer of {@code /readyz}
 */
record Sallyport(
    MeasuredProcess process, int port, int adminPort, Path decisionLog, Duration readyAfter)
    implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(2);

  // The class histogram counts what a full collection leaves.
  private static final Pattern LIVE = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");

  private static final Pattern COMPILED =
      Pattern.compile("the first snapshot is in force: .*, compiled in (\\d+) ms");

  /** Starts it and waits until it is ready. */
  static Sallyport start(String cores, Path distribution, Path policies, Path folder)
      throws IOException, InterruptedException {
    return start(cores, distribution, policies, folder, "");
  }

  /**
   * Starts it on the API server of a kubeconfig, and waits until it is ready.
   *
   * @param status {@code policies.kubernetes.status}
   */
  static Sallyport startOnCluster(
      Path distribution, Path kubeconfig, String status, Path folder, String jvmOptions)
      throws IOException, InterruptedException {
    return start(
        "",
        distribution,
        List.of("--kubeconfig", kubeconfig.toString()),
        "policies: {kubernetes: {status: " + status + "}}",
        folder,
        jvmOptions);
  }

  /** The same, with options for the JVM. */
  static Sallyport start(
      String cores, Path distribution, Path policies, Path folder, String jvmOptions)
      throws IOException, InterruptedException {
    return start(
        cores, distribution, List.of("--policies", policies.toString()), "", folder, jvmOptions);
  }

  private static Sallyport start(
      String cores,
      Path distribution,
      List<String> source,
      String moreConfiguration,
      Path folder,
      String jvmOptions)
      throws IOException, InterruptedException {
    int port = freePort();
    int adminPort = freePort();
    Files.createDirectories(folder);
    Path log = folder.resolve("decisions.jsonl");
    Path configuration =
        Files.writeString(
            folder.resolve("sallyport.yaml"),
            """
            grpc: {address: "127.0.0.1:%d"}
            admin: {address: "127.0.0.1:%d"}
            decisionLog: {sinks: [file], file: "%s"}
            drain: 0s
            %s
            """
                .formatted(port, adminPort, log, moreConfiguration));
    MeasuredProcess process =
        MeasuredProcess.start(
            cores,
            Stream.of(
                    List.of(distribution.resolve("bin/sallyport").toString(), "serve"),
                    source,
                    List.of("--config", configuration.toString()))
                .flatMap(List::stream)
                .toList(),
            folder.resolve("sallyport.out"),
            jvmOptions.isEmpty() ? Map.of() : Map.of("SALLYPORT_JAVA_OPTS", jvmOptions));
    try {
      Duration readyAfter = awaitReady(process, adminPort);
      return new Sallyport(process, port, adminPort, log, readyAfter);
    } catch (IOException | InterruptedException e) {
      process.close();
      throw e;
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static Duration awaitReady(MeasuredProcess process, int port)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/readyz")).build();
      while (true) {
        try {
          if (client.send(request, BodyHandlers.discarding()).statusCode() == 200) {
            return Duration.ofNanos(System.nanoTime() - process.startedNanos());
          }
        } catch (IOException _) {
          // It does not listen yet.
        }
        process.checkAlive();
        if (System.nanoTime() - process.startedNanos() > PATIENCE.toNanos()) {
          throw new IOException("not ready after " + PATIENCE.toSeconds() + " s");
        }
        LockSupport.parkNanos(POLL.toNanos());
      }
    }
  }

  /** What the first compilation took, as the server says it; reading the files comes before. */
  Duration compiledIn() throws IOException {
    Matcher compiled = COMPILED.matcher(process.said());
    if (!compiled.find()) {
      throw new IOException("the server does not say what the first compilation took");
    }
    return Duration.ofMillis(Long.parseLong(compiled.group(1)));
  }

  /** What `/metrics` says, line by line. */
  List<String> metrics() throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/metrics")).build();
      return client.send(request, BodyHandlers.ofLines()).body().toList();
    }
  }

  /** Decisions that the log lost since the start. */
  long dropped() throws IOException, InterruptedException {
    return metrics().stream()
        .filter(line -> line.startsWith("sallyport_decision_log_dropped"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  /** Lets the log begin anew, so that the disk does not fill; the server opens the file again. */
  void forgetDecisions() throws IOException {
    Files.deleteIfExists(decisionLog);
  }

  /** Bytes in use on the heap after a full collection. */
  long liveBytes(Path folder) throws IOException, InterruptedException {
    String histogram =
        MeasuredProcess.run(
            "",
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()),
                "GC.class_histogram"),
            folder.resolve("histogram.out"),
            TimeUnit.MINUTES.toSeconds(1));
    Matcher live = LIVE.matcher(histogram);
    if (!live.find()) {
      throw new IOException("jcmd gave no histogram");
    }
    return Long.parseLong(live.group(1));
  }

  @Override
  public void close() throws IOException {
    process.close();
    forgetDecisions();
  }
}
