package dev.sallyport.server.telemetry;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One span a decision, in the caller's trace where it names one. Thread-safe. */
final class Spans {
  private static final AttributeKey<String> DECISION_ID =
      AttributeKey.stringKey("sallyport.decision.id");
  private static final AttributeKey<String> POLICY = AttributeKey.stringKey("sallyport.policy");
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("sallyport.operation");
  private static final AttributeKey<String> VERDICT = AttributeKey.stringKey("sallyport.verdict");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("sallyport.reason");
  private static final AttributeKey<String> RPC_METHOD = AttributeKey.stringKey("mcp.method.name");
  private static final AttributeKey<String> RPC_REVISION =
      AttributeKey.stringKey("mcp.protocol.version");
  private static final AttributeKey<List<String>> FIELDS_DENIED =
      AttributeKey.stringArrayKey("sallyport.fields.denied");
  private static final AttributeKey<List<String>> CONDITIONS_FAILED =
      AttributeKey.stringArrayKey("sallyport.conditions.failed");
  private static final AttributeKey<List<String>> SCHEMA_KEYWORDS =
      AttributeKey.stringArrayKey("sallyport.schema.keywords");
  private static final AttributeKey<String> IDENTITY = AttributeKey.stringKey("sallyport.identity");

  private final Tracer tracer;

  Spans(Tracer tracer) {
    this.tracer = tracer;
  }

  /**
   * Records the decision.
   *
   * @param caller the caller's trace; null begins a new one
   * @return the trace that the span is in
   */
  String decided(
      Decision decision, Inbound inbound, long durationNanos, @Nullable TraceParent caller) {
    Instant end = decision.at().plusNanos(durationNanos);
    SpanBuilder builder =
        tracer
            .spanBuilder("sallyport.decide")
            .setSpanKind(SpanKind.SERVER)
            .setParent(caller == null ? Context.root() : parent(inbound.headers()))
            .setStartTimestamp(decision.at())
            .setAttribute(DECISION_ID, decision.id())
            .setAttribute(VERDICT, decision.allowed() ? "allow" : "deny")
            .setAttribute(REASON, decision.reason().code());
    Facts facts = decision.facts();
    set(builder, POLICY, facts.policy());
    if (facts.operation() != null) {
      builder.setAttribute(OPERATION, facts.operation());
    }
    if (facts.identity() != null) {
      set(builder, IDENTITY, facts.identity().key());
    }
    setPayload(builder, decision);
    Span span = builder.startSpan();
    if (!decision.allowed() && decision.reason().httpStatus() >= 500) {
      span.setStatus(StatusCode.ERROR, decision.reason().code());
    }
    span.end(end);
    return span.getSpanContext().getTraceId();
  }

  private static void setPayload(SpanBuilder builder, Decision decision) {
    Facts facts = decision.facts();
    Facts.Rpc rpc = facts.rpc();
    if (rpc != null && rpc.method() != null) {
      builder.setAttribute(RPC_METHOD, rpc.method());
    }
    if (rpc != null && rpc.revision() != null) {
      builder.setAttribute(RPC_REVISION, rpc.revision());
    }
    if (!facts.fieldsDenied().isEmpty()) {
      builder.setAttribute(FIELDS_DENIED, facts.fieldsDenied());
    }
    List<String> failed =
        DecisionEntry.failed(facts).stream().map(Facts.ConditionUse::name).toList();
    if (!failed.isEmpty()) {
      builder.setAttribute(CONDITIONS_FAILED, failed);
    }
    List<String> keywords =
        DecisionEntry.ErrorCount.of(decision).stream()
            .map(DecisionEntry.ErrorCount::keyword)
            .distinct()
            .toList();
    if (!keywords.isEmpty()) {
      builder.setAttribute(SCHEMA_KEYWORDS, keywords);
    }
  }

  private static void set(
      SpanBuilder builder, AttributeKey<String> attribute, @Nullable ObjectKey key) {
    if (key != null) {
      builder.setAttribute(attribute, key.qualifiedName());
    }
  }

  /** The caller's trace context, with its {@code tracestate}; known to be valid. */
  private static Context parent(Headers headers) {
    return W3CTraceContextPropagator.getInstance()
        .extract(Context.root(), headers, HeadersGetter.INSTANCE);
  }

  private enum HeadersGetter implements TextMapGetter<Headers> {
    INSTANCE;

    @Override
    public Iterable<String> keys(Headers headers) {
      return headers.names();
    }

    @Override
    public @Nullable String get(@Nullable Headers headers, String name) {
      if (headers == null) {
        return null;
      }
      // Only tracestate may come in several lines, and then they are one list (section 3.3.1).
      return headers.has(name) ? String.join(",", headers.values(name)) : null;
    }
  }
}
