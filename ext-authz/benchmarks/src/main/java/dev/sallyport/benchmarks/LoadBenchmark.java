package dev.sallyport.benchmarks;

import dev.sallyport.benchmarks.H2Load.Latency;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures the distribution under load, and against a server that decides nothing.
 *
 * <p>Servers have one core and the load another. All servers are up at the same time, and rounds go
 * from one to the next, so that a machine that is slower for a minute is so for all of them; what
 * counts are the ratios within a round, and of those the median.
 */
public final class LoadBenchmark {
  private static final String SERVER_CORE = "0";
  private static final String LOAD_CORE = "1";
  private static final String ALL_CORES = "0,1";

  private static final int STARTS = 5;
  private static final int EDITS = 100;
  private static final Duration EDIT_PATIENCE = Duration.ofSeconds(10);

  private final Path distribution;
  private final Path folder;
  private final Pace pace;
  private final Bars bars = new Bars();

  private LoadBenchmark(Path distribution, Path folder, Pace pace) {
    this.distribution = distribution;
    this.folder = folder;
    this.pace = pace;
  }

  /**
   * Something that is asked.
   *
   * @param reason what every answer has to say
   */
  private record Target(
      String name, MeasuredProcess server, CheckRequest request, String reason, H2Load load) {
    Speed fullSpeed(int seconds) throws IOException, InterruptedException {
      return Speed.full(load, server, seconds);
    }

    void verify() throws IOException, InterruptedException {
      try (CheckClient client = new CheckClient(load.port())) {
        client.expect(request, reason);
      }
    }
  }

  /** Arguments: the distribution, and an empty folder to work in, which gets {@code load.md}. */
  static void main(String[] arguments) throws IOException, InterruptedException {
    LoadBenchmark benchmark =
        new LoadBenchmark(
            Path.of(arguments[0]).toAbsolutePath(),
            Path.of(arguments[1]).toAbsolutePath(),
            Pace.chosen());
    benchmark.run();
    String table = benchmark.bars.markdown();
    Files.writeString(benchmark.folder.resolve("load.md"), table);
    say(table + (benchmark.bars.met() ? "Every bar is met." : "A bar is MISSED."));
  }

  private void run() throws IOException, InterruptedException {
    Path small = folder.resolve("small");
    Path large = folder.resolve("large");
    say("writing " + PolicySet.LARGE);
    PolicySet.SMALL.write(small);
    PolicySet.LARGE.write(large);

    say("starting " + STARTS + " times");
    double ready = medianStart(small);
    say("starting with " + PolicySet.LARGE);
    int noOpPort = Sallyport.freePort();
    try (Sallyport full =
            Sallyport.start(SERVER_CORE, distribution, large, folder.resolve("of-large"));
        Sallyport some =
            Sallyport.start(SERVER_CORE, distribution, small, folder.resolve("of-small"));
        MeasuredProcess noOp =
            NoOpServer.process(SERVER_CORE, noOpPort, folder.resolve("no-op.out"))) {
      noOp.checkAlive();
      load(noOp, noOpPort, some, full);
      long heap = full.liveBytes(folder);
      bars.under(
          "large set: heap after a collection",
          "%d MiB".formatted(heap >> 20),
          heap / 1048576.0,
          512,
          "MiB");
      double compiled = Figures.seconds(full.compiledIn());
      bars.under("large set: first compile", "%.1f s".formatted(compiled), compiled, 15, "s");
      bars.plain(
          "large set: from start to ready, one core",
          "%.1f s".formatted(Figures.seconds(full.readyAfter())));
      say("editing " + EDITS + " times");
      edits(full, large);
    }
    bars.under("two policies: from start to ready", "%.2f s".formatted(ready), ready, 2, "s");
  }

  private double medianStart(Path policies) throws IOException, InterruptedException {
    double[] starts = new double[STARTS];
    for (int i = 0; i < STARTS; i++) {
      try (Sallyport server =
          Sallyport.start(ALL_CORES, distribution, policies, folder.resolve("of-start"))) {
        starts[i] = Figures.seconds(server.readyAfter());
      }
    }
    return Figures.median(starts);
  }

