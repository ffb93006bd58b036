package dev.sallyport.benchmarks;

import dev.sallyport.e2e.CheckAddress;
import dev.sallyport.e2e.EnvoyProcess;
import dev.sallyport.e2e.LocalCluster;
import dev.sallyport.e2e.RawRequest;
import dev.sallyport.e2e.Upstream;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/**
 * Measures the distribution on an API server that holds many objects: how soon it is ready, what it
 * keeps in memory, how soon an edit is enforced, and what it costs to do nothing.
 *
 * <p>etcd, the API server, Envoy and Sallyport share the machine, so the figures are upper bounds.
 */
public final class ClusterBenchmark {
  private static final int EDITS = 100;
  private static final int APPLIES = 20;
  private static final int WRITERS = 16;
  private static final Duration EDIT_PATIENCE = Duration.ofSeconds(10);
  private static final Duration CALM_PATIENCE = Duration.ofMinutes(30);
  private static final Duration IDLE = Duration.ofSeconds(60);

  private final Path distribution;
  private final Path folder;
  private final PolicySet set;
  private final Bars bars = new Bars();

  private ClusterBenchmark(Path distribution, Path folder, PolicySet set) {
    this.distribution = distribution;
    this.folder = folder;
    this.set = set;
  }

  /** Arguments: the distribution, and an empty folder to work in, which gets {@code cluster.md}. */
  static void main(String[] arguments)
      throws IOException, InterruptedException, ExecutionException {
    boolean quick = String.valueOf(System.getenv("BENCH")).equals("quick");
    ClusterBenchmark benchmark =
        new ClusterBenchmark(
            Path.of(arguments[0]).toAbsolutePath(),
            Path.of(arguments[1]).toAbsolutePath(),
            quick ? new PolicySet(500, 20, 5_000) : PolicySet.CLUSTER);
    benchmark.run();
    String table = benchmark.bars.markdown();
    Files.writeString(benchmark.folder.resolve("cluster.md"), table);
    say(table + (benchmark.bars.met() ? "Every bar is met." : "A bar is MISSED."));
  }

  private void run() throws IOException, InterruptedException, ExecutionException {
    try (LocalCluster cluster = LocalCluster.start(folder.resolve("cluster"))) {
      cluster.installDefinitions();
      say("creating " + set);
      create(cluster.client());
      follower(cluster);
      leader(cluster);
    }
  }

  /** One that writes no status, as most replicas: nothing else happens meanwhile. */
  private void follower(LocalCluster cluster) throws IOException, InterruptedException {
    say("starting one that writes no status");
    try (Sallyport server = start(cluster, "Never");
        Upstream upstream = Upstream.start();
        EnvoyProcess envoy = envoy(upstream, server)) {
      ready(server);
      heap(server);
      say("editing " + EDITS + " times");
      row(
          "one edit enforced through Envoy, from the request to the API server",
          edits(cluster.client(), envoy));
      applies(cluster, envoy);
      propagation(server);
      idle(server, "");
    }
  }

  /** One that has every status to write. */
  private void leader(LocalCluster cluster) throws IOException, InterruptedException {
    say("starting one that writes every status");
    try (Sallyport server = start(cluster, "Write");
        Upstream upstream = Upstream.start();
        EnvoyProcess envoy = envoy(upstream, server)) {
      ready(server);
      // Nothing was promised of this: the API server has 100 statuses a second to take besides.
      Spread spread = Spread.of(edits(cluster.client(), envoy));
      bars.plain(
          "the same while the first statuses of all objects are written",
          "p50 %.0f ms, p99 %.0f ms".formatted(spread.p50(), spread.p99()));
      Duration calm = awaitCalm(server);
      bars.plain("until every status is written, after that", "%.0f s".formatted(seconds(calm)));
      heap(server);
      idle(server, ", of the leader");
    }
  }

  private Sallyport start(LocalCluster cluster, String status)
      throws IOException, InterruptedException {
    return Sallyport.startOnCluster(
        distribution,
        cluster.kubeconfig(),
        status,
        folder.resolve("of-cluster-" + status),
        "-Xmx768m");
  }

  private EnvoyProcess envoy(Upstream upstream, Sallyport server) {
    return EnvoyProcess.start(
        EnvoyProcess.Settings.of(
            folder.resolve("envoy-" + server.port()),
            upstream,
            new CheckAddress.Port(server.port())));
  }

  private void ready(Sallyport server) throws IOException {
    double ready = seconds(server.readyAfter());
    bars.under(
        "from start to ready",
        "%.1f s (compiled in %.1f s)".formatted(ready, seconds(server.compiledIn())),
        ready,
        30,
        "s");
    say("ready after %.1f s".formatted(ready));
  }

