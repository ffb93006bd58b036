package dev.sallyport.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.receive.Headers;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SpansTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";
  private static final String VALID = "00-" + TRACE + "-" + SPAN + "-01";

  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final SdkTracerProvider provider =
      SdkTracerProvider.builder()
          .setSampler(Sampler.parentBased(Sampler.alwaysOn()))
          .addSpanProcessor(SimpleSpanProcessor.create(exporter))
          .build();
  private final Spans spans = new Spans(provider.get("test"));

  @AfterEach
  void stop() {
    provider.close();
  }

  @Test
  void spanContinuesTheCallersTrace() {
    String traceId =
        decided(Headers.joined(Map.of("traceparent", VALID, "tracestate", "vendor=value,b=2")));

    SpanData span = onlySpan();
    assertThat(traceId).isEqualTo(TRACE);
    assertThat(span.getTraceId()).isEqualTo(TRACE);
    assertThat(span.getParentSpanId()).isEqualTo(SPAN);
    assertThat(span.getSpanContext().getTraceState().asMap())
        .containsExactly(Map.entry("vendor", "value"), Map.entry("b", "2"));
  }

  @Test
  void traceStateOfSeveralLinesIsOneList() {
    decided(
        Headers.listed(
            List.of(
                Map.entry("traceparent", VALID),
                Map.entry("tracestate", "a=1"),
                Map.entry("tracestate", "b=2"))));

    assertThat(onlySpan().getSpanContext().getTraceState().asMap())
        .containsExactly(Map.entry("a", "1"), Map.entry("b", "2"));
  }

  @Test
  void laterVersionIsContinued() {
    decided(Headers.joined(Map.of("traceparent", "cc" + VALID.substring(2) + "-more")));

    assertThat(onlySpan().getTraceId()).isEqualTo(TRACE);
  }

  @Test
  void badTraceParentBeginsANewTraceWithoutTheOldState() {
    String traceId =
        decided(
            Headers.joined(
                Map.of("traceparent", VALID.replace('a', 'A'), "tracestate", "vendor=value")));

    SpanData span = onlySpan();
    assertThat(span.getTraceId()).isEqualTo(traceId).isNotEqualTo(TRACE);
    assertThat(span.getParentSpanContext().isValid()).isFalse();
    assertThat(span.getSpanContext().getTraceState().isEmpty()).isTrue();
  }

  @Test
  void callerThatDoesNotRecordIsNotRecorded() {
    String traceId =
        decided(Headers.joined(Map.of("traceparent", "00-" + TRACE + "-" + SPAN + "-00")));

    assertThat(exporter.getFinishedSpanItems()).isEmpty();
    assertThat(traceId).isEqualTo(TRACE);
  }

  @Test
  void spanSaysWhatWasDecided() {
    Decision decision = Samples.deny("01JD", Reason.SCOPE_INSUFFICIENT, Samples.PAYMENT);

    spans.decided(decision, Samples.inbound(Map.of()), 250_000, null);

    SpanData span = onlySpan();
    assertThat(span.getName()).isEqualTo("sallyport.decide");
    assertThat(span.getStartEpochNanos())
        .isEqualTo(TimeUnit.SECONDS.toNanos(Samples.NOW.getEpochSecond()) + Samples.NOW.getNano());
    assertThat(span.getEndEpochNanos() - span.getStartEpochNanos()).isEqualTo(250_000);
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(span.getAttributes().asMap())
        .isEqualTo(
            Map.of(
                AttributeKey.stringKey("sallyport.decision.id"), "01JD",
                AttributeKey.stringKey("sallyport.policy"), "payments/payments",
                AttributeKey.stringKey("sallyport.operation"), "read-payment",
                AttributeKey.stringKey("sallyport.verdict"), "deny",
                AttributeKey.stringKey("sallyport.reason"), "scope_insufficient",
                AttributeKey.stringKey("sallyport.identity"), "payments/acme-logistics"));
  }

  @Test
  void spanSaysWhatAPayloadBroke() {
    Facts facts =
        Samples.toolCall(
            new Facts.Rpc("2025-06-18", "tools/call", "1", 0),
            List.of("card.number"),
            List.of(new Facts.ConditionUse("domestic", false, "")));
    Denial denial =
        Denial.of(
            Reason.SCHEMA_VIOLATION,
            "no",
            List.of(
                new Violation(Violation.Part.BODY, "/a", "type", "must be a string"),
                new Violation(Violation.Part.BODY, "/b", "type", "must be a string")));

    spans.decided(
        new Decision("x", Samples.NOW, new Verdict.Deny(denial), facts, 1),
        Samples.inbound(Map.of()),
        1,
        null);

    assertThat(onlySpan().getAttributes().asMap())
        .containsEntry(AttributeKey.stringKey("mcp.method.name"), "tools/call")
        .containsEntry(AttributeKey.stringKey("mcp.protocol.version"), "2025-06-18")
        .containsEntry(
            AttributeKey.stringArrayKey("sallyport.fields.denied"), List.of("card.number"))
        .containsEntry(
            AttributeKey.stringArrayKey("sallyport.conditions.failed"), List.of("domestic"))
        .containsEntry(AttributeKey.stringArrayKey("sallyport.schema.keywords"), List.of("type"));
  }

  @Test
  void onlyOurOwnTroubleIsAnError() {
    Decision decision = Samples.deny("01JD", Reason.INTERNAL_ERROR, Samples.PAYMENT);

    spans.decided(decision, Samples.inbound(Map.of()), 1, null);

    assertThat(onlySpan().getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
  }

  private String decided(Headers headers) {
    return spans.decided(
        Samples.allow("01JD"), Samples.inbound(headers), 1000, TraceParent.of(headers));
  }

  private SpanData onlySpan() {
    assertThat(exporter.getFinishedSpanItems()).hasSize(1);
    return exporter.getFinishedSpanItems().getFirst();
  }
}
