package dev.sallyport.benchmarks;

import static dev.sallyport.benchmarks.Figures.median;
import static dev.sallyport.benchmarks.Figures.ratio;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.benchmarks.H2Load.Latency;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Measures what tokens cost: seen before, for the first time, many of them, and while their issuer
 * is away. Like {@link LoadBenchmark}, servers have one core and the load another.
 */
public final class CredentialBenchmark {
  private static final String SERVER_CORE = "0";
  private static final String LOAD_CORE = "1";
  private static final String HOST = "partners.example.com";
  private static final String COLLECTION = "/v1/items";

  /** The shortest that a key set is kept for. */
  private static final Duration KEYS_FRESH_FOR = Duration.ofMinutes(1);

  private static final int LIVE_TOKENS = 10_000;

  /** Of new tokens at the promised rate: to mint them takes much longer. */
  private static final int FIRST_SIGHT_SECONDS = 2;

  /** New tokens a second beside callers that are known. */
  private static final int NEW_A_SECOND = 500;

  private final Path distribution;
  private final Path folder;
  private final Pace pace;
  private final Bars bars = new Bars();

  private CredentialBenchmark(Path distribution, Path folder, Pace pace) {
    this.distribution = distribution;
    this.folder = folder;
    this.pace = pace;
  }

  /**
   * Arguments: the distribution, and an empty folder to work in, which gets {@code credentials.md}.
   */
  static void main(String[] arguments) throws IOException, InterruptedException {
    CredentialBenchmark benchmark =
        new CredentialBenchmark(
            Path.of(arguments[0]).toAbsolutePath(),
            Path.of(arguments[1]).toAbsolutePath(),
            Pace.chosen());
    benchmark.run();
    String table = benchmark.bars.markdown();
    Files.writeString(benchmark.folder.resolve("credentials.md"), table);
    say(table + (benchmark.bars.met() ? "Every bar is met." : "A bar is MISSED."));
  }

  private void run() throws IOException, InterruptedException {
    int noOpPort = Sallyport.freePort();
    try (TokenMint mint = TokenMint.start(KEYS_FRESH_FOR)) {
      Path policies = policies(mint);
      try (Sallyport server =
              Sallyport.start(SERVER_CORE, distribution, policies, folder.resolve("of-tokens"));
          MeasuredProcess noOp =
              NoOpServer.process(SERVER_CORE, noOpPort, folder.resolve("no-op.out"))) {
        noOp.checkAlive();
        if (isWanted("new")) {
          firstSight(server, mint, JWSAlgorithm.RS256, 8000);
          firstSight(server, mint, JWSAlgorithm.ES256, 5000);
        }
        if (isWanted("live")) {
          liveTokens(server, mint);
        }
        CheckRequest known = request(mint.token(JWSAlgorithm.RS256));
        H2Load load = load("known", server.port(), known);
        if (isWanted("known")) {
          cached(server, noOp, load("no-op", noOpPort, known), known, load);
        }
        if (isWanted("beside")) {
          besideNewOnes(server, mint, load);
        }
        if (isWanted("outage")) {
          outage(server, mint, known, load);
        }
      }
    }
  }

  /** {@code BENCH_ONLY}: a regular expression of the parts to measure. */
  private static boolean isWanted(String part) {
    String only = System.getenv("BENCH_ONLY");
    return only == null || part.matches(only);
  }