  private void create(KubernetesClient client) throws InterruptedException, ExecutionException {
    long began = System.nanoTime();
    try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
      List<Future<?>> done = new ArrayList<>();
      for (String namespace : set.namespaces()) {
        done.add(
            writers.submit(() ->
                create(
                    client,
                    "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + namespace + "}")));
      }
      join(done);
      submit(writers, done, client, set.policies(), set::policyYaml);
      submit(writers, done, client, set.identities(), i -> set.identityYaml(i, false));
      join(done);
    }
    say("created in %.0f s".formatted((System.nanoTime() - began) / 1e9));
  }

  private static void submit(
      ExecutorService writers,
      List<Future<?>> done,
      KubernetesClient client,
      int count,
      IntFunction<String> yaml) {
    for (int i = 0; i < count; i++) {
      int index = i;
      done.add(writers.submit(() -> create(client, yaml.apply(index))));
    }
  }

  private static void join(List<Future<?>> done) throws InterruptedException, ExecutionException {
    for (Future<?> one : done) {
      one.get();
    }
    done.clear();
  }

  private static void create(KubernetesClient client, String yaml) {
    GenericKubernetesResource object =
        client.getKubernetesSerialization().unmarshal(yaml, GenericKubernetesResource.class);
    client.resource(object).create();
  }

  /** Waits until it has nothing more to write, and says how long that took. */
  private static Duration awaitCalm(Sallyport server) throws IOException {
    long began = System.nanoTime();
    int quiet = 0;
    Duration before = server.process().cpuTime();
    while (quiet < 3) {
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(5));
      server.process().checkAlive();
      Duration now = server.process().cpuTime();
      quiet = now.minus(before).toMillis() < 150 ? quiet + 1 : 0;
      before = now;
      if (System.nanoTime() - began > CALM_PATIENCE.toNanos()) {
        throw new IOException("it never comes to rest");
      }
    }
    return Duration.ofNanos(System.nanoTime() - began).minusSeconds(15);
  }

  private void heap(Sallyport server) throws IOException, InterruptedException {
    long heap = server.liveBytes(folder);
    bars.under(
        "heap after a collection", "%d MiB".formatted(heap >> 20), heap / 1048576.0, 768, "MiB");
  }

  /** By the request that {@code kubectl} makes, from when it is sent. */
  private long[] edits(KubernetesClient client, EnvoyProcess envoy) throws IOException {
    long[] micros = new long[EDITS];
    for (int i = 0; i < EDITS; i++) {
      boolean revoked = i % 2 == 0;
      long sent = System.nanoTime();
      client
          .genericKubernetesResources("sallyport.dev/v1alpha1", "NonHumanIdentity")
          .inNamespace(set.namespace(set.policy()))
          .withName(set.identityName(set.edited()))
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"spec\":{\"state\":\"" + (revoked ? "Revoked" : "Active") + "\"}}");
      awaitAnswer(envoy, revoked, sent);
      micros[i] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sent);
      // Not in step with anything that happens at intervals.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20 + i * 7 % 50));
    }
    return micros;
  }

  /** By {@code kubectl apply} itself, from when it says that it is done. */
  private void applies(LocalCluster cluster, EnvoyProcess envoy) throws IOException {
    long[] micros = new long[APPLIES];
    for (int i = 0; i < APPLIES; i++) {
      boolean revoked = i % 2 == 0;
      cluster
          .kubectlReading(
              set.identityYaml(set.edited(), false)
                  .replace("spec:\n", "spec:\n  state: " + (revoked ? "Revoked" : "Active") + '\n'),
              "apply",
              "--server-side",
              "--force-conflicts",
              "-f",
              "-")
          .orThrow();
      long done = System.nanoTime();
      awaitAnswer(envoy, revoked, done);
      micros[i] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - done);
    }
    row("one edit enforced through Envoy, from the end of `kubectl apply`", micros);
  }

  /** In milliseconds. */
  private record Spread(double p50, double p99) {
    static Spread of(long[] micros) {
      Arrays.sort(micros);
      return new Spread(
          H2Load.percentile(micros, 0.5) / 1000.0, H2Load.percentile(micros, 0.99) / 1000.0);
    }
  }

  private void row(String what, long[] micros) {
    Spread spread = Spread.of(micros);
    bars.under(what + ", p50", "%.0f ms".formatted(spread.p50()), spread.p50(), 100, "ms");
    bars.under(what + ", p99", "%.0f ms".formatted(spread.p99()), spread.p99(), 500, "ms");
  }

  private void awaitAnswer(EnvoyProcess envoy, boolean revoked, long since) throws IOException {
    RawRequest request =
        RawRequest.get(set.host(set.policy()), set.path(0) + "/1")
            .with("X-API-Key", set.key(set.edited()));
    int wanted = revoked ? 403 : 200;
    while (envoy.send(request).status() != wanted) {
      if (System.nanoTime() - since > EDIT_PATIENCE.toNanos()) {
        throw new IOException("an edit is not enforced after " + EDIT_PATIENCE.toSeconds() + " s");
      }
    }
  }

  /** What the server says of itself, from an event's arrival to its enforcement. */
  private void propagation(Sallyport server) throws IOException, InterruptedException {
    double count = 0;
    double sum = 0;
    for (String line : server.metrics()) {
      if (line.startsWith("sallyport_policy_propagation_seconds_count")) {
        count = value(line);
      } else if (line.startsWith("sallyport_policy_propagation_seconds_sum")) {
        sum = value(line);
      }
    }
    bars.plain(
        "mean of `sallyport.policy.propagation`, the first read included",
        String.format(Locale.ROOT, "%.0f ms of %.0f", sum / count * 1000, count));
  }

  private static double value(String line) {
    return Double.parseDouble(line.substring(line.lastIndexOf(' ')));
  }

  private void idle(Sallyport server, String whose) {
    say("doing nothing for " + IDLE.toSeconds() + " s");
    Duration before = server.process().cpuTime();
    LockSupport.parkNanos(IDLE.toNanos());
    double share = 100 * seconds(server.process().cpuTime().minus(before)) / seconds(IDLE);
    bars.under("CPU of one core at rest" + whose, "%.2f %%".formatted(share), share, 1, "%");
    say("%.2f %% of a core".formatted(share));
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
