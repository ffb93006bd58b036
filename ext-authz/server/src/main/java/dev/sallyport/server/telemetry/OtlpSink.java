package dev.sallyport.server.telemetry;

import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import io.opentelemetry.api.common.KeyValue;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes decisions as OpenTelemetry log records with the event name {@code sallyport.decision}. The
 * body is the {@code sallyport.v1.DecisionRecord} as a map, with the names of its JSON mapping.
 *
 * <p>Each batch is flushed, so the SDK's own queue can't overflow unseen.
 */
final class OtlpSink implements DecisionSink {
  private static final String EVENT_NAME = "sallyport.decision";
  private static final String SOME_SPAN = "0000000000000001";

  private final SdkLoggerProvider provider;
  private final Logger logger;
  private final LongSupplier lost;

  /**
   * @param provider outlives this
   * @param lost how many records its exporter could not deliver so far
   */
  OtlpSink(SdkLoggerProvider provider, LongSupplier lost) {
    this.provider = provider;
    this.logger = provider.get("dev.sallyport");
    this.lost = lost;
  }

  @Override
  public String name() {
    return "otlp";
  }

  @Override
  public void write(List<DecisionEntry> batch, byte[] lines, int length) throws IOException {
    long lostBefore = lost.getAsLong();
    for (DecisionEntry entry : batch) {
      emit(entry);
    }
    boolean flushed = provider.forceFlush().join(30, TimeUnit.SECONDS).isSuccess();
    if (!flushed || lost.getAsLong() > lostBefore) {
      throw new IOException("the collector did not take the records");
    }
  }

  private void emit(DecisionEntry entry) {
    LogRecordBuilder builder =
        logger
            .logRecordBuilder()
            .setEventName(EVENT_NAME)
            .setTimestamp(entry.at())
            .setSeverity(entry.allowed() ? Severity.INFO : Severity.WARN)
            .setAttribute("sallyport.decision.id", entry.id())
            .setAttribute("sallyport.verdict", entry.allowed() ? "allow" : "deny")
            .setAttribute("sallyport.reason", entry.reason().code())
            .setBody(body(entry));
    builder.setContext(entry.traceId() == null ? Context.root() : trace(entry.traceId()));
    builder.emit();
  }

  private static Context trace(String traceId) {
    // The SDK takes a record's trace from a span only, and a valid one at that.
    SpanContext context =
        SpanContext.createFromRemoteParent(
            traceId, SOME_SPAN, TraceFlags.getDefault(), TraceState.getDefault());
    return Context.root().with(Span.wrap(context));
  }

  private static Value<?> body(DecisionEntry entry) {
    Facts facts = entry.facts();
    List<KeyValue> body = new ArrayList<>();
    text(body, "decisionId", entry.id());
    text(body, "verdict", entry.allowed() ? "allow" : "deny");
    text(body, "reason", entry.reason().code());
    Reason shadowReason = entry.shadowReason();
    text(body, "shadowReason", shadowReason == null ? null : shadowReason.code());
    key(body, "policy", facts.policy());
    text(body, "operation", facts.operation());
    if (facts.identity() != null) {
      key(body, "identity", facts.identity().key());
      text(body, "identityType", facts.identity().type());
    }
    if (facts.credential() != null) {
      body.add(KeyValue.of("credential", credential(facts.credential())));
    }
    if (facts.source() != null) {
      body.add(KeyValue.of("source", source(facts.source())));
    }
    body.add(KeyValue.of("request", request(entry)));
    list(body, "scopesNeeded", facts.scopesNeeded(), OtlpSink::text);
    list(body, "scopesHeld", facts.scopesHeld(), OtlpSink::text);
    list(body, "rateLimits", facts.limits(), OtlpSink::limit);
    list(body, "attempts", facts.attempts(), OtlpSink::attempt);
    list(body, "violations", facts.violations(), violation -> Value.of(violation.code()));
    body.add(
        KeyValue.of(
            "durationMicros", Value.of(DecisionLines.durationMicros(entry.durationNanos()))));
    body.add(KeyValue.of("snapshotVersion", Value.of(entry.snapshotVersion())));
    if (facts.rpc() != null) {
      body.add(KeyValue.of("rpc", rpc(facts.rpc())));
    }
    list(body, "fieldsDenied", facts.fieldsDenied(), OtlpSink::text);
    if (entry.queryNarrowed()) {
      body.add(KeyValue.of("queryNarrowed", Value.of(true)));
    }
    list(body, "failedConditions", DecisionEntry.failed(facts), OtlpSink::condition);
    list(body, "schemaErrors", entry.errors(), OtlpSink::error);
    return map(body);
  }

