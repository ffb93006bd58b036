package dev.sallyport.benchmarks;

import dev.sallyport.benchmarks.H2Load.Latency;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.RunnerException;

/**
 * Measures what it costs to look into requests: bodies and tool arguments against a schema,
 * conditions, and to compile schemas. Like {@link LoadBenchmark}, servers have one core and the
 * load another, and rounds go from one to the next.
 */
public final class PayloadBenchmark {
  private static final String SERVER_CORE = "0";
  private static final String LOAD_CORE = "1";

  private static final int SMALL_BODY = 1024;
  private static final int LARGE_BODY = 64 * 1024;
  private static final int LARGE_REQUESTS = 2_000;

  private static final int SCHEMAS = 1_000;
  private static final int SCHEMAS_A_POLICY = 20;

  private final Path distribution;
  private final Path folder;
  private final Pace pace;
  private final Bars bars = new Bars();

  private PayloadBenchmark(Path distribution, Path folder, Pace pace) {
    this.distribution = distribution;
    this.folder = folder;
    this.pace = pace;
  }

  /** Arguments: the distribution, and an empty folder to work in, which gets {@code payload.md}. */
  static void main(String[] arguments) throws IOException, InterruptedException, RunnerException {
    PayloadBenchmark benchmark =
        new PayloadBenchmark(
            Path.of(arguments[0]).toAbsolutePath(),
            Path.of(arguments[1]).toAbsolutePath(),
            Pace.chosen());
    benchmark.run();
    String table = benchmark.bars.markdown();
    Files.writeString(benchmark.folder.resolve("payload.md"), table);
    say(table + (benchmark.bars.met() ? "Every bar is met." : "A bar is MISSED."));
  }

  private void run() throws IOException, InterruptedException, RunnerException {
    if (isWanted("conditions")) {
      conditions();
    }
    if (isWanted("body") || isWanted("tool") || isWanted("large")) {
      load();
    }
    if (isWanted("schemas")) {
      schemas();
    }
  }

  /** {@code BENCH_ONLY}: a regular expression of the parts to measure. */
  private static boolean isWanted(String part) {
    String only = System.getenv("BENCH_ONLY");
    return only == null || part.matches(only);
  }

  private void conditions() throws RunnerException {
    for (RunResult result : MicroBenchmark.results("ConditionBenchmark\\.")) {
      String name = result.getParams().getBenchmark().replaceFirst("^.*\\.", "");
      double micros = result.getPrimaryResult().getScore() / 1000;
      String figure = String.format(Locale.ROOT, "%.2f µs", micros);
      if (name.equals("three")) {
        bars.under("three conditions", figure, micros, 3, "µs");
      } else {
        bars.plain(
            name.equals("body") ? "a condition of the body" : "a condition over a list of 12",
            figure);
      }
    }
  }

  private void load() throws IOException, InterruptedException {
    Path policies = folder.resolve("orders");
    PayloadRequests.writePolicy(policies);
    int noOpPort = Sallyport.freePort();
    try (Sallyport server =
            Sallyport.start(SERVER_CORE, distribution, policies, folder.resolve("of-orders"));
        MeasuredProcess noOp =
            NoOpServer.process(SERVER_CORE, noOpPort, folder.resolve("no-op.out"))) {
      noOp.checkAlive();
      if (isWanted("body")) {
        CheckRequest body = PayloadRequests.post(PayloadRequests.order(SMALL_BODY));
        compare(server, noOp, noOpPort, "a body of 1 KiB against 15 properties", body, 0.40);
      }
      if (isWanted("tool")) {
        CheckRequest call = PayloadRequests.toolCall(PayloadRequests.call(SMALL_BODY));
        compare(server, noOp, noOpPort, "an MCP tools/call of 1 KiB", call, 0.35);
      }
      if (isWanted("large")) {
        large(server, PayloadRequests.post(PayloadRequests.order(LARGE_BODY)));
      }
    }
  }

  /** A request at the server, and the same one at a server that decides nothing. */
  private void compare(
      Sallyport server,
      MeasuredProcess noOp,
      int noOpPort,
      String what,
      CheckRequest request,
      double bar)
      throws IOException, InterruptedException {
    Path frame = Files.write(folder.resolve("payload.frame"), Scenario.frame(request));
    H2Load judged = new H2Load(LOAD_CORE, server.port(), frame, folder);
    H2Load constant = new H2Load(LOAD_CORE, noOpPort, frame, folder);
    verify(server, request);
    say("warming: " + what);
    judged.fullSpeed(pace.warmSeconds());
    constant.fullSpeed(pace.warmSeconds());
    server.forgetDecisions();
    Speed[][] speeds = new Speed[2][pace.rounds()];
    for (int round = 0; round < pace.rounds(); round++) {
      speeds[0][round] = Speed.full(constant, noOp, pace.roundSeconds());
      speeds[1][round] = Speed.full(judged, server.process(), pace.roundSeconds());
      server.forgetDecisions();
      say("round %d: %s".formatted(round + 1, Speed.shown(speeds, round)));
    }
    verify(server, request);
    bars.plain("no-op, " + what + ": requests a second", Speed.rate(speeds[0]));
    bars.atLeast(
        what + ": of the no-op",
        "%s (%.2f by CPU time)"
            .formatted(
                Speed.rate(speeds[1]),
                Figures.ratio(Speed.perCpuSecond(speeds[1]), Speed.perCpuSecond(speeds[0]))),
        Figures.ratio(Speed.rates(speeds[1]), Speed.rates(speeds[0])),
        bar);
  }

  private static void verify(Sallyport server, CheckRequest request) throws IOException {
    try (CheckClient client = new CheckClient(server.port())) {
      client.expect(request, "allowed");
    }
  }

  /** Large bodies one after the other, each timed from the caller. */
  private void large(Sallyport server, CheckRequest request) throws IOException {
    long[] micros = new long[LARGE_REQUESTS];
    try (CheckClient client = new CheckClient(server.port())) {
      client.expect(request, "allowed");
      say("warming: a body of 64 KiB");
      long warm = System.nanoTime() + TimeUnit.SECONDS.toNanos(pace.warmSeconds());
      while (System.nanoTime() < warm) {
        client.check(request);
      }
      for (int i = 0; i < LARGE_REQUESTS; i++) {
        long began = System.nanoTime();
        client.check(request);
        micros[i] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - began);
      }
      client.expect(request, "allowed");
    }
    Arrays.sort(micros);
    Latency latency =
        new Latency(
            LARGE_REQUESTS * 1e6 / Arrays.stream(micros).sum(),
            H2Load.percentile(micros, 0.50),
            H2Load.percentile(micros, 0.99));
    bars.under(
        "a body of 64 KiB, one after the other: p99",
        Latency.shown(new Latency[] {latency}),
        latency.p99Micros() / 1000.0,
        3,
        "ms");
  }

  private void schemas() throws IOException, InterruptedException {
    Path policies = folder.resolve("schemas");
    PayloadRequests.writeSchemas(policies, SCHEMAS, SCHEMAS_A_POLICY);
    say("starting with %,d schemas".formatted(SCHEMAS));
    try (Sallyport server =
        Sallyport.start(SERVER_CORE, distribution, policies, folder.resolve("of-schemas"))) {
      double seconds = Figures.seconds(server.compiledIn());
      bars.under(
          "%,d schemas: first compile, one core".formatted(SCHEMAS),
          "%.1f s".formatted(seconds),
          seconds,
          5,
          "s");
    }
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
