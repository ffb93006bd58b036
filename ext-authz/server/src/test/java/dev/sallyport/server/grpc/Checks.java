package dev.sallyport.server.grpc;

import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.receive.Inbound;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Requests, decisions and their verdicts for the tests of this package. */
final class Checks {
  static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  static final ObjectKey POLICY = new ObjectKey("ApiPolicy", "payments", "payments");
  static final ObjectKey IDENTITY = new ObjectKey("NonHumanIdentity", "payments", "acme");

  private Checks() {}

  static CheckRequest get(String path) {
    CheckRequest.Builder request = CheckRequest.newBuilder();
    request
        .getAttributesBuilder()
        .getRequestBuilder()
        .getHttpBuilder()
        .setMethod("GET")
        .setPath(path)
        .setHost("payments.example.com")
        .putHeaders(":method", "GET")
        .putHeaders(":path", path);
    return request.build();
  }

  static Decision allow(Inbound inbound) {
    return decision(inbound, new Verdict.Allow(null, Verdict.Changes.NONE));
  }

  static Decision deny(Inbound inbound, Reason reason) {
    return decision(inbound, new Verdict.Deny(Denial.of(reason, "no")));
  }

  static Decision decision(Inbound inbound, Verdict verdict) {
    return new Decision(inbound.id(), inbound.at(), verdict, facts(IDENTITY, "read-payment"), 1);
  }

  static Facts facts(@Nullable ObjectKey identity, @Nullable String operation) {
    return new Facts(
        "GET",
        "payments.example.com",
        POLICY,
        "host",
        false,
        operation,
        "/v1/payments/{paymentId}",
        List.of(),
        new Facts.CredentialUse("partner-keys", "apiKey", "", "primary"),
        identity == null ? null : new Facts.IdentityUse(identity, "Partner"),
        null,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        null,
        List.of(),
        List.of());
  }

  static Pipeline.Answer decided(Decision decision) {
    return new Pipeline.Answer.Decided(decision);
  }

  /** As Envoy 1.40 reads a response: status zero alone makes an allow. */
  static boolean letsThrough(CheckResponse response) {
    return response.getStatus().getCode() == 0;
  }

  static @Nullable String reason(CheckResponse response) {
    return response.getDynamicMetadata().getFieldsOrThrow("reason").getStringValue();
  }
}
