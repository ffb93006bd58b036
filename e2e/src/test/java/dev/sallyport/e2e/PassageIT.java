package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sallyport.proto.v1.DecisionRecord;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What reaches the upstream, what comes back to the caller, and what is left in the logs. */
class PassageIT {
  @TempDir private static Path work;

  private static Boundary boundary;

  @BeforeAll
  static void start() {
    boundary = Boundary.start(work, TestPolicies.folder());
  }

  @AfterAll
  static void end() {
    if (boundary != null) {
      boundary.close();
    }
  }

  @Test
  void theUpstreamLearnsWhoCallsAndSeesNoKey() {
    Upstream.Seen seen = send(reader("strict.example.com", "/v1/items/1")).seen().orElseThrow();

    assertThat(seen.all("x-sallyport-identity")).containsExactly("e2e/reader");
    assertThat(seen.all("x-sallyport-operation")).containsExactly("item");
    assertThat(seen.all("x-sallyport-decision-id")).hasSize(1);
    assertThat(seen.all("x-api-key")).isEmpty();
  }

  @Test
  void whatACallerClaimsUnderOurNamesIsRemoved() {
    Upstream.Seen seen =
        send(reader("strict.example.com", "/v1/items/1")
                .with("X-Sallyport-Identity", "e2e/admin")
                .with("x-sallyport-operation", "everything")
                .with("X-SALLYPORT-Scopes", "all")
                .with("x-sallyport-decision-id", "forged"))
            .seen()
            .orElseThrow();

    assertThat(seen.all("x-sallyport-identity")).containsExactly("e2e/reader");
    assertThat(seen.all("x-sallyport-operation")).containsExactly("item");
    assertThat(seen.all("x-sallyport-scopes")).isEmpty();
    assertThat(seen.all("x-sallyport-decision-id")).doesNotContain("forged").hasSize(1);
  }

  @Test
  void claimsUnderOurNamesAreRemovedWhereNobodyAuthenticates() {
    Upstream.Seen seen =
        send(RawRequest.get("strict.example.com", "/open")
                .with("X-Sallyport-Identity", "e2e/admin"))
            .seen()
            .orElseThrow();

    assertThat(seen.all("x-sallyport-identity")).isEmpty();
    assertThat(seen.all("x-sallyport-operation")).containsExactly("open");
  }

  @Test
  void aKeyInTheQueryIsStrippedAndTheRestStays() {
    Reply reply =
        send(
            RawRequest.get(
                "query.example.com", "/v1/items?a=%20b&api_key=" + TestPolicies.READER + "&c=1"));

    Upstream.Seen seen = reply.seen().orElseThrow();
    assertThat(seen.target()).doesNotContain(TestPolicies.READER, "api_key");
    assertThat(seen.target()).startsWith("/v1/items?").contains("a=%20b").contains("c=1");
  }

  @Test
  void anEscapedSpellingOfTheQueryKeyHidesNothing() {
    Reply reply =
        send(
            RawRequest.get(
                "query.example.com", "/v1/items?api%5Fkey=" + TestPolicies.READER + "&c=1"));

    // Denied, or passed without the key: the upstream never sees it.
    assertThat(reply.status()).isIn(200, 400, 401);
    reply.seen().ifPresent(seen -> assertThat(seen.target()).doesNotContain(TestPolicies.READER));
  }

  @Test
  void aKeyInACookieIsStripped() {
    Reply reply =
        send(
            RawRequest.get("cookie.example.com", "/v1/items")
                .with("Cookie", "theme=dark; api_key=" + TestPolicies.READER + "; lang=de"));

    assertThat(reply.status()).as("%s", reply).isEqualTo(200);
    assertThat(String.join("; ", reply.seen().orElseThrow().all("cookie")))
        .doesNotContain(TestPolicies.READER, "api_key");
  }

  @Test
  void aKeyBehindASchemeIsStripped() {
    Reply reply =
        send(
            RawRequest.get("prefix.example.com", "/v1/items")
                .with("Authorization", "ApiKey " + TestPolicies.READER));

    assertThat(reply.seen().orElseThrow().all("authorization")).isEmpty();
  }

