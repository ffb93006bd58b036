package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A policy that is made of an OpenAPI document, and follows it, in front of a real upstream. */
class OpenApiIT {
  private static final String HOST = "shop.example.com";
  private static final String KEY = "e2e-key-shop";

  private static final String DOCUMENT =
      """
      openapi: 3.1.1
      info: {title: Shop, version: '1'}
      servers: [{url: https://shop.example.com/v1}]
      components:
        securitySchemes:
          key: {type: apiKey, in: header, name: X-API-Key}
          oauth: {type: oauth2, flows: {}}
      paths:
        /names/{name}:
          get: {operationId: getName}
        /names/all:
          get: {operationId: getAll, security: [{oauth: [items:admin]}]}
        /names/{name}.csv:
          get: {operationId: getFile, security: [{oauth: [items:admin]}]}
        /orders/{id}/cancel:
          post: {operationId: cancel}
        /items/{id}:
          parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
          get:
            operationId: getItem
            security: [{oauth: [items:read]}]
            parameters: [{name: fields, in: query, schema: {type: string, maxLength: 10}}]
          put:
            operationId: putItem
            security: [{oauth: [items:write]}]
            requestBody:
              required: true
              content:
                application/json:
                  schema:
                    type: object
                    required: [name]
                    properties: {name: {type: string, maxLength: 8}, price: {type: number, minimum: 0}}
      """;

  private static Path policies;
  private static Boundary boundary;

  @BeforeAll
  static void start(@TempDir Path work) throws IOException {
    policies = Files.createDirectories(work.resolve("policies"));
    write("shop.openapi.yaml", DOCUMENT);
    CommandRun made =
        CommandRun.of(
            List.of(
                Checkout.sallyport().toString(),
                "openapi",
                "import",
                policies.resolve("shop.openapi.yaml").toString(),
                "--name",
                "shop",
                "--namespace",
                "e2e"),
            Map.of(
                "SALLYPORT_JAVA", Path.of(System.getProperty("java.home"), "bin/java").toString()),
            "");
    write("shop.yaml", made.orThrow());
    write(
        "identity.yaml",
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: caller, namespace: e2e}
        spec:
          type: Partner
          owner: {team: e2e, contact: e2e@example.com}
          purpose: tests
          credentials: [{name: k, apiKey: {sha256: "%s"}}]
          grants: {scopes: [items:read, items:write]}
        """
            .formatted(TestPolicies.sha256(KEY)));
    boundary = Boundary.start(work, policies);
  }

  @AfterAll
  static void end() {
    if (boundary != null) {
      boundary.close();
    }
  }

  private static void write(String name, String text) throws IOException {
    // As an editor does it: a file that is half written is never seen.
    Path fresh = policies.resolve('.' + name);
    Files.write(fresh, text.getBytes(StandardCharsets.UTF_8));
    Files.move(fresh, policies.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private static Reply get(String target) {
    return boundary.send(RawRequest.get(HOST, target).with("X-API-Key", KEY));
  }

  private static Reply put(String type, String body) {
    return boundary.send(
        RawRequest.of("PUT", HOST, "/v1/items/7")
            .with("X-API-Key", KEY)
            .with("Content-Type", type)
            .withBody(body));
  }

  @Test
  void whatTheDocumentDeclaresPassesUnderItsName() {
    Reply reply = get("/v1/items/7?fields=name");
    assertThat(reply.status()).as("%s", reply).isEqualTo(200);
    assertThat(reply.seen().orElseThrow().all("x-sallyport-operation")).containsExactly("getItem");

    Reply put = put("application/json", "{\"name\": \"a\", \"price\": 1.5}");
    assertThat(put.status()).as("%s", put).isEqualTo(200);
    assertThat(put.seen().orElseThrow().all("x-sallyport-operation")).containsExactly("putItem");
  }

  @Test
  void whatItDoesNotDeclareIsDeniedBeforeTheUpstream() {
    assertThat(get("/items/7").reason()).isEqualTo("operation_undeclared");
    assertThat(get("/v1/items/seven").reason()).isEqualTo("schema_violation");
    assertThat(get("/v1/items/7?fields=far-too-long").reason()).isEqualTo("schema_violation");
    assertThat(get("/v1/items/7?debug=1").reason()).isEqualTo("schema_violation");
    assertThat(put("text/plain", "{}").reason()).isEqualTo("content_type_unsupported");
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/names/a,",
    "/v1/names/all, scope_insufficient",
    "/v1/names/ALL, operation_undeclared",
    "/v1/names/%41ll, operation_undeclared",
    "/v1/names/all.json, operation_undeclared",
    "/v1/names/all/, operation_undeclared",
    "/v1/names/a.csv, operation_undeclared"
  })
  void noWiderOperationTakesWhatTheUpstreamMayRouteElsewhere(
      String target, @Nullable String reason) {
    Reply reply = get(target);
    if (reason == null) {
      assertThat(reply.status()).as("%s", reply).isEqualTo(200);
      return;
    }
    assertThat(reply.reason()).isEqualTo(reason);
    assertThat(reply.seen()).isEmpty();
  }

  @Test
  void anOperationWithoutBodyTakesNone() {
    RawRequest cancel = RawRequest.of("POST", HOST, "/v1/orders/7/cancel").with("X-API-Key", KEY);
    assertThat(boundary.send(cancel.with("Content-Length", "0")).status()).isEqualTo(200);
    assertThat(boundary.send(cancel.withBody("{}")).reason()).isEqualTo("body_too_large");
    RawRequest chunked = cancel.with("Transfer-Encoding", "chunked");
    assertThat(
            boundary
                .send(
                    new RawRequest(
                        chunked.method(),
                        chunked.target(),
                        chunked.fields(),
                        "2\r\n{}\r\n0\r\n\r\n"))
                .reason())
        .isEqualTo("body_too_large");
    // Envoy says nothing of a body that may be there.
    assertThat(boundary.send(cancel).reason()).isEqualTo("body_truncated");
    RawRequest read = RawRequest.get(HOST, "/v1/names/a").with("X-API-Key", KEY);
    assertThat(boundary.send(read.withBody("{}")).reason()).isEqualTo("body_too_large");
  }

  @Test
  void aBodyThatDoesNotFitIsToldWhereAndNeverWhat() {
    Reply reply =
        put("application/json", "{\"name\": \"hunter2-secret\", \"price\": -1, \"admin\": true}");
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.reason()).isEqualTo("schema_violation");
    assertThat(reply.json().path("errors").size()).isGreaterThan(1);
    assertThat(reply.json().path("errors").toString()).contains("/name", "/price");
    assertThat(reply.body()).doesNotContain("hunter2");
  }

  @Test
  void anEditOfTheDocumentIsEnforced() throws IOException {
    assertThat(get("/v1/reviews").reason()).isEqualTo("operation_undeclared");
    write("shop.openapi.yaml", DOCUMENT + "  /reviews: {get: {operationId: reviews}}\n");
    Await.untilTrue("the new operation passes", () -> get("/v1/reviews").status() == 200);

    write("shop.openapi.yaml", DOCUMENT + "  /reviews: {$ref: 'https://example.com/x.yaml'}\n");
    assertThat(boundary.sallyport().awaitLine("leads out of the document")).isNotEmpty();
    assertThat(get("/v1/reviews").status()).as("the last good document stays").isEqualTo(200);
    write("shop.openapi.yaml", DOCUMENT);
  }
}
