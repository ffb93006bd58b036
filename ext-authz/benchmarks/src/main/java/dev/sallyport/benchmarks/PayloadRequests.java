package dev.sallyport.benchmarks;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext.HttpRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Requests with a body as Envoy sends them with {@code with_request_body} and {@code
 * pack_as_bytes}, and the policy that judges them: orders of 15 properties, posted or as arguments
 * of a tool.
 */
final class PayloadRequests {
  private static final String HOST = "orders.example.com";
  private static final String KEY = "sp_live_orders_4f9c2a7be1d05836";

  private PayloadRequests() {}

  /** A schema of 15 properties; of another number another one. */
  static String schema(int number) {
    return schema(number, 2000);
  }

  /** The same, for so many lines of an order. */
  static String schema(int number, int lines) {
    return """
    {type: object, title: order %d, required: [id, reference, amount, currency, lines],
     properties: {
      id: {type: string, pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
      reference: {type: string, minLength: 3, maxLength: 40},
      amount: {type: number, minimum: 0, maximum: %d},
      currency: {type: string, enum: [EUR, USD, GBP, CHF]},
      quantity: {type: integer, minimum: 1},
      express: {type: boolean},
      customer: {type: object, required: [name], properties: {name: {type: string}, email: {type: string}}},
      lines: {type: array, maxItems: %d, items: {type: object, required: [sku, quantity],
        properties: {sku: {type: string, maxLength: 20}, quantity: {type: integer, minimum: 1}, price: {type: number}}}},
      country: {type: string, minLength: 2, maxLength: 2},
      note: {type: string, maxLength: 2000},
      createdAt: {type: string, format: date-time},
      channel: {type: string, enum: [web, partner, phone]},
      discount: {type: number, minimum: 0, maximum: 1},
      tags: {type: array, items: {type: string}, maxItems: 10},
      priority: {type: integer, minimum: 0, maximum: 9}}}
    """
        .formatted(number, 100_000 + number, lines)
        .replace('\n', ' ');
  }

  /** An order of exactly so many bytes, in JSON. */
  static String order(int bytes) {
    String order =
        """
        {"id": "4c1f7e90-5b8d-4a51-9d6e-08c2b7f3a1aa", "reference": "INV-2026-000123",\
         "amount": 99.95, "currency": "EUR", "quantity": 3, "express": false,\
         "customer": {"name": "Acme Logistics", "email": "orders@acme.example"},\
         "country": "DE", "createdAt": "2026-11-25T12:00:00Z", "channel": "partner",\
         "discount": 0.15, "tags": ["settlement", "nightly"], "priority": 5,\
         "lines": [{"sku": "A-10000", "quantity": 1, "price": 33.3}\
        """;
    StringBuilder text = new StringBuilder(order);
    String end = "], \"note\": \"\"}";
    for (int line = 1; ; line++) {
      String next =
          ", {\"sku\": \"A-%d\", \"quantity\": %d, \"price\": 33.3}".formatted(10_000 + line, line);
      if (text.length() + next.length() + end.length() > bytes) {
        break;
      }
      text.append(next);
    }
    int missing = bytes - text.length() - end.length();
    return text + "], \"note\": \"" + "x".repeat(Math.max(0, missing)) + "\"}";
  }

  /** A call of a tool with an order as its arguments, so that all is of so many bytes. */
  static String call(int bytes) {
    String start =
        "{\"jsonrpc\": \"2.0\", \"id\": 7, \"method\": \"tools/call\","
            + " \"params\": {\"name\": \"create_order\", \"arguments\": ";
    return start + order(bytes - start.length() - 2) + "}}";
  }

  static CheckRequest post(String body) {
    return posting("/v1/orders", body, List.of());
  }

  static CheckRequest toolCall(String message) {
    return posting("/mcp", message, List.of(Scenario.header("mcp-protocol-version", "2025-06-18")));
  }

  private static CheckRequest posting(String path, String body, List<HeaderValue> more) {
    CheckRequest.Builder request =
        Scenario.ALLOWED.request(HOST, "/v1/orders", Scenario.header("x-api-key", KEY)).toBuilder();
    HttpRequest.Builder http = request.getAttributesBuilder().getRequestBuilder().getHttpBuilder();
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Set<String> replaced = Set.of(":method", ":path", "accept");
    HeaderMap.Builder headers = HeaderMap.newBuilder();
    http.getHeaderMap().getHeadersList().stream()
        .filter(header -> !replaced.contains(header.getKey()))
        .forEach(headers::addHeaders);
    headers
        .addHeaders(Scenario.header(":method", "POST"))
        .addHeaders(Scenario.header(":path", path))
        .addHeaders(Scenario.header("accept", "application/json, text/event-stream"))
        .addHeaders(Scenario.header("content-type", "application/json"))
        .addHeaders(Scenario.header("content-length", Integer.toString(bytes.length)))
        .addHeaders(Scenario.header("x-envoy-auth-partial-body", "false"))
        .addAllHeaders(more);
    http.setMethod("POST")
        .setPath(path)
        .setHeaderMap(headers)
        .setSize(bytes.length)
        .setRawBody(ByteString.copyFrom(bytes));
    return request.build();
  }

  /** The policy of one API that takes orders, posted and as a tool, and who may call it. */
  static void writePolicy(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("orders.yaml"),
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: orders, namespace: orders}
        spec:
          hosts: [%s]
          authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
          rateLimits:
          - {name: per-identity, per: [identity], requests: 1000000, window: 1s, burst: 1000000000}
          operations:
          - name: place-order
            match: [{methods: [POST], path: /v1/orders}]
            scopes: [orders:write]
            request:
              contentTypes: [application/json]
              maxBytes: 131072
              body: {schema: %s}
          mcp:
            path: /mcp
            tools:
            - name: create_order
              scopes: [orders:write]
              arguments: {schema: %s}
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: acme, namespace: orders}
        spec:
          type: Partner
          owner: {team: integrations, contact: integrations@example.com}
          credentials: [{name: primary, apiKey: {sha256: %s}}]
          grants: {scopes: [orders:write]}
        """
            .formatted(HOST, schema(0), schema(0), PolicySet.sha256(KEY)));
  }

  /** Policies whose operations have a schema each, no two of them alike. */
  static void writeSchemas(Path folder, int count, int inOnePolicy) throws IOException {
    Files.createDirectories(folder);
    for (int first = 0; first < count; first += inOnePolicy) {
      StringBuilder policy =
          new StringBuilder(
              """
              apiVersion: sallyport.dev/v1alpha1
              kind: ApiPolicy
              metadata: {name: api-%d, namespace: orders}
              spec:
                hosts: [api-%d.example.com]
                authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
                operations:
              """
                  .formatted(first, first));
      for (int i = first; i < first + inOnePolicy; i++) {
        policy.append(
            """
              - name: operation-%d
                match: [{methods: [POST], path: /v1/operation-%d}]
                request: {contentTypes: [application/json], body: {schema: %s}}
            """
                .formatted(i, i, schema(i)));
      }
      Files.writeString(folder.resolve("policy-%d.yaml".formatted(first)), policy);
    }
  }
}
