package dev.sallyport.engine.conditions;

import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.engine.identity.Located;
import dev.sallyport.engine.receive.Canonical;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Host;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.receive.Request;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A request that conditions are asked about, as a test needs it. */
record AskedRequest(
    String target,
    List<Map.Entry<String, String>> headers,
    @Nullable String body,
    @Nullable String arguments,
    boolean known,
    Instant now) {
  static final AskedRequest PLAIN =
      new AskedRequest(
          "/v1/payments", List.of(), null, null, true, Instant.parse("2026-11-25T12:00:00Z"));

  AskedRequest target(String other) {
    return new AskedRequest(other, headers, body, arguments, known, now);
  }

  AskedRequest headers(List<Map.Entry<String, String>> others) {
    return new AskedRequest(target, others, body, arguments, known, now);
  }

  AskedRequest body(String json) {
    return new AskedRequest(target, headers, json, arguments, known, now);
  }

  AskedRequest arguments(@Nullable String json) {
    return new AskedRequest(target, headers, body, json, known, now);
  }

  AskedRequest at(String time) {
    return new AskedRequest(target, headers, body, arguments, known, Instant.parse(time));
  }

  AskedRequest anonymous() {
    return new AskedRequest(target, headers, body, arguments, false, now);
  }

  Asked asked() {
    Inbound inbound =
        new Inbound(
            "test",
            now,
            "POST",
            target,
            "api.example.com",
            Headers.listed(headers),
            Inbound.Body.NONE,
            "203.0.113.7",
            null,
            null,
            List.of());
    Request request =
        switch (Request.read(inbound, new Host("api.example.com"), Request.Bounds.DEFAULT)) {
          case Canonical.Read<Request>(var read) -> read;
          case Canonical.Malformed<Request>(var why) -> throw new IllegalArgumentException(why);
        };
    return new Asked(
        request,
        "pay",
        "/v1/{what}",
        body == null ? new Content.Absent() : new Content.Tree(tree(body), "application/json"),
        "create_shipment",
        arguments == null ? null : tree(arguments),
        null,
        known ? IDENTITY : null,
        known ? new Facts.CredentialUse("keys", "apiKey", "", "primary") : null,
        new Located(IpAddress.parse("203.0.113.7"), "peer", "DE", "header"),
        known ? List.of("payments:read", "payments:write") : List.of(),
        now);
  }

  private static final Identity IDENTITY =
      new Identity(
          new ObjectKey("NonHumanIdentity", "payments", "acme"),
          Instant.EPOCH,
          "Partner",
          "production",
          NonHumanIdentitySpec.State.Active,
          null,
          List.of(),
          Identity.Constraints.NONE);

  /** More than our reader takes: what it lets through is not this room's to know. */
  private static JsonNode tree(String json) {
    return JsonMapper.builder()
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .build()
        .readTree(json);
  }
}