  private void load(MeasuredProcess noOp, int noOpPort, Sallyport some, Sallyport full)
      throws IOException, InterruptedException {
    List<Target> targets =
        List.of(
            target("no-op", noOp, noOpPort, PolicySet.SMALL, Scenario.ALLOWED, "constant"),
            target("allow", some, PolicySet.SMALL, Scenario.ALLOWED),
            target("denial", some, PolicySet.SMALL, Scenario.SCOPE_INSUFFICIENT),
            target("large", full, PolicySet.LARGE, Scenario.ALLOWED));
    for (Target target : targets) {
      target.verify();
      say("warming: " + target.name);
      target.load.fullSpeed(pace.warmSeconds());
      some.forgetDecisions();
      full.forgetDecisions();
    }
    long droppedBefore = some.dropped();
    Speed[][] speeds = new Speed[targets.size()][pace.rounds()];
    for (int round = 0; round < pace.rounds(); round++) {
      for (int i = 0; i < targets.size(); i++) {
        speeds[i][round] = targets.get(i).fullSpeed(pace.roundSeconds());
        some.forgetDecisions();
        full.forgetDecisions();
      }
      say("round %d: %s".formatted(round + 1, Speed.shown(speeds, round)));
    }
    long dropped = some.dropped() - droppedBefore;
    Latency[][] latencies = new Latency[targets.size()][pace.rounds()];
    for (int round = 0; round < pace.rounds(); round++) {
      for (int i = 0; i < targets.size(); i++) {
        latencies[i][round] =
            targets
                .get(i)
                .load
                .paced(Figures.median(Speed.rates(speeds[i])) / 2, pace.roundSeconds());
        some.forgetDecisions();
        full.forgetDecisions();
      }
    }
    for (Target target : targets) {
      target.verify();
    }
    rows(speeds, latencies);
    bars.plain(
        "decision log: records dropped at full speed",
        "%.2f %%"
            .formatted(
                100.0
                    * dropped
                    / (sum(Speed.rates(speeds[1])) + sum(Speed.rates(speeds[2])))
                    / pace.roundSeconds()));
  }

  private Target target(String name, Sallyport server, PolicySet set, Scenario scenario)
      throws IOException {
    return target(name, server.process(), server.port(), set, scenario, scenario.reason());
  }

  private Target target(
      String name,
      MeasuredProcess server,
      int port,
      PolicySet set,
      Scenario scenario,
      String reason)
      throws IOException {
    Path frame = Files.write(folder.resolve(name + ".frame"), scenario.frame(set));
    return new Target(
        name, server, scenario.request(set), reason, new H2Load(LOAD_CORE, port, frame, folder));
  }

  private void rows(Speed[][] speeds, Latency[][] latencies) {
    bars.plain("no-op: requests a second", Speed.rate(speeds[0]));
    speed("allow by API key: of the no-op", speeds[1], speeds[0], 0.60);
    speed("denial, scope missing: of the no-op", speeds[2], speeds[0], 0.55);
    speed("large set: allow, of that with two policies", speeds[3], speeds[1], 0.90);
    bars.plain("no-op: p99 at half load", Latency.shown(latencies[0]));
    latency("allow by API key: p99 at half load, of the no-op's", latencies[1], latencies[0]);
    latency("denial, scope missing: p99 at half load, of the no-op's", latencies[2], latencies[0]);
    bars.plain("large set: p99 at half load", Latency.shown(latencies[3]));
  }

  private void speed(String what, Speed[] of, Speed[] to, double bar) {
    double byCpu = Figures.ratio(Speed.perCpuSecond(of), Speed.perCpuSecond(to));
    bars.atLeast(
        what,
        "%s (%.2f by CPU time)".formatted(Speed.rate(of), byCpu),
        Figures.ratio(Speed.rates(of), Speed.rates(to)),
        bar);
  }

  private void latency(String what, Latency[] of, Latency[] to) {
    bars.atMost(what, Latency.shown(of), Figures.ratio(Latency.p99(of), Latency.p99(to)), 2.5);
  }

  private void edits(Sallyport server, Path policies) throws IOException, InterruptedException {
    PolicySet set = PolicySet.LARGE;
    CheckRequest request = Scenario.ALLOWED.request(set, set.edited());
    long[] micros = new long[EDITS];
    try (CheckClient client = new CheckClient(server.port())) {
      client.expect(request, "allowed");
      for (int i = 0; i < EDITS; i++) {
        boolean revoked = i % 2 == 0;
        long renamed = set.edit(policies, revoked);
        String wanted = revoked ? "credential_revoked" : "allowed";
        while (!CheckClient.reason(client.check(request)).equals(wanted)) {
          if (System.nanoTime() - renamed > EDIT_PATIENCE.toNanos()) {
            throw new IOException(
                "an edit is not enforced after " + EDIT_PATIENCE.toSeconds() + " s");
          }
        }
        micros[i] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - renamed);
        // Not in step with anything that the server does at intervals.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20 + i * 7 % 50));
      }
    }
    Arrays.sort(micros);
    double p99 = H2Load.percentile(micros, 0.99) / 1000.0;
    bars.under(
        "large set: one edit enforced, p99",
        "%.0f ms (p50 %.0f ms)".formatted(p99, H2Load.percentile(micros, 0.5) / 1000.0),
        p99,
        250,
        "ms");
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
