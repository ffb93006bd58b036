package dev.sallyport.cli;

import dev.sallyport.engine.Assumption;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.NonceSource;
import dev.sallyport.engine.authenticate.Possession;
import dev.sallyport.engine.authenticate.TokenIntrospector;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.TokenVerifier;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.receive.Request;
import dev.sallyport.engine.snapshot.Snapshot;
import dev.sallyport.server.Wiring;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.proofs.LocalReplayStore;
import dev.sallyport.server.quota.LocalQuotaStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Runs policy tests, each as if nothing had been asked before, and without asking anybody: remote
 * key sets, issuers and API servers are out of reach, and their tokens are then unavailable.
 */
final class TestRun {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int PROOFS = 1000;

  private final Configuration configuration;
  private final ConfiguredRegions regions;
  private final NonceSource nonces;
  private final LongSupplier nanoTime;

  /**
   * @param nanoTime a clock for durations
   */
  TestRun(
      Configuration configuration,
      ConfiguredRegions regions,
      NonceSource nonces,
      LongSupplier nanoTime) {
    this.configuration = configuration;
    this.regions = regions;
    this.nonces = nonces;
    this.nanoTime = nanoTime;
  }

  /**
   * What a test came to.
   *
   * @param mismatches empty where it passed
   */
  record Result(
      PolicyTest test, Decision decision, List<Expected.Mismatch> mismatches, Duration took) {
    Result {
      mismatches = List.copyOf(mismatches);
    }

    boolean passed() {
      return mismatches.isEmpty();
    }
  }

  Result run(PolicyTest test, Snapshot snapshot) {
    long started = nanoTime.getAsLong();
    Decision decision = decide(test, snapshot);
    List<Expected.Mismatch> mismatches = new ArrayList<>(test.expected().mismatches(decision));
    Assumption caller = test.caller();
    if (caller != null && caller.identity() != null && !exists(caller.identity(), snapshot)) {
      // What is misspelt must not pass as a caller who is refused.
      mismatches.addFirst(
          new Expected.Mismatch("as", "identity " + caller.identity(), "nobody of that name"));
    }
    return new Result(test, decision, mismatches, Duration.ofNanos(nanoTime.getAsLong() - started));
  }

  private static boolean exists(String identity, Snapshot snapshot) {
    return snapshot.identities().registrations().stream()
        .map(registration -> registration.identity().key())
        .anyMatch(key -> isNamed(key, identity));
  }

  private static boolean isNamed(ObjectKey key, String identity) {
    return identity.indexOf('/') < 0
        ? key.name().equals(identity)
        : key.qualifiedName().equals(identity);
  }

  private Decision decide(PolicyTest test, Snapshot snapshot) {
    long[] elapsed = {0};
    LocalQuotaStore quotas =
        new LocalQuotaStore(configuration.limits().quotaKeys(), () -> elapsed[0]);
    Request.Bounds bounds = Wiring.bounds(configuration.limits());
    Pipeline pipeline =
        test.caller() == null
            ? new Pipeline(verifiers(), sources(test), quotas, bounds)
            : Pipeline.assuming(test.caller(), sources(test), quotas, bounds);
    Decision last = null;
    for (int n = 0; n < test.repeat(); n++) {
      elapsed[0] = test.every().multipliedBy(n).toNanos();
      Inbound inbound = test.inbound(n);
      last =
          switch (pipeline.decide(inbound, snapshot, Patience.until(inbound.at().plus(PATIENCE)))) {
            case Pipeline.Answer.Decided(var decision) -> decision;
            case Pipeline.Answer.Waits() ->
                throw new IllegalStateException("a decision that may wait does not ask to");
          };
    }
    if (last == null) {
      throw new IllegalStateException("a test is asked at least once");
    }
    return last;
  }

  private Verifiers verifiers() {
    return new Verifiers(
        new TokenVerifier(KeySource.NONE, TokenIntrospector.NONE),
        TokenReviewer.NONE,
        Wiring.certificates(configuration.client()),
        new Possession(new LocalReplayStore(PROOFS, 0), nonces));
  }

  private SourceLocator sources(PolicyTest test) {
    int hops = configuration.client().trustedHops();
    String header = configuration.regions().header();
    return test.inRegion()
        ? new SourceLocator(
            hops, TestRequest.regionHeader(header), regions.ranges(), RegionSource.NONE)
        : new SourceLocator(hops, header, regions.ranges(), regions.database());
  }
}
