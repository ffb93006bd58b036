package dev.sallyport.server.telemetry;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Decisions and requests to log. */
final class Samples {
  static final Instant NOW = Instant.parse("2026-11-25T21:11:00.123456Z");

  static final Facts PAYMENT =
      new Facts(
          "GET",
          "payments.example.com",
          new ObjectKey("ApiPolicy", "payments", "payments"),
          "host",
          false,
          "read-payment",
          "/v1/payments/{paymentId}",
          List.of(
              new Facts.Attempt("partner-keys", "verified", ""),
              new Facts.Attempt("corporate", "absent", "no `authorization` header")),
          new Facts.CredentialUse("partner-keys", "apiKey", "", "primary"),
          new Facts.IdentityUse(
              new ObjectKey("NonHumanIdentity", "payments", "acme-logistics"), "Partner"),
          new Facts.Source("203.0.113.7", "x-forwarded-for", "DE", "mmdb"),
          List.of(Reason.REGION_UNAPPROVED, Reason.NETWORK_UNAPPROVED),
          List.of("payments:read"),
          List.of("payments:read", "payments:card.read"),
          List.of(
              new Facts.LimitUse("per-identity", 19, false, false),
              new Facts.LimitUse("per-source", 0, true, true)),
          null,
          List.of(),
          List.of());

  private Samples() {}

  static Facts facts(String method, String host) {
    return Facts.unknown(method, host);
  }

  /** Of a tool call by somebody of whom nothing is told. */
  static Facts toolCall(
      Facts.Rpc rpc, List<String> fieldsDenied, List<Facts.ConditionUse> conditions) {
    return new Facts(
        "POST",
        "agents.example.com",
        null,
        null,
        false,
        "create_shipment",
        "/mcp",
        List.of(),
        null,
        null,
        null,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        rpc,
        fieldsDenied,
        conditions);
  }

  static Decision allow(String id) {
    return allow(id, Facts.unknown("GET", "payments.example.com"));
  }

  static Decision allow(String id, Facts facts) {
    return new Decision(id, NOW, new Verdict.Allow(null, Verdict.Changes.NONE), facts, 42);
  }

  static Decision shadowed(String id, Reason reason) {
    return new Decision(
        id,
        NOW,
        new Verdict.Allow(Denial.of(reason, "would be denied"), Verdict.Changes.NONE),
        PAYMENT,
        42);
  }

  static Decision deny(String id, Reason reason, Facts facts) {
    return new Decision(id, NOW, new Verdict.Deny(Denial.of(reason, "denied")), facts, 42);
  }

  static Inbound inbound(Map<String, String> headers) {
    return inbound(Headers.joined(headers));
  }

  static Inbound inbound(Headers headers) {
    return new Inbound(
        "d",
        NOW,
        "GET",
        "/v1/payments/7",
        "payments.example.com",
        headers,
        Inbound.Body.unsent(1234),
        "203.0.113.7",
        null,
        null,
        List.of());
  }

  static DecisionEntry entry(String id) {
    return DecisionEntry.of(allow(id), inbound(Map.of()), 250_000, null);
  }
}
