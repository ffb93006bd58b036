package dev.sallyport.server.telemetry;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of Sallyport. Every label comes from a fixed set or from declared objects, never from
 * a request: no path, no identity, no address. Thread-safe.
 */
final class Metrics {
  private static final AttributeKey<String> POLICY = AttributeKey.stringKey("policy");
  private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("operation");
  private static final AttributeKey<String> VERDICT = AttributeKey.stringKey("verdict");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("reason");
  private static final AttributeKey<String> IDENTITY_TYPE = AttributeKey.stringKey("identity.type");
  private static final AttributeKey<String> LIMIT = AttributeKey.stringKey("limit");
  private static final AttributeKey<String> STATE = AttributeKey.stringKey("state");
  private static final AttributeKey<String> PHASE = AttributeKey.stringKey("phase");
  private static final AttributeKey<String> DEPENDENCY = AttributeKey.stringKey("dependency");
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("outcome");
  private static final AttributeKey<String> SINK = AttributeKey.stringKey("sink");

  /** Label sets kept ready. When that many were seen, all are forgotten and built anew. */
  private static final int READY_LIMIT = 20_000;

  private final Meter meter;
  private final LongCounter decisions;
  private final DoubleHistogram checkDuration;
  private final DoubleHistogram policyPropagation;
  private final DoubleHistogram dependencyDuration;
  private final LongCounter limitsExceeded;

  private final Map<DecisionLabels, Attributes> decisionLabels = new ConcurrentHashMap<>();
  private final Map<LimitLabels, Attributes> limitLabels = new ConcurrentHashMap<>();

