package dev.sallyport.server.telemetry;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.server.DecisionListener;
import dev.sallyport.server.IssuerState;
import dev.sallyport.server.SnapshotListener;
import dev.sallyport.server.admin.MetricsPage;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.Configuration.Sink;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.exporter.prometheus.PrometheusMetricReader;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.opentelemetry.sdk.resources.Resource;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that Sallyport says about itself and its decisions. Thread-safe; nothing of it blocks
 * a decision, and a collector or a disk that fails harms only what would have gone there.
 */
public final class Telemetry
    implements DecisionListener, SnapshotListener, MetricsPage, AutoCloseable {
  private static final AttributeKey<String> SERVICE_NAME = AttributeKey.stringKey("service.name");

  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

  private final OpenTelemetrySdk sdk;
  private final PrometheusMetricReader reader;
  private final Metrics metrics;

  /** Null where spans go nowhere, so that none are made. */
  private final @Nullable Spans spans;

  private final List<DecisionLog> logs;
  private final double sampleAllowed;

  /** What is in force; written by the loader's thread. Null until the first snapshot stands. */
  private volatile @Nullable Compilation inForce;

  private Telemetry(
      OpenTelemetrySdk sdk,
      PrometheusMetricReader reader,
      @Nullable Spans spans,
      List<DecisionLog> logs,
      double sampleAllowed,
      InstantSource clock) {
    this.sdk = sdk;
    this.reader = reader;
    this.metrics = new Metrics(sdk.getMeter("dev.sallyport"));
    this.spans = spans;
    this.logs = List.copyOf(logs);
    this.sampleAllowed = sampleAllowed;
    metrics.decisionLogs(this.logs);
    metrics.policies(() -> counts(Compilation::policies));
    metrics.identities(() -> counts(compilation -> compilation.identities(clock.instant())));
  }

  /**
   * Sets up the SDK from the {@code OTEL_*} variables and begins to write decisions.
   *
   * @param environment variables of the process
   * @throws IOException when the decision log's file can't be opened; the message names it
   * @throws IllegalArgumentException when an {@code OTEL_*} variable has a value that can't be used
   */
  public static Telemetry start(
      Configuration.DecisionLog settings, Map<String, String> environment, InstantSource clock)
      throws IOException {
    boolean otlp = settings.sinks().contains(Sink.OTLP);
    Exporters exporters = Exporters.of(environment, otlp);
    PrometheusMetricReader reader =
        PrometheusMetricReader.builder().setOtelScopeLabelsEnabled(false).build();
    LongAdder lost = new LongAdder();
    OpenTelemetrySdk sdk = sdk(exporters, reader, lost);
    List<DecisionLog> logs = new ArrayList<>();
    try {
      for (DecisionSink sink : sinks(settings, sdk, lost)) {
        logs.add(new DecisionLog(sink, settings.buffer(), clock).start());
      }
    } catch (IOException e) {
      sdk.shutdown();
      throw new IOException(
          "decisionLog.file: `" + settings.file() + "` can't be opened for appending", e);
    }
    Spans spans = exporters.traces() ? new Spans(sdk.getTracer("dev.sallyport")) : null;
    return new Telemetry(sdk, reader, spans, logs, settings.sampleAllowed(), clock);
  }

  private static OpenTelemetrySdk sdk(
      Exporters exporters, PrometheusMetricReader reader, LongAdder lost) {
    try {
      return AutoConfiguredOpenTelemetrySdk.builder()
          .disableShutdownHook()
          .addPropertiesCustomizer(_ -> exporters.properties())
          .addResourceCustomizer((resource, _) -> named(resource))
          .addMeterProviderCustomizer((builder, config) -> {
            int limit = config.getInt(Exporters.CARDINALITY_LIMIT, 2000);
            return builder.registerMetricReader(reader, _ -> limit);
          })
          .addLogRecordExporterCustomizer((exporter, _) -> new CountingLogExporter(exporter, lost))
          .build()
          .getOpenTelemetrySdk();
    } catch (ConfigurationException e) {
      // What the SDK did not foresee says nothing itself; its cause does.
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IllegalArgumentException("OTEL_*: " + cause.getMessage(), e);
    }
  }

  private static Resource named(Resource resource) {
    String name = resource.getAttribute(SERVICE_NAME);
    if (name == null || name.startsWith("unknown_service")) {
      return resource.toBuilder().put(SERVICE_NAME, "sallyport").build();
    }
    return resource;
  }

  private static List<DecisionSink> sinks(
      Configuration.DecisionLog settings, OpenTelemetrySdk sdk, LongAdder lost) throws IOException {
    List<DecisionSink> sinks = new ArrayList<>();
    // The file first: it alone can fail, and then nothing else was begun.
    if (settings.sinks().contains(Sink.FILE) && settings.file() != null) {
      sinks.add(new FileSink(settings.file()));
    }
    if (settings.sinks().contains(Sink.STDOUT)) {
      sinks.add(new StandardOutputSink());
    }
    if (settings.sinks().contains(Sink.OTLP)) {
      sinks.add(new OtlpSink(sdk.getSdkLoggerProvider(), lost::sum));
    }
    return sinks;
  }

  @Override
  public void decided(Decision decision, Inbound inbound, long durationNanos) {
    metrics.decided(decision, durationNanos);
    TraceParent caller = TraceParent.of(inbound.headers());
    String traceId = caller == null ? null : caller.traceId();
    if (spans != null) {
      traceId = spans.decided(decision, inbound, durationNanos, caller);
    }
    if (logs.isEmpty()) {
      return;
    }
    DecisionEntry entry = DecisionEntry.of(decision, inbound, durationNanos, traceId);
    if (entry.unremarkable() && !sampled(entry.id())) {
      return;
    }
    for (int i = 0; i < logs.size(); i++) {
      logs.get(i).offer(entry);
    }
  }

  /** The same answer for the same decision, wherever it is asked. */
  private boolean sampled(String id) {
    if (sampleAllowed >= 1) {
      return true;
    }
    // Spreads what the ids have in common (the finaliser of MurmurHash3).
    int hash = id.hashCode();
    hash = (hash ^ hash >>> 16) * 0x85ebca6b;
    hash = (hash ^ hash >>> 13) * 0xc2b2ae35;
    hash ^= hash >>> 16;
    return Integer.toUnsignedLong(hash) < sampleAllowed * 0x1p32;
  }

  @Override
  public void published(
      Compilation compilation, Changes changes, Instant changedAt, Instant enforcedAt) {
    // The objects of the first snapshot may be years old: they did not change now.
    if (inForce != null) {
      metrics.propagated(Duration.between(changedAt, enforcedAt));
    }
    inForce = compilation;
  }

  private Map<String, Integer> counts(Function<Compilation, Map<String, Integer>> count) {
    Compilation compilation = inForce;
    return compilation == null ? Map.of() : count.apply(compilation);
  }

  /**
   * Records how long something that decisions need took to answer.
   *
   * @param dependency one of a fixed set, such as {@code jwks}; never an address
   * @param outcome one of a fixed set, such as {@code success}, {@code failure}, {@code timeout}
   */
  public void answered(String dependency, String outcome, Duration duration) {
    metrics.answered(dependency, outcome, duration);
  }

  /**
   * Shows the rate-limit counters in memory.
   *
   * @param keys how many there are
   * @param evicted how many were forgotten to make room, since the start
   */
  public void registerRateLimitCounters(LongSupplier keys, LongSupplier evicted) {
    metrics.rateLimitCounters(keys, evicted);
  }

  /**
   * Shows the memory of proofs of possession.
   *
   * @param held how many there are
   * @param turnedAway how many there was no room for, since the start
   */
  public void registerProofs(LongSupplier held, LongSupplier turnedAway) {
    metrics.proofs(held, turnedAway);
  }

  /**
   * Shows what became of statuses.
   *
   * @param leads whether this replica writes them now
   * @param writes how many it wrote, since the start
   * @param failures how many it could not write
   * @param lostEvents how many Kubernetes Events it could not write
   */
  public void registerStatusWriter(
      BooleanSupplier leads, LongSupplier writes, LongSupplier failures, LongSupplier lostEvents) {
    metrics.statusWriter(leads, writes, failures, lostEvents);
  }

  /** Shows how it stands with issuers that have to be asked. */
  public void registerIssuers(Supplier<Collection<IssuerState>> states) {
    metrics.issuers(() -> {
      Map<String, Integer> counts = new TreeMap<>();
      states.get().forEach(state -> counts.merge(state.word(), 1, Integer::sum));
      return counts;
    });
  }

  /**
   * A cache of verified credentials.
   *
   * @param hits since the start
   * @param misses since the start
   * @param size entries
   */
  public record CredentialCache(LongSupplier hits, LongSupplier misses, LongSupplier size) {}

  /** Shows the caches of verified credentials as one. */
  public void registerCredentialCaches(List<CredentialCache> caches) {
    metrics.credentialCaches(List.copyOf(caches));
  }

  /** The metrics in Prometheus' text format, whatever else a scraper would take as well. */
  @Override
  public Content read(@Nullable String accept) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream(16 * 1024);
    PrometheusTextFormatWriter.create().write(text, reader.collect(), EscapingScheme.DEFAULT);
    return new Content(PrometheusTextFormatWriter.CONTENT_TYPE, text.toByteArray());
  }

  /** Writes and sends what waits, for at most a few seconds, and stops. */
  @Override
  public void close() {
    // All begin to end before any is waited for: a sink that hangs costs its own time only.
    logs.forEach(DecisionLog::finish);
    logs.forEach(DecisionLog::close);
    // The SDK's own shutdown blocks for many seconds where a collector does not answer.
    Thread shutdown =
        Thread.ofPlatform()
            .daemon()
            .name("telemetry-shutdown")
            .start(() -> sdk.shutdown().join(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    try {
      shutdown.join(CLOSE_PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
