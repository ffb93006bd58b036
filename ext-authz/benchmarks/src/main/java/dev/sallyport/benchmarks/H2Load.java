package dev.sallyport.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Sends one Check request again and again with nghttp2's {@code h2load}.
 *
 * @param cores where it runs
 * @param port of the server on 127.0.0.1
 * @param frame the file with the request as a gRPC message
 * @param folder for what it writes
 */
record H2Load(String cores, int port, Path frame, Path folder) {
  // As many connections as an Envoy of eight workers opens, each with many requests at once.
  private static final int CONNECTIONS = 8;
  private static final int STREAMS = 32;

  // h2load sends a connection's requests at the ticks of a timer, so a constant rate takes many
  // connections: each then sends one request at a time, and what is measured are no bursts.
  private static final int PACED_CONNECTIONS = 64;

  private static final Pattern RATE = Pattern.compile("finished in [^,]+, ([0-9.]+) req/s");
  private static final Pattern FAILURES =
      Pattern.compile("(\\d+) failed, (\\d+) errored, (\\d+) timeout");

  /**
   * What a paced run saw.
   *
   * @param rate requests a second that were answered
   */
  record Latency(double rate, long p50Micros, long p99Micros) {
    static double[] p99(Latency[] latencies) {
      return Arrays.stream(latencies).mapToDouble(Latency::p99Micros).toArray();
    }

    /** The medians of all rounds. */
    static String shown(Latency[] latencies) {
      return String.format(
          Locale.ROOT,
          "%.2f ms (p50 %.2f ms) at %,.0f/s",
          Figures.median(p99(latencies)) / 1000,
          Figures.median(Arrays.stream(latencies).mapToDouble(Latency::p50Micros).toArray()) / 1000,
          Figures.median(Arrays.stream(latencies).mapToDouble(Latency::rate).toArray()));
    }
  }

  /** As many requests as the server answers; the number a second. */
  double fullSpeed(int seconds) throws IOException, InterruptedException {
    String said =
        run(seconds, List.of("-c", Integer.toString(CONNECTIONS), "-m", Integer.toString(STREAMS)));
    return rate(said);
  }

  /** So many requests a second. */
  Latency paced(double rate, int seconds) throws IOException, InterruptedException {
    Path log = folder.resolve("latency.log");
    Files.deleteIfExists(log);
    String said =
        run(
            seconds,
            List.of(
                "-c",
                Integer.toString(PACED_CONNECTIONS),
                "-m",
                Integer.toString(STREAMS),
                "--rps",
                Long.toString(Math.round(rate / PACED_CONNECTIONS)),
                "--log-file",
                log.toString()));
    long[] micros = micros(log);
    return new Latency(rate(said), percentile(micros, 0.50), percentile(micros, 0.99));
  }

  private String run(int seconds, List<String> load) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("h2load", "-t", "1"));
    command.addAll(load);
    command.addAll(
        List.of(
            "-D",
            Integer.toString(seconds),
            "-d",
            frame.toString(),
            "-H",
            "content-type: application/grpc",
            "-H",
            "te: trailers",
            "http://127.0.0.1:" + port + "/envoy.service.auth.v3.Authorization/Check"));
    String said = MeasuredProcess.run(cores, command, folder.resolve("h2load.out"), seconds + 30L);
    Matcher failures = FAILURES.matcher(said);
    if (!failures.find() || !Stream.of(1, 2, 3).map(failures::group).allMatch("0"::equals)) {
      throw new IOException("h2load saw failures: " + said);
    }
    return said;
  }

  private static double rate(String said) throws IOException {
    Matcher rate = RATE.matcher(said);
    if (!rate.find()) {
      throw new IOException("h2load gave no rate: " + said);
    }
    return Double.parseDouble(rate.group(1));
  }

  private static long[] micros(Path log) throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      long[] micros =
          lines
              .flatMapToLong(
                  line -> LongStream.of(Long.parseLong(line.substring(line.lastIndexOf('\t') + 1))))
              .toArray();
      Arrays.sort(micros);
      return micros;
    }
  }

  /** The value that a share of all sorted values does not exceed. */
  static long percentile(long[] sorted, double share) {
    return sorted[Math.max(0, (int) Math.ceil(sorted.length * share) - 1)];
  }
}