  private record DecisionLabels(
      @Nullable ObjectKey policy,
      @Nullable String operation,
      boolean allowed,
      Reason reason,
      @Nullable String identityType) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof DecisionLabels labels
          && allowed == labels.allowed
          && reason == labels.reason
          && Objects.equals(operation, labels.operation)
          && Objects.equals(policy, labels.policy)
          && Objects.equals(identityType, labels.identityType);
    }

    @Override
    public int hashCode() {
      int names = 31 * Objects.hashCode(operation) + Objects.hashCode(policy);
      return 31 * (31 * names + reason.hashCode()) + Objects.hashCode(identityType);
    }

    Attributes attributes() {
      AttributesBuilder attributes =
          Attributes.builder().put(VERDICT, allowed ? "allow" : "deny").put(REASON, reason.code());
      if (policy != null) {
        attributes.put(POLICY, policy.qualifiedName());
      }
      if (operation != null) {
        attributes.put(OPERATION, operation);
      }
      if (identityType != null) {
        attributes.put(IDENTITY_TYPE, identityType);
      }
      return attributes.build();
    }
  }

  private record LimitLabels(@Nullable ObjectKey policy, String limit) {
    Attributes attributes() {
      AttributesBuilder attributes = Attributes.builder().put(LIMIT, limit);
      if (policy != null) {
        attributes.put(POLICY, policy.qualifiedName());
      }
      return attributes.build();
    }
  }

  Metrics(Meter meter) {
    this.meter = meter;
    this.decisions =
        meter.counterBuilder("sallyport.decisions").setDescription("Decisions").build();
    this.checkDuration =
        meter
            .histogramBuilder("sallyport.check.duration")
            .setUnit("s")
            .setDescription("From the arrival of a request to its verdict")
            .setExplicitBucketBoundariesAdvice(
                List.of(
                    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                    0.15, 0.2, 0.5, 1.0))
            .build();
    this.policyPropagation =
        meter
            .histogramBuilder("sallyport.policy.propagation")
            .setUnit("s")
            .setDescription("From a change of an object to its enforcement")
            .setExplicitBucketBoundariesAdvice(
                List.of(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0))
            .build();
    this.dependencyDuration =
        meter
            .histogramBuilder("sallyport.dependency.duration")
            .setUnit("s")
            .setDescription("How long something that decisions need took to answer")
            .setExplicitBucketBoundariesAdvice(
                List.of(
                    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
                    10.0))
            .build();
    this.limitsExceeded =
        meter
            .counterBuilder("sallyport.ratelimit.exceeded")
            .setDescription("Requests that found a rate limit exceeded, enforced or not")
            .build();
  }

  void decided(Decision decision, long durationNanos) {
    Facts facts = decision.facts();
    Facts.IdentityUse identity = facts.identity();
    var labels =
        new DecisionLabels(
            facts.policy(),
            facts.operation(),
            decision.allowed(),
            decision.reason(),
            identity == null ? null : identity.type());
    Attributes attributes = decisionLabels.get(labels);
    if (attributes == null) {
      attributes = labels.attributes();
      keep(decisionLabels, labels, attributes);
    }
    decisions.add(1, attributes);
    checkDuration.record(Math.max(0, durationNanos) / 1e9, Attributes.empty());
    List<Facts.LimitUse> limits = facts.limits();
    for (int i = 0; i < limits.size(); i++) {
      if (limits.get(i).exceeded()) {
        exceeded(new LimitLabels(facts.policy(), limits.get(i).name()));
      }
    }
  }

  private void exceeded(LimitLabels labels) {
    Attributes attributes = limitLabels.get(labels);
    if (attributes == null) {
      attributes = labels.attributes();
      keep(limitLabels, labels, attributes);
    }
    limitsExceeded.add(1, attributes);
  }

  private static <L> void keep(Map<L, Attributes> ready, L labels, Attributes attributes) {
    if (ready.size() >= READY_LIMIT) {
      ready.clear();
    }
    ready.put(labels, attributes);
  }

  void propagated(Duration duration) {
    policyPropagation.record(seconds(duration), Attributes.empty());
  }

  void answered(String dependency, String outcome, Duration duration) {
    dependencyDuration.record(
        seconds(duration), Attributes.of(DEPENDENCY, dependency, OUTCOME, outcome));
  }

  private static double seconds(Duration duration) {
    return Math.max(0, duration.toNanos() / 1e9);
  }

  void policies(Supplier<Map<String, Integer>> byState) {
    meter
        .gaugeBuilder("sallyport.policies")
        .ofLongs()
        .setDescription("ApiPolicies")
        .buildWithCallback(measurement -> observe(measurement, STATE, byState.get()));
  }

  void issuers(Supplier<Map<String, Integer>> byState) {
    meter
        .gaugeBuilder("sallyport.issuers")
        .ofLongs()
        .setDescription("TokenIssuers whose keys are fetched, or that could not be asked")
        .buildWithCallback(measurement -> observe(measurement, STATE, byState.get()));
  }

  void identities(Supplier<Map<String, Integer>> byPhase) {
    meter
        .gaugeBuilder("sallyport.identities")
        .ofLongs()
        .setDescription("NonHumanIdentities")
        .buildWithCallback(measurement -> observe(measurement, PHASE, byPhase.get()));
  }

  private static void observe(
      ObservableLongMeasurement measurement,
      AttributeKey<String> label,
      Map<String, Integer> counts) {
    counts.forEach((value, count) -> measurement.record(count, Attributes.of(label, value)));
  }

  void rateLimitCounters(LongSupplier keys, LongSupplier evicted) {
    gauge("sallyport.ratelimit.keys", "Rate-limit counters in memory", keys);
    counter(
        "sallyport.ratelimit.evicted",
        "Rate-limit counters that were forgotten to make room",
        evicted);
  }

  void proofs(LongSupplier held, LongSupplier turnedAway) {
    gauge("sallyport.dpop.proofs", "Used proofs of possession in memory", held);
    counter(
        "sallyport.dpop.turned_away",
        "Proofs of possession that there was no room to remember",
        turnedAway);
  }

  void statusWriter(
      BooleanSupplier leads, LongSupplier writes, LongSupplier failures, LongSupplier lostEvents) {
    gauge(
        "sallyport.leader",
        "1 where this replica writes the statuses",
        () -> leads.getAsBoolean() ? 1 : 0);
    counter("sallyport.status.writes", "Statuses that were written", writes);
    counter("sallyport.status.failures", "Writes of a status that failed", failures);
    counter("sallyport.events.dropped", "Kubernetes Events that were not written", lostEvents);
  }

  void credentialCaches(List<Telemetry.CredentialCache> caches) {
    counter(
        "sallyport.credential.cache.hits",
        "Verified credentials found again",
        () -> caches.stream().mapToLong(cache -> cache.hits().getAsLong()).sum());
    counter(
        "sallyport.credential.cache.misses",
        "Credentials that had to be verified",
        () -> caches.stream().mapToLong(cache -> cache.misses().getAsLong()).sum());
    gauge(
        "sallyport.credential.cache.size",
        "Verified credentials that are remembered",
        () -> caches.stream().mapToLong(cache -> cache.size().getAsLong()).sum());
  }

  void decisionLogs(List<DecisionLog> logs) {
    counter(
        "sallyport.decision_log.dropped",
        "Decisions that were not written",
        () -> logs.stream().mapToLong(DecisionLog::dropped).sum());
    meter
        .counterBuilder("sallyport.decision_log.failures")
        .setDescription("Writes of the decision log that failed")
        .buildWithCallback(measurement -> {
          for (DecisionLog log : logs) {
            measurement.record(log.failures(), Attributes.of(SINK, log.sinkName()));
          }
        });
  }

  private void gauge(String name, String description, LongSupplier value) {
    meter
        .gaugeBuilder(name)
        .ofLongs()
        .setDescription(description)
        .buildWithCallback(measurement -> measurement.record(value.getAsLong()));
  }

  private void counter(String name, String description, LongSupplier value) {
    meter
        .counterBuilder(name)
        .setDescription(description)
        .buildWithCallback(measurement -> measurement.record(value.getAsLong()));
  }
}
