package dev.sallyport.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.JsonFormat;
import com.sun.net.httpserver.HttpServer;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.proto.v1.DecisionRecord;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.Configuration.Sink;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TelemetryTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Samples.NOW);
  private static final String TRACE_PARENT =
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  @TempDir Path folder;

  @Test
  void everyDecisionIsOneLine() throws Exception {
    try (Telemetry telemetry = start(1.0, Map.of())) {
      telemetry.decided(
          Samples.allow("first", Samples.PAYMENT),
          Samples.inbound(Map.of("traceparent", TRACE_PARENT)),
          250_000);
      telemetry.decided(
          Samples.deny("second", Reason.POLICY_MISSING, Samples.facts("GET", "x.example.com")),
          Samples.inbound(Map.of("traceparent", "bad")),
          1000);
    }

    List<DecisionRecord> records = records();

    assertThat(records)
        .extracting(DecisionRecord::getDecisionId)
        .containsExactly("first", "second");
    assertThat(records.get(0).getTraceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(records.get(0).getDurationMicros()).isEqualTo(250);
    assertThat(records.get(1).hasTraceId()).isFalse();
  }

  @Test
  void samplingLeavesOutUnremarkableAllowsOnly() throws Exception {
    try (Telemetry telemetry = start(0, Map.of())) {
      telemetry.decided(Samples.allow("plain"), request(), 1);
      telemetry.decided(Samples.allow("flagged", Samples.PAYMENT), request(), 1);
      telemetry.decided(Samples.shadowed("shadowed", Reason.RATE_LIMITED), request(), 1);
      telemetry.decided(Samples.deny("denied", Reason.RATE_LIMITED, Samples.PAYMENT), request(), 1);
    }

    assertThat(records())
        .extracting(DecisionRecord::getDecisionId)
        .containsExactly("flagged", "shadowed", "denied");
  }

  @Test
  void samplingKeepsAboutItsShare() throws Exception {
    try (Telemetry telemetry = start(0.25, Map.of())) {
      for (int i = 0; i < 4000; i++) {
        telemetry.decided(Samples.allow("id-" + i), request(), 1);
      }
      assertThat(metrics(telemetry)).contains("sallyport_decision_log_dropped_total 0.0");
    }

    assertThat(records()).hasSizeBetween(850, 1150);
  }

  @Test
  void metricsHaveTheNamesAndLabelsOfTheContract() throws Exception {
    try (Telemetry telemetry = start(1.0, Map.of())) {
      publish(telemetry, oneIdentity(), Duration.ofDays(300));
      telemetry.registerRateLimitCounters(() -> 11, () -> 2);
      telemetry.registerProofs(() -> 31, () -> 3);
      telemetry.registerCredentialCaches(
          List.of(
              new Telemetry.CredentialCache(() -> 20, () -> 20, () -> 20),
              new Telemetry.CredentialCache(() -> 1, () -> 2, () -> 3)));
      telemetry.answered("jwks", "success", Duration.ofMillis(3));
      telemetry.decided(Samples.allow("a", Samples.PAYMENT), request(), 300_000);
      telemetry.decided(
          Samples.deny("b", Reason.POLICY_MISSING, Samples.facts("GET", "secret-path.example")),
          request(),
          70_000);

      String text = metrics(telemetry);

      assertThat(text)
          .contains(
              "sallyport_decisions_total{identity_type=\"Partner\",operation=\"read-payment\","
                  + "policy=\"payments/payments\","
                  + "reason=\"allowed\",verdict=\"allow\"} 1.0")
          .contains("reason=\"policy_missing\",verdict=\"deny\"} 1.0")
          .contains("sallyport_check_duration_seconds_bucket")
          .contains("le=\"5.0E-5\"")
          .contains("sallyport_check_duration_seconds_count")
          .contains("sallyport_policies{state=\"ready\"} 0.0")
          .contains("sallyport_identities{phase=\"Active\"} 1.0")
          .contains("sallyport_ratelimit_keys")
          .contains("sallyport_ratelimit_evicted_total")
          .contains("sallyport_dpop_proofs 31.0")
          .contains("sallyport_dpop_turned_away_total 3.0")
          .contains("limit=\"per-source\"")
          .contains("sallyport_credential_cache_hits_total")
          .contains("sallyport_credential_cache_misses_total")
          .contains("sallyport_credential_cache_size")
          .contains("dependency=\"jwks\"")
          .contains("outcome=\"success\"")
          .contains("sallyport_dependency_duration_seconds_count")
          .contains("sallyport_decision_log_dropped_total")
          .doesNotContain("otel_scope")
          .contains("service_name=\"sallyport\"")
          .doesNotContain("acme-logistics", "203.0.113.7", "secret-path", "/v1/payments");
    }
  }

  @Test
  void propagationIsThatOfChangesNotOfTheFirstSnapshot() throws Exception {
    try (Telemetry telemetry = start(1.0, Map.of())) {
      assertThat(metrics(telemetry)).doesNotContain("sallyport_policies{");

      publish(telemetry, Compilation.EMPTY, Duration.ofDays(300));
      assertThat(metrics(telemetry)).doesNotContain("sallyport_policy_propagation");

      publish(telemetry, Compilation.EMPTY, Duration.ofMillis(40));
      assertThat(metrics(telemetry))
          .contains("sallyport_policy_propagation_seconds_bucket{le=\"0.025\"} 0")
          .contains("sallyport_policy_propagation_seconds_bucket{le=\"0.05\"} 1")
          .contains("sallyport_policy_propagation_seconds_count 1");
    }
  }

  @Test
  void identitiesAndTextOfCallersNeverBecomeLabels() throws Exception {
    try (Telemetry telemetry = start(1.0, Map.of())) {
      for (int i = 0; i < 500; i++) {
        telemetry.decided(
            Samples.deny("a", Reason.POLICY_MISSING, Samples.facts("M" + i, "h" + i)),
            request(),
            1);
      }

      assertThat(metrics(telemetry).lines().filter(l -> l.startsWith("sallyport_decisions_")))
          .hasSize(1);
    }
  }

  @Test
  void collectorGetsSpansLogsAndMetrics() throws Exception {
    try (Collector collector = new Collector()) {
      try (Telemetry telemetry =
          Telemetry.start(settings(Sink.FILE, Sink.OTLP), collector.environment(), CLOCK)) {
        telemetry.decided(
            Samples.deny("01JDECISION", Reason.SCOPE_INSUFFICIENT, Samples.PAYMENT),
            Samples.inbound(Map.of("traceparent", TRACE_PARENT)),
            1000);
      }

      assertThat(collector.received("/v1/traces")).contains("sallyport.decide", "01JDECISION");
      assertThat(collector.received("/v1/logs"))
          .contains("sallyport.decision", "01JDECISION", "scope_insufficient", "acme-logistics");
      assertThat(collector.received("/v1/metrics")).contains("sallyport.decisions");
      assertThat(records()).hasSize(1);
    }
  }

  @Test
  void collectorThatSpeaksGrpcGetsThemToo() throws Exception {
    try (GrpcCollector collector = new GrpcCollector()) {
      try (Telemetry telemetry =
          Telemetry.start(settings(Sink.FILE, Sink.OTLP), collector.environment(), CLOCK)) {
        telemetry.decided(Samples.allow("01JDECISION", Samples.PAYMENT), request(), 1000);
      }

      String service = "opentelemetry.proto.collector.";
      assertThat(collector.received(service + "trace.v1.TraceService/Export"))
          .contains("sallyport.decide", "01JDECISION");
      assertThat(collector.received(service + "logs.v1.LogsService/Export"))
          .contains("sallyport.decision", "01JDECISION");
      assertThat(collector.received(service + "metrics.v1.MetricsService/Export"))
          .contains("sallyport.decisions");
      assertThat(collector.headers).contains("let-me-in");
      assertThat(records()).hasSize(1);
    }
  }

  @Test
  void traceThatBeginsHereIsInTheLog() throws Exception {
    try (Collector collector = new Collector()) {
      try (Telemetry telemetry =
          Telemetry.start(settings(Sink.FILE), collector.environment(), CLOCK)) {
        telemetry.decided(Samples.allow("a"), request(), 1);
      }
      assertThat(records().getFirst().getTraceId()).matches("[0-9a-f]{32}");
    }
  }

  @Test
  void collectorThatIsNotThereHarmsNothing() throws Exception {
    int closed;
    try (Collector collector = new Collector()) {
      closed = collector.port();
    }
    try (Telemetry telemetry =
        Telemetry.start(
            settings(Sink.FILE, Sink.OTLP),
            Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + closed),
            CLOCK)) {
      for (int i = 0; i < 100; i++) {
        telemetry.decided(Samples.allow("id-" + i), request(), 1);
      }
      assertThat(metrics(telemetry)).contains("sallyport_decisions_total");
    }
    assertThat(records()).hasSize(100);
  }

  @Test
  void disabledSdkLeavesTheDecisionLog() throws Exception {
    try (Telemetry telemetry = start(1.0, Map.of("OTEL_SDK_DISABLED", "true"))) {
      telemetry.decided(Samples.allow("a"), request(), 1);
      assertThat(metrics(telemetry)).isEmpty();
    }
    assertThat(records()).hasSize(1);
  }

  @Test
  void badVariableIsRefusedByName() {
    assertThatThrownBy(() ->
            Telemetry.start(settings(), Map.of("OTEL_TRACES_EXPORTER", "carrier-pigeon"), CLOCK))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("carrier-pigeon");
  }

  @Test
  void fileThatCannotBeOpenedIsNamed() {
    Path absent = folder.resolve("absent").resolve("decisions.log");

    assertThatThrownBy(
            () -> Telemetry.start(settings(List.of(Sink.FILE), absent, 1), Map.of(), CLOCK))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(absent.toString());
  }

  @Test
  void noCredentialIsEverSaidWhereverItWasSent() throws Exception {
    String canary = "CANARY-sk-live-4242424242";
    Map<String, String> headers = new HashMap<>();
    headers.put("authorization", "Bearer " + canary);
    headers.put("x-api-key", canary);
    headers.put("cookie", "session=" + canary);
    headers.put("proxy-authorization", "Basic " + canary);
    headers.put("x-forwarded-client-cert", canary);
    headers.put("dpop", canary);
    headers.put("user-agent", "acme/1.0");
    headers.put("content-length", canary);
    headers.put("traceparent", canary);
    headers.put("tracestate", "key=" + canary);
    headers.put("x-request-id", canary);
    Inbound plain = Samples.inbound(Headers.joined(headers));
    Inbound inbound =
        new Inbound(
            plain.id(),
            plain.at(),
            "GET",
            "/v1/payments/7?api_key=" + canary,
            "user:" + canary + "@payments.example.com",
            plain.headers(),
            plain.body(),
            plain.peerAddress(),
            null,
            null,
            List.of());
    Facts malformed = Samples.facts("GET", inbound.host() + "?api_key=" + canary);
    var changes =
        new Verdict.Changes(
            List.of("x-api-key"),
            List.of("api_key"),
            "session=" + canary,
            "/x?f=" + canary,
            List.of());
    var denial =
        new Denial(
            Reason.REQUEST_MALFORMED, "detail " + canary, List.of(new HttpField("x", canary)));

    try (Collector collector = new Collector()) {
      String metrics;
      try (Telemetry telemetry =
          Telemetry.start(settings(Sink.FILE, Sink.OTLP), collector.environment(), CLOCK)) {
        telemetry.decided(
            new Decision("a", Samples.NOW, new Verdict.Allow(null, changes), Samples.PAYMENT, 1),
            inbound,
            1);
        telemetry.decided(
            new Decision("b", Samples.NOW, new Verdict.Allow(denial, changes), malformed, 1),
            inbound,
            1);
        telemetry.decided(
            new Decision("c", Samples.NOW, new Verdict.Deny(denial), malformed, 1), inbound, 1);
        metrics = metrics(telemetry);
      }
      String said =
          Files.readString(folder.resolve("decisions.log"))
              + metrics
              + collector.received("/v1/traces")
              + collector.received("/v1/logs")
              + collector.received("/v1/metrics");

      assertThat(records()).hasSize(3);
      assertThat(collector.received("/v1/traces")).contains("sallyport.decide");
      assertThat(said).doesNotContain(canary).doesNotContain("CANARY").doesNotContain("sk-live");
    }
  }

  private Telemetry start(double sampleAllowed, Map<String, String> environment)
      throws IOException {
    return Telemetry.start(
        settings(List.of(Sink.FILE), folder.resolve("decisions.log"), sampleAllowed),
        environment,
        CLOCK);
  }

  private static Compilation oneIdentity() {
    var spec =
        new NonHumanIdentitySpec(
            NonHumanIdentitySpec.Type.Partner,
            null,
            null,
            null,
            NonHumanIdentitySpec.State.Active,
            null,
            List.of(),
            null,
            null,
            null);
    var key = new ObjectKey("NonHumanIdentity", "payments", "acme-logistics");
    var declared = new Declared(key, Instant.EPOCH, 1, new Declared.NonHumanIdentity(spec));
    return Compiler.compile(new Changes(List.of(declared), List.of()), Compilation.EMPTY);
  }

  private static void publish(Telemetry telemetry, Compilation compilation, Duration age) {
    telemetry.published(
        compilation, new Changes(List.of(), List.of()), Samples.NOW.minus(age), Samples.NOW);
  }

  private Configuration.DecisionLog settings(Sink... sinks) {
    return settings(List.of(sinks), folder.resolve("decisions.log"), 1.0);
  }

  private static Configuration.DecisionLog settings(
      List<Sink> sinks, Path file, double sampleAllowed) {
    return new Configuration.DecisionLog(
        sinks, file, Configuration.Format.JSON, sampleAllowed, 8192);
  }

  private static String metrics(Telemetry telemetry) throws IOException {
    return new String(telemetry.read(null).body(), StandardCharsets.UTF_8);
  }

  private static Inbound request() {
    return Samples.inbound(Map.of());
  }

  private List<DecisionRecord> records() throws IOException {
    List<DecisionRecord> records = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("decisions.log"))) {
      DecisionRecord.Builder builder = DecisionRecord.newBuilder();
      JsonFormat.parser().merge(line, builder);
      records.add(builder.build());
    }
    return records;
  }

  /** Takes OTLP over gRPC and keeps what it got. */
  private static final class GrpcCollector implements AutoCloseable {
    private static final Metadata.Key<String> API_KEY =
        Metadata.Key.of("api-key", Metadata.ASCII_STRING_MARSHALLER);

    final Set<String> headers = ConcurrentHashMap.newKeySet();
    private final Map<String, String> received = new ConcurrentHashMap<>();
    private final Server server;

    GrpcCollector() throws IOException {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .fallbackHandlerRegistry(
                  new HandlerRegistry() {
                    @Override
                    public ServerMethodDefinition<?, ?> lookupMethod(
                        String name, @Nullable String authority) {
                      return definition(name);
                    }
                  })
              .build()
              .start();
    }

    private ServerMethodDefinition<byte[], byte[]> definition(String name) {
      MethodDescriptor<byte[], byte[]> method =
          MethodDescriptor.<byte[], byte[]>newBuilder()
              .setType(MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(name)
              .setRequestMarshaller(new AsIs())
              .setResponseMarshaller(new AsIs())
              .build();
      ServerCallHandler<byte[], byte[]> unary =
          ServerCalls.asyncUnaryCall((request, response) -> {
            received.merge(name, new String(request, StandardCharsets.ISO_8859_1), String::concat);
            response.onNext(new byte[0]);
            response.onCompleted();
          });
      return ServerMethodDefinition.create(
          method,
          (call, metadata) -> {
            headers.add(String.valueOf(metadata.get(API_KEY)));
            return unary.startCall(call, metadata);
          });
    }

    Map<String, String> environment() {
      return Map.of(
          "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + server.getPort(),
          "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc",
          "OTEL_EXPORTER_OTLP_COMPRESSION", "gzip",
          "OTEL_EXPORTER_OTLP_HEADERS", "api-key=let-me-in");
    }

    String received(String method) {
      return received.getOrDefault(method, "");
    }

    @Override
    public void close() {
      server.shutdownNow();
    }
  }

  private static final class AsIs implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Takes OTLP over HTTP and keeps what it got. */
  private static final class Collector implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, String> received = Collections.synchronizedMap(new HashMap<>());

    Collector() throws IOException {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            String body =
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
            received.merge(exchange.getRequestURI().getPath(), body, String::concat);
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
          });
      server.start();
    }

    int port() {
      return server.getAddress().getPort();
    }

    Map<String, String> environment() {
      return Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + port());
    }

    /** Bytes as characters of ISO 8859-1; empty where nothing came. */
    String received(String path) {
      return received.getOrDefault(path, "");
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