  private static Value<?> credential(Facts.CredentialUse credential) {
    List<KeyValue> members = new ArrayList<>();
    text(members, "method", credential.method());
    text(members, "kind", credential.kind());
    text(members, "name", credential.name());
    text(members, "constraint", credential.constraint().isEmpty() ? null : credential.constraint());
    if (credential.unregistered()) {
      members.add(KeyValue.of("unregistered", Value.of(true)));
    }
    return map(members);
  }

  private static Value<?> source(Facts.Source source) {
    List<KeyValue> members = new ArrayList<>();
    text(members, "addressFrom", source.addressFrom());
    text(members, "address", source.address());
    text(members, "regionFrom", source.regionFrom());
    text(members, "region", source.region());
    return map(members);
  }

  private static Value<?> request(DecisionEntry entry) {
    List<KeyValue> members = new ArrayList<>();
    text(members, "method", entry.facts().method());
    text(members, "host", entry.facts().host());
    text(members, "pathTemplate", entry.facts().template());
    members.add(KeyValue.of("bytes", Value.of(entry.bytes())));
    text(members, "userAgent", entry.userAgent());
    return map(members);
  }

  private static Value<?> limit(Facts.LimitUse limit) {
    return Value.of(
        KeyValue.of("name", text(limit.name())),
        KeyValue.of("remaining", Value.of(limit.remaining())),
        KeyValue.of("exceeded", Value.of(limit.exceeded())),
        KeyValue.of("shadow", Value.of(limit.shadow())));
  }

  private static Value<?> attempt(Facts.Attempt attempt) {
    List<KeyValue> members = new ArrayList<>();
    text(members, "method", attempt.method());
    text(members, "result", attempt.result());
    text(members, "detail", attempt.detail().isEmpty() ? null : attempt.detail());
    return map(members);
  }

  private static Value<?> rpc(Facts.Rpc rpc) {
    List<KeyValue> members = new ArrayList<>();
    text(members, "method", rpc.method());
    text(members, "revision", rpc.revision());
    return map(members);
  }

  private static Value<?> condition(Facts.ConditionUse condition) {
    List<KeyValue> members = new ArrayList<>();
    text(members, "name", condition.name());
    text(members, "detail", condition.why().isEmpty() ? null : condition.why());
    return map(members);
  }

  private static Value<?> error(DecisionEntry.ErrorCount error) {
    return Value.of(
        KeyValue.of("part", text(error.part().code())),
        KeyValue.of("keyword", text(error.keyword())),
        KeyValue.of("count", Value.of(error.count())));
  }

  private static Value<?> map(List<KeyValue> members) {
    return Value.of(members.toArray(KeyValue[]::new));
  }

  private static <T> void list(
      List<KeyValue> members, String name, List<T> elements, Function<T, Value<?>> toValue) {
    if (!elements.isEmpty()) {
      List<Value<?>> values = new ArrayList<>();
      for (T element : elements.subList(0, Math.min(elements.size(), DecisionLines.LIST_LIMIT))) {
        values.add(toValue.apply(element));
      }
      members.add(KeyValue.of(name, Value.of(values)));
    }
  }

  private static void key(List<KeyValue> members, String name, @Nullable ObjectKey key) {
    text(members, name, key == null ? null : key.qualifiedName());
  }

  private static void text(List<KeyValue> members, String name, @Nullable String text) {
    if (text != null) {
      members.add(KeyValue.of(name, text(text)));
    }
  }

  private static Value<?> text(String text) {
    return Value.of(DecisionEntry.bounded(text));
  }

  /** Leaves the provider to its owner, which closes it last. */
  @Override
  public void close() {}
}
