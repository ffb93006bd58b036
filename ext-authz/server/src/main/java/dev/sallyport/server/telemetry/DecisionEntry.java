package dev.sallyport.server.telemetry;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.receive.Inbound;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the log keeps of a decision while it waits to be written.
 *
 * <p>It holds on to neither the request nor what the answer changes of it: thousands of these may
 * wait, and a caller chooses how large its headers are.
 *
 * @param queryNarrowed whether the request goes on with less than it asked for
 * @param errors how the request breaks its schema, by kind
 * @param bytes of the body, as far as Envoy saw it or the caller declared it
 * @param durationNanos from the arrival of the request to the verdict
 * @param traceId 32 hexadecimal digits
 */
record DecisionEntry(
    String id,
    Instant at,
    boolean allowed,
    Reason reason,
    @Nullable Reason shadowReason,
    Facts facts,
    boolean queryNarrowed,
    List<ErrorCount> errors,
    long bytes,
    @Nullable String userAgent,
    long durationNanos,
    @Nullable String traceId,
    long snapshotVersion) {
  /** Characters kept of a text that a caller chose. */
  static final int TEXT_LIMIT = 256;

  private static final char CUT = '…';

  static DecisionEntry of(
      Decision decision, Inbound inbound, long durationNanos, @Nullable String traceId) {
    return new DecisionEntry(
        decision.id(),
        decision.at(),
        decision.allowed(),
        decision.reason(),
        decision.shadowReason(),
        bounded(decision.facts()),
        decision.verdict().changes().path() != null,
        ErrorCount.of(decision),
        bytes(inbound),
        boundedOrNull(inbound.headers().first("user-agent")),
        durationNanos,
        traceId,
        decision.snapshotVersion());
  }

  /**
   * Errors of one kind: where they are is left out, as a place may hold names that a caller chose.
   */
  record ErrorCount(Violation.Part part, String keyword, int count) {
    static List<ErrorCount> of(Decision decision) {
      Denial denial = decision.denial();
      if (denial == null || denial.errors().isEmpty()) {
        return List.of();
      }
      Map<ErrorCount, Integer> counts = new LinkedHashMap<>();
      for (Violation error : denial.errors()) {
        counts.merge(new ErrorCount(error.part(), error.keyword(), 0), 1, Integer::sum);
      }
      return counts.entrySet().stream()
          .map(kind -> new ErrorCount(kind.getKey().part, kind.getKey().keyword, kind.getValue()))
          .toList();
    }
  }

  /** The conditions that were not met. */
  static List<Facts.ConditionUse> failed(Facts facts) {
    for (Facts.ConditionUse condition : facts.conditions()) {
      if (!condition.met()) {
        return facts.conditions().stream().filter(one -> !one.met()).toList();
      }
    }
    return List.of();
  }

  /** Whether everything went as it should, so that sampling may leave it out. */
  boolean unremarkable() {
    return allowed && shadowReason == null && facts.violations().isEmpty();
  }

  /** The text, or its beginning with a mark, never ending in half a surrogate pair. */
  static String bounded(String text) {
    if (text.length() <= TEXT_LIMIT) {
      return text;
    }
    int end = TEXT_LIMIT - 1;
    if (Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end) + CUT;
  }

  private static @Nullable String boundedOrNull(@Nullable String text) {
    return text == null ? null : bounded(text);
  }

  private static Facts bounded(Facts facts) {
    String method = bounded(facts.method());
    String host = bounded(hostOnly(facts.host()));
    if (method.equals(facts.method()) && host.equals(facts.host())) {
      return facts;
    }
    return new Facts(
        method,
        host,
        facts.policy(),
        facts.policyFoundBy(),
        facts.shadow(),
        facts.operation(),
        facts.template(),
        facts.attempts(),
        facts.credential(),
        facts.identity(),
        facts.source(),
        facts.violations(),
        facts.scopesNeeded(),
        facts.scopesHeld(),
        facts.limits(),
        facts.rpc(),
        facts.fieldsDenied(),
        facts.conditions());
  }

  /**
   * A malformed host is kept as sent, but a password in user information or a key in a query that
   * got into it is not.
   */
  private static String hostOnly(String host) {
    int start = host.lastIndexOf('@') + 1;
    int end = start;
    while (end < host.length() && "/?#".indexOf(host.charAt(end)) < 0) {
      end++;
    }
    return host.substring(start, end);
  }

  private static long bytes(Inbound inbound) {
    if (inbound.body().size() > 0) {
      return inbound.body().size();
    }
    String declared = inbound.headers().first("content-length");
    if (declared == null || declared.isEmpty() || declared.length() > 18) {
      return 0;
    }
    long bytes = 0;
    for (int i = 0; i < declared.length(); i++) {
      int digit = declared.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return 0;
      }
      bytes = bytes * 10 + digit;
    }
    return bytes;
  }
}