  @Test
  void aPolicyMayLetTheUpstreamSeeTheKey() {
    Reply reply = send(reader("forward.example.com", "/v1/items"));

    assertThat(reply.seen().orElseThrow().all("x-api-key")).containsExactly(TestPolicies.READER);
  }

  @Test
  void aDenialIsAProblemDocumentWithAChallenge() {
    Reply reply = send(RawRequest.get("strict.example.com", "/v1/items/1"));

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.all("content-type")).containsExactly("application/problem+json");
    assertThat(reply.all("www-authenticate")).isNotEmpty();
    JsonNode problem = reply.json();
    assertThat(problem.path("type").asString())
        .isEqualTo("https://sallyport.dev/problems/credential_missing");
    assertThat(problem.path("title").asString()).isNotEmpty();
    assertThat(problem.path("status").asInt()).isEqualTo(401);
    assertThat(problem.path("reason").asString()).isEqualTo("credential_missing");
    assertThat(problem.path("decisionId").asString()).isNotEmpty();
  }

  @Test
  void aMissingScopeIsNamedInTheChallenge() {
    Reply reply =
        send(
            RawRequest.of("POST", "strict.example.com", "/v1/items")
                .with("X-API-Key", TestPolicies.READER)
                .withBody("{}"));

    assertThat(reply.reason()).isEqualTo("scope_insufficient");
    assertThat(reply.first("www-authenticate"))
        .hasValueSatisfying(challenge ->
            assertThat(challenge)
                .contains("error=\"insufficient_scope\"", "scope=\"items:write\""));
  }

  @Test
  void theAccessLogKnowsTheDecisionOfAnAllow() {
    String id = send(reader("strict.example.com", "/v1/items/1")).decisionId();

    JsonNode metadata = boundary.envoy().awaitDecision(id);
    assertThat(metadata.path("verdict").asString()).isEqualTo("allow");
    assertThat(metadata.path("reason").asString()).isEqualTo("allowed");
    assertThat(metadata.path("policy").asString()).isEqualTo("e2e/strict");
    assertThat(metadata.path("operation").asString()).isEqualTo("item");
    assertThat(metadata.path("identity").asString()).isEqualTo("e2e/reader");
    assertThat(metadata.path("credential").asString()).isEqualTo("primary");
  }

  @Test
  void theAccessLogKnowsTheDecisionOfADenial() {
    String id =
        send(RawRequest.get("strict.example.com", "/v1/items/1")
                .with("X-API-Key", TestPolicies.GUEST))
            .decisionId();

    JsonNode metadata = boundary.envoy().awaitDecision(id);
    assertThat(metadata.path("verdict").asString()).isEqualTo("deny");
    assertThat(metadata.path("reason").asString()).isEqualTo("scope_insufficient");
    assertThat(metadata.path("identity").asString()).isEqualTo("e2e/guest");
  }

  @Test
  void aShadowedPolicyAllowsAndTellsWhatItWouldHaveDone() {
    Reply reply = send(RawRequest.get("shadow.example.com", "/v1/items/1"));

    assertThat(reply.status()).isEqualTo(200);
    String id = reply.decisionId();
    DecisionRecord decision = boundary.sallyport().decisions().await(id);
    assertThat(decision.getVerdict()).isEqualTo("allow");
    assertThat(decision.getShadowReason()).isEqualTo("credential_missing");
    assertThat(boundary.envoy().awaitDecision(id).path("shadow_reason").asString())
        .isEqualTo("credential_missing");
  }

  @Test
  void aShadowedPolicyAllowsEvenARequestItFindsMalformed() {
    Reply reply = send(reader("shadow.example.com", "/v1/items/a;b"));

    assertThat(reply.status()).isEqualTo(200);
    assertThat(boundary.sallyport().decisions().await(reply.decisionId()).getShadowReason())
        .isEqualTo("request_malformed");
  }

  @Test
  void aLimitThatIsReachedSaysWhenToComeBack() {
    Reply first = send(reader("limits.example.com", "/enforced"));
    Reply second = send(reader("limits.example.com", "/enforced"));
    Reply third = send(reader("limits.example.com", "/enforced"));

    assertThat(List.of(first.status(), second.status(), third.status()))
        .containsExactly(200, 200, 429);
    assertThat(first.all("ratelimit-policy")).hasSize(1);
    assertThat(first.first("ratelimit")).hasValueSatisfying(it -> assertThat(it).contains("r=1"));
    assertThat(second.first("ratelimit")).hasValueSatisfying(it -> assertThat(it).contains("r=0"));
    assertThat(third.reason()).isEqualTo("rate_limited");
    assertThat(third.first("ratelimit-policy"))
        .hasValueSatisfying(it -> assertThat(it).startsWith("\"hourly\";q=2;w=3600"));
    assertThat(Integer.parseInt(third.first("retry-after").orElseThrow())).isBetween(1, 1_800);

    Reply other =
        send(
            RawRequest.get("limits.example.com", "/enforced")
                .with("X-API-Key", TestPolicies.GUEST));
    assertThat(other.status()).isEqualTo(200);
  }

  @Test
  void aLimitThatIsOnlyTriedOutDeniesNobody() {
    send(reader("limits.example.com", "/tried-out"));
    Reply second = send(reader("limits.example.com", "/tried-out"));

    assertThat(second.status()).isEqualTo(200);
    DecisionRecord decision = boundary.sallyport().decisions().await(second.decisionId());
    assertThat(decision.getRateLimitsList())
        .anySatisfy(limit -> {
          assertThat(limit.getName()).isEqualTo("perhaps");
          assertThat(limit.getExceeded()).isTrue();
          assertThat(limit.getShadow()).isTrue();
        });
    assertThat(decision.getShadowReason()).isEqualTo("rate_limited");
  }

  @Test
  void anAddressThatOnlyTheCallerClaimsIsNotBelieved() {
    Reply reply =
        send(
            RawRequest.get("strict.example.com", "/v1/items/1")
                .with("X-API-Key", "e2e-key-branch")
                .with("X-Forwarded-For", "203.0.113.7")
                .with("X-Envoy-External-Address", "203.0.113.7")
                .with("X-Real-IP", "203.0.113.7")
                .with("Forwarded", "for=203.0.113.7"));

    assertThat(reply.reason()).isEqualTo("network_unapproved");
    DecisionRecord decision = boundary.sallyport().decisions().await(reply.decisionId());
    assertThat(decision.getSource().getAddress()).isEqualTo("127.0.0.1");
    assertThat(decision.getSource().getAddressFrom()).isEqualTo("peer");
  }

  @Test
  void aBodyIsMeasuredHoweverItIsSent() {
    RawRequest put =
        RawRequest.of("PUT", "strict.example.com", "/v1/uploads/1")
            .with("X-API-Key", TestPolicies.READER)
            .with("Content-Type", "application/json");

    assertThat(send(put.withBody("{\"just\": \"right\"}")).status()).isEqualTo(413);
    assertThat(send(put.withBody("{\"is\": \"fine\"}")).status()).isEqualTo(200);
    assertThat(send(chunked(put, "{\"just\": \"right\"}")).reason()).isEqualTo("body_too_large");
    Reply passed = send(chunked(put, "{\"is\": \"fine\"}"));
    assertThat(passed.seen().orElseThrow().body()).isEqualTo("{\"is\": \"fine\"}");
  }

  /** The body in two chunks, with nothing that tells its length beforehand. */
  private static RawRequest chunked(RawRequest request, String body) {
    String first = body.substring(0, 5);
    String rest = body.substring(5);
    String chunks =
        "%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n".formatted(first.length(), first, rest.length(), rest);
    RawRequest withCoding = request.with("Transfer-Encoding", "chunked");
    return new RawRequest(withCoding.method(), withCoding.target(), withCoding.fields(), chunks);
  }

  @Test
  void theCallersTraceGoesOn() {
    Reply reply =
        send(
            reader("strict.example.com", "/v1/items/1")
                .with("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

    assertThat(boundary.sallyport().decisions().await(reply.decisionId()).getTraceId())
        .isEqualTo("0af7651916cd43dd8448eb211c80319c");
  }

  @Test
  void theRouteMayNameThePolicyInPlaceOfTheHost() {
    EnvoyProcess.Settings settings =
        EnvoyProcess.Settings.of(
            work.resolve("by-route"), boundary.upstream(), boundary.sallyport().address());
    try (EnvoyProcess envoy = EnvoyProcess.start(settings.withPolicyExtension("e2e/strict"))) {
      Reply reply = envoy.send(reader("anything.example.net", "/v1/items/1"));

      assertThat(reply.status()).isEqualTo(200);
      assertThat(boundary.sallyport().decisions().await(reply.decisionId()).getPolicy())
          .isEqualTo("e2e/strict");
    }
    try (EnvoyProcess envoy = EnvoyProcess.start(settings.withPolicyExtension("e2e/nowhere"))) {
      Reply reply = envoy.send(reader("strict.example.com", "/v1/items/1"));

      assertThat(reply.reason()).isEqualTo("policy_missing");
    }
  }

  @Test
  void aGrpcCallPassesAndItsUpstreamSeesNoKey() throws InterruptedException {
    Upstream.Seen seen = Upstream.Seen.of(call("echo.v1.Echo/Say", TestPolicies.READER));

    assertThat(seen.body()).isEqualTo("hello");
    assertThat(seen.all("x-api-key")).isEmpty();
    assertThat(seen.all("x-sallyport-identity")).containsExactly("e2e/reader");
    assertThat(seen.all("x-sallyport-operation")).containsExactly("say");
  }

  @Test
  void aGrpcCallerGetsAStatusWithAShortPlainText() {
    Status missing = denial("echo.v1.Echo/Say", null);
    Status scope = denial("echo.v1.Echo/Shout", TestPolicies.READER);
    Status undeclared = denial("echo.v1.Echo/Whisper", TestPolicies.READER);

    assertThat(missing.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(scope.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(undeclared.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    for (Status status : List.of(missing, scope, undeclared)) {
      assertThat(status.getDescription()).isNotBlank().doesNotContain("{", "\n");
    }
    assertThat(scope.getDescription()).contains("scope_insufficient");
  }

  @Test
  void everyDecisionIsCountedAndNoKeyIsInAnyLog() throws IOException {
    String id = send(reader("strict.example.com", "/v1/items/1")).decisionId();
    boundary.sallyport().decisions().await(id);

    assertThat(boundary.sallyport().admin("/metrics").body())
        .contains("sallyport_decisions_total")
        .contains("reason=\"allowed\"")
        .doesNotContain("e2e/reader");
    List<String> logs = new ArrayList<>(boundary.sallyport().decisions().lines());
    logs.addAll(boundary.sallyport().process().output().lines().toList());
    assertThat(logs)
        .noneMatch(line -> line.contains(TestPolicies.READER) || line.contains(TestPolicies.GUEST));
  }

  private static Reply send(RawRequest request) {
    return boundary.send(request);
  }

  private static RawRequest reader(String host, String target) {
    return RawRequest.get(host, target).with("X-API-Key", TestPolicies.READER);
  }

  private static Status denial(String method, String key) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> call(method, key)).getStatus();
  }

  private static String call(String method, String key) throws InterruptedException {
    Metadata headers = new Metadata();
    if (key != null) {
      headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), key);
    }
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(
                "127.0.0.1", boundary.envoy().port(), InsecureChannelCredentials.create())
            .overrideAuthority("grpc.example.com")
            .build();
    try {
      return ClientCalls.blockingUnaryCall(
          ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
          Upstream.unary(method),
          CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
          "hello");
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }
}