  /** One API whose callers have tokens, a scope, and a limit that nobody reaches. */
  private Path policies(TokenMint mint) throws IOException {
    Path policies = Files.createDirectories(folder.resolve("tokens"));
    Files.writeString(
        policies.resolve("partners.yaml"),
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: TokenIssuer
        metadata: {name: partners, namespace: partners}
        spec:
          issuer: %s
          jwks: {uri: "%s"}
          audiences: [https://api.example.com]
          profile: AccessToken
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: items, namespace: partners}
        spec:
          hosts: [%s]
          authentication:
            methods: [{name: partners, jwt: {issuerRef: {name: partners}}}]
          rateLimits:
          - {name: per-identity, per: [identity], requests: 1000000, window: 1s, burst: 1000000000}
          operations:
          - {name: read-item, match: [{methods: [GET], path: "%s/{id}"}], scopes: [items:read]}
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: acme, namespace: partners}
        spec:
          type: Partner
          owner: {team: integrations, contact: integrations@example.com}
          credentials: [{name: oauth, oauthClient: {issuerRef: {name: partners}, clientId: %s}}]
          grants: {scopes: [items:read]}
        """
            .formatted(TokenMint.ISSUER, mint.keySet(), HOST, COLLECTION, TokenMint.CLIENT));
    return policies;
  }

  private static CheckRequest request(String token) {
    HeaderValue credential = Scenario.header("authorization", "Bearer " + token);
    return Scenario.ALLOWED.request(HOST, COLLECTION, credential);
  }

  private H2Load load(String name, int port, CheckRequest request) throws IOException {
    Path frame = Files.write(folder.resolve(name + ".frame"), Scenario.frame(request));
    return new H2Load(LOAD_CORE, port, frame, folder);
  }

  private static List<CheckRequest> requests(TokenMint mint, JWSAlgorithm algorithm, int count) {
    return mint.tokens(algorithm, count).stream().map(CredentialBenchmark::request).toList();
  }

  /** Tokens that were never seen, one after the other. */
  private void firstSight(Sallyport server, TokenMint mint, JWSAlgorithm algorithm, int bar)
      throws IOException, InterruptedException {
    int aRound = bar * FIRST_SIGHT_SECONDS;
    double[] rates = new double[pace.rounds()];
    double[] perCpuSecond = new double[pace.rounds()];
    warm(server, mint, algorithm);
    try (CheckFlood flood = new CheckFlood(server.port())) {
      flood.all(requests(mint, algorithm, aRound));
      for (int round = 0; round < rates.length; round++) {
        List<CheckRequest> requests = requests(mint, algorithm, aRound);
        Duration before = server.process().cpuTime();
        CheckFlood.Outcome outcome = flood.all(requests);
        long allowed = outcome.allowed();
        if (allowed < 0.99 * aRound) {
          throw new IOException("of new tokens hardly any may be late: " + outcome.reasons());
        }
        rates[round] = outcome.rate() * allowed / aRound;
        perCpuSecond[round] = allowed / Figures.seconds(server.process().cpuTime().minus(before));
        server.forgetDecisions();
      }
    }
    bars.atLeast(
        "new tokens by %s".formatted(algorithm),
        String.format(
            Locale.ROOT, "%,.0f/s (%,.0f/s by CPU time)", median(rates), median(perCpuSecond)),
        median(rates),
        bar,
        "/s");
  }

  /** Tokens that fail cost what those cost that don't. */
  private void warm(Sallyport server, TokenMint mint, JWSAlgorithm algorithm)
      throws IOException, InterruptedException {
    say("warming: new tokens by " + algorithm);
    load("forged", server.port(), request(mint.forged(algorithm))).fullSpeed(pace.warmSeconds());
    server.forgetDecisions();
  }

  private void liveTokens(Sallyport server, TokenMint mint)
      throws IOException, InterruptedException {
    say("presenting " + LIVE_TOKENS + " tokens that are all remembered");
    try (Sallyport fresh =
            Sallyport.start(
                SERVER_CORE, distribution, folder.resolve("tokens"), folder.resolve("of-live"));
        CheckFlood flood = new CheckFlood(fresh.port())) {
      // While it is cold, some take longer than a decision may.
      flood.all(requests(mint, JWSAlgorithm.RS256, 2000));
      long before = fresh.liveBytes(folder);
      List<CheckRequest> requests = requests(mint, JWSAlgorithm.RS256, LIVE_TOKENS);
      flood.all(requests);
      // Those that were late come once more.
      expectAllowed(flood.all(requests));
      double misses = misses(fresh);
      expectAllowed(flood.all(requests));
      if (misses(fresh) != misses) {
        throw new IOException("not all of the tokens were remembered");
      }
      long bytes = fresh.liveBytes(folder) - before;
      bars.under(
          "10,000 live tokens: heap after a collection",
          String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0),
          bytes / 1048576.0,
          64,
          "MiB");
    }
    server.forgetDecisions();
  }

  private static double misses(Sallyport server) throws IOException, InterruptedException {
    return server.metrics().stream()
        .filter(line -> line.startsWith("sallyport_credential_cache"))
        .filter(line -> line.contains("miss"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private void cached(
      Sallyport server, MeasuredProcess noOp, H2Load noOpLoad, CheckRequest known, H2Load load)
      throws IOException, InterruptedException {
    try (CheckClient client = new CheckClient(server.port())) {
      client.expect(known, "allowed");
    }
    say("warming: no-op and a token that is known");
    noOpLoad.fullSpeed(pace.warmSeconds());
    load.fullSpeed(pace.warmSeconds());
    Speed[][] speeds = new Speed[2][pace.rounds()];
    for (int round = 0; round < pace.rounds(); round++) {
      speeds[0][round] = Speed.full(noOpLoad, noOp, pace.roundSeconds());
      speeds[1][round] = Speed.full(load, server.process(), pace.roundSeconds());
      server.forgetDecisions();
      say("round %d: %s".formatted(round + 1, Speed.shown(speeds, round)));
    }
    bars.plain("no-op: requests a second", Speed.rate(speeds[0]));
    bars.atLeast(
        "allow by a token that is known: of the no-op",
        "%s (%.2f by CPU time)"
            .formatted(
                Speed.rate(speeds[1]),
                ratio(Speed.perCpuSecond(speeds[1]), Speed.perCpuSecond(speeds[0]))),
        ratio(Speed.rates(speeds[1]), Speed.rates(speeds[0])),
        0.55);
  }

  private void besideNewOnes(Sallyport server, TokenMint mint, H2Load load)
      throws IOException, InterruptedException {
    int seconds = pace.roundSeconds();
    double rate = load.fullSpeed(pace.warmSeconds()) / 4;
    Latency[] alone = new Latency[pace.rounds()];
    Latency[] beside = new Latency[pace.rounds()];
    say("known callers beside " + NEW_A_SECOND + " new tokens a second");
    try (CheckFlood flood = new CheckFlood(server.port())) {
      for (int round = 0; round < pace.rounds(); round++) {
        alone[round] = load.paced(rate, seconds);
        List<CheckRequest> requests =
            requests(mint, JWSAlgorithm.ES256, NEW_A_SECOND * (seconds + 1));
        CompletableFuture<CheckFlood.Outcome> arriving =
            CompletableFuture.supplyAsync(() -> present(flood, requests));
        beside[round] = load.paced(rate, seconds);
        expectAllowed(arriving.join());
        server.forgetDecisions();
      }
    }
    bars.plain("known callers alone: p99", Latency.shown(alone));
    bars.atMost(
        "known callers beside %d new tokens a second: p99".formatted(NEW_A_SECOND),
        Latency.shown(beside),
        ratio(Latency.p99(beside), Latency.p99(alone)),
        1.5);
  }

  private static CheckFlood.Outcome present(CheckFlood flood, List<CheckRequest> requests) {
    try {
      return flood.paced(requests, NEW_A_SECOND);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The issuer goes away for five minutes; its keys get old in the first of them. */
  private void outage(Sallyport server, TokenMint mint, CheckRequest known, H2Load load)
      throws IOException, InterruptedException {
    Duration length = Duration.ofMinutes("quick".equals(System.getenv("BENCH")) ? 2 : 5);
    // Cold, a new token may take longer than a decision; what the outage does to it is asked here.
    warm(server, mint, JWSAlgorithm.ES256);
    try (CheckFlood flood = new CheckFlood(server.port())) {
      flood.all(requests(mint, JWSAlgorithm.ES256, 2000));
    }
    say("the issuer goes away for " + length.toMinutes() + " minutes");
    List<CheckRequest> unseen = requests(mint, JWSAlgorithm.ES256, 1000);
    try (CheckClient client = new CheckClient(server.port())) {
      client.expect(known, "allowed");
    }
    load.fullSpeed(pace.warmSeconds());
    Speed[] before = new Speed[pace.rounds()];
    for (int round = 0; round < before.length; round++) {
      before[round] = Speed.full(load, server.process(), pace.roundSeconds());
      server.forgetDecisions();
    }
    double denied = denied(server);
    mint.close();
    int rounds = (int) (length.toSeconds() / pace.roundSeconds());
    Speed[] during = new Speed[rounds];
    for (int round = 0; round < rounds; round++) {
      during[round] = Speed.full(load, server.process(), pace.roundSeconds());
      server.forgetDecisions();
    }
    if (denied(server) != denied) {
      throw new IOException("an outage of the issuer denied somebody whose key is known");
    }
    try (CheckFlood flood = new CheckFlood(server.port())) {
      expectAllowed(flood.paced(unseen, NEW_A_SECOND));
    }
    bars.atLeast(
        "issuer away for %d minutes: of the speed before, by CPU time; nobody denied"
            .formatted(length.toMinutes()),
        Speed.rate(during),
        median(Speed.perCpuSecond(during)) / median(Speed.perCpuSecond(before)),
        0.95);
  }

  private static double denied(Sallyport server) throws IOException, InterruptedException {
    return server.metrics().stream()
        .filter(line -> line.startsWith("sallyport_decisions"))
        .filter(line -> line.contains("verdict=\"deny\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private static void expectAllowed(CheckFlood.Outcome outcome) throws IOException {
    if (!outcome.reasons().keySet().equals(Set.of("allowed"))) {
      throw new IOException("expected only allows, got " + outcome.reasons());
    }
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
