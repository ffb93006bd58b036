package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.jwk.JWK;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of a real issuer over TLS, on its good days and on its bad ones. */
class CredentialIT {
  private static final JOSEObjectType ACCESS_TOKEN = new JOSEObjectType("at+jwt");
  private static final TokenServer.Client CLIENT =
      TokenServer.Client.of("settlement", "example-secret-settlement", "items:read");
  private static final TokenServer.Client OPAQUE =
      TokenServer.Client.of("exporter", "example-secret-exporter", "items:read").withOpaqueTokens();
  private static final List<String> SECRETS = new ArrayList<>();

  private static Path work;
  private static Path policies;
  private static TokenServer issuer;
  private static Boundary boundary;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    work = folder;
    issuer =
        TokenServer.start(
            TokenServer.Settings.of(work.resolve("issuer"), "items").with(CLIENT).with(OPAQUE));
    policies = Files.createDirectories(work.resolve("policies"));
    Files.writeString(policies.resolve("corp.yaml"), policies("corp", issuer, "discovery: {}"));
    Files.writeString(
        policies.resolve("opaque.yaml"), policies("opaque", issuer, introspection(issuer, "2s")));
    boundary = Boundary.start(work, policies, ExampleIssuers::of, envoy -> envoy);
    Await.untilTrue(
        "the keys are there", () -> boundary.send(with("corp", token())).status() == 200);
  }

  @AfterAll
  static void end() {
    if (boundary != null) {
      boundary.close();
    }
    if (issuer != null) {
      issuer.close();
    }
  }

  @Test
  void keysAreFoundThroughMetadataOverTlsWithAnAuthorityOfItsOwn() {
    Reply reply = boundary.send(with("corp", token()));

    Upstream.Seen seen = reply.seen().orElseThrow();
    assertThat(seen.all("x-sallyport-identity")).containsExactly("corp/settlement");
    assertThat(seen.all("authorization")).isEmpty();
  }

  @Test
  void anOpaqueTokenIsGoodUntilItsIssuerTookItBackAndAnAnswerWasForgotten() {
    String token = secret(TokenRequest.of(OPAQUE).send(issuer));
    int before = issuer.calls(TokenServer.INTROSPECTION);

    for (int i = 0; i < 20; i++) {
      assertThat(boundary.send(with("opaque", token)).status()).isEqualTo(200);
    }
    // Some may have come when an answer was two seconds old; most did not.
    assertThat(issuer.calls(TokenServer.INTROSPECTION) - before).isBetween(1, 10);

    issuer.revoke(token);

    Await.untilTrue(
        "the token is refused",
        () -> boundary.send(with("opaque", token)).reason().equals("credential_invalid"));
    Reply reply = boundary.send(with("opaque", token));
    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.first("www-authenticate"))
        .hasValueSatisfying(it -> assertThat(it).contains("error=\"invalid_token\""));
  }

  @Test
  void anErrorOfTheEndpointSaysNothingOfTheToken() {
    List<Conduct> bad =
        List.of(
            new Conduct.Failing(500),
            new Conduct.Failing(401),
            new Conduct.Page(),
            new Conduct.Saying("application/json", "{\"active\": \"true\"}"),
            new Conduct.Redirecting(URI.create("http://169.254.169.254/latest")));
    String token = secret(TokenRequest.of(OPAQUE).send(issuer));
    try {
      for (Conduct conduct : bad) {
        issuer.behave(TokenServer.INTROSPECTION, conduct);
        int before = issuer.calls(TokenServer.INTROSPECTION);
        // An endpoint that failed is left alone for a moment: each conduct has to be seen.
        Await.untilTrue(
            "the endpoint is asked",
            () -> {
              Reply reply = boundary.send(with("opaque", token));
              assertThat(reply.status()).as("%s", conduct).isEqualTo(503);
              assertThat(reply.reason()).as("%s", conduct).isEqualTo("dependency_unavailable");
              return issuer.calls(TokenServer.INTROSPECTION) > before;
            });
      }
    } finally {
      issuer.behave();
    }
    Await.untilTrue("the token passes", () -> boundary.send(with("opaque", token)).status() == 200);
  }

  @Test
  void tokensOfKnownKeysAreGoodWhileTheIssuerIsAway() {
    // An issuer of its own, whose keys are to be fetched again within a minute.
    try (TokenServer away = start("away")) {
      String token = secret(TokenRequest.of(CLIENT).send(away));
      apply("away", policies("away", away, "discovery: {}"));
      Await.untilTrue(
          "the keys are there", () -> boundary.send(with("away", token)).status() == 200);
      int asked = asked(away);

      away.behave(TokenServer.KEYS, new Conduct.Failing(503));
      away.behave(TokenServer.OPENID_METADATA, new Conduct.Failing(503));
      away.behave(TokenServer.OAUTH_METADATA, new Conduct.Failing(503));
      Await.until(
          "the issuer was asked again, and failed",
          Duration.ofMinutes(2),
          () -> {
            assertThat(boundary.send(with("away", token)).status()).isEqualTo(200);
            return Optional.of(asked(away)).filter(now -> now > asked);
          });
      away.stop();

      String fresh = away.sign(away.claims("settlement", "items:read").build());
      assertThat(boundary.send(with("away", secret(fresh))).status()).isEqualTo(200);
      assertThat(boundary.send(with("away", token)).status()).isEqualTo(200);
    }
  }

  @Test
  void aFloodOfUnknownKeysAsksTheIssuerOnce() {
    int before = issuer.calls(TokenServer.KEYS);
    JWK stranger = SigningKeys.Kind.ES256.generate();

    for (int i = 0; i < 100; i++) {
      JWK named = SigningKeys.Kind.ES256.generate();
      String token =
          SigningKeys.sign(
              i % 2 == 0 ? named : stranger,
              ACCESS_TOKEN,
              issuer.claims("settlement", "items:read").build());
      assertThat(boundary.send(with("corp", token)).reason()).isEqualTo("credential_invalid");
    }

    // Once for the flood, and once because the set's own time may have come.
    assertThat(issuer.calls(TokenServer.KEYS) - before).isLessThanOrEqualTo(2);
  }

  @Test
  void anIssuerThatHangsSlowsNobodyElse() throws Exception {
    try (TokenServer hanging = start("hanging");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      hanging.behave(TokenServer.KEYS, new Conduct.Silent());
      apply("hanging", policies("hanging", hanging, "discovery: {}"));
      RawRequest waiting = with("hanging", TokenRequest.of(CLIENT).send(hanging));
      Await.untilTrue(
          "the policy is there", () -> !boundary.send(waiting).reason().equals("policy_missing"));
      RawRequest quick = with("corp", token());
      boundary.send(quick);

      List<Future<Reply>> hung = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        hung.add(threads.submit(() -> boundary.send(waiting)));
      }
      for (int i = 0; i < 50; i++) {
        long begin = System.nanoTime();
        assertThat(boundary.send(quick).status()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
      }

      for (Future<Reply> reply : hung) {
        assertThat(reply.get().status()).isEqualTo(503);
        assertThat(reply.get().reason()).isIn("dependency_unavailable", "policy_not_ready");
      }
    }
  }

  @Test
  void whatIsNoKeySetOpensNoDoor() {
    List<Conduct> bad =
        List.of(
            new Conduct.Page(),
            new Conduct.Endless(),
            new Conduct.Dripping(Duration.ofMillis(100)),
            new Conduct.Redirecting(URI.create("http://169.254.169.254/latest")),
            new Conduct.Saying("application/json", "[" + "\"x\",".repeat(3_000_000) + "1]"));
    for (int i = 0; i < bad.size(); i++) {
      String name = "bad-" + i;
      try (TokenServer odd = start(name)) {
        odd.behave(TokenServer.KEYS, bad.get(i));
        isClosed(name, odd, "discovery: {}");
      }
    }
  }

  @Test
  void metadataOfSomebodyElseIsNotBelieved() {
    try (TokenServer odd = start("odd")) {
      Conduct.Saying lie =
          new Conduct.Saying(
              "application/json",
              "{\"issuer\": \"%s/\", \"jwks_uri\": \"%s\"}"
                  .formatted(odd.issuer(), odd.at(TokenServer.KEYS)));
      odd.behave(TokenServer.OPENID_METADATA, lie);
      odd.behave(TokenServer.OAUTH_METADATA, lie);

      isClosed("odd", odd, "discovery: {}");
      assertThat(odd.calls(TokenServer.KEYS)).isZero();
    }
  }

  @Test
  void metadataOfOAuthIsFoundWhereThereIsNoneOfOpenId() {
    try (TokenServer plain =
        TokenServer.start(
            TokenServer.Settings.of(work.resolve("plain"), "items")
                .under("/tenant")
                .with(CLIENT))) {
      plain.behave(TokenServer.OPENID_METADATA, new Conduct.Failing(404));
      apply("plain", policies("plain", plain, "discovery: {}"));
      RawRequest request = with("plain", TokenRequest.of(CLIENT).send(plain));

      Await.untilTrue("the token passes", () -> boundary.send(request).status() == 200);
      assertThat(plain.calls(TokenServer.OAUTH_METADATA)).isPositive();
    }
  }

  @Test
  void anIssuerWhoseCertificateNobodyVouchesForIsNotAsked() {
    try (TokenServer stranger = start("stranger")) {
      String withoutAuthority =
          policies("stranger", stranger, "discovery: {}")
              .replace("tls: {caRef: {name: authorities, key: ca.crt}}", "");
      apply("stranger", withoutAuthority);
      RawRequest request = with("stranger", TokenRequest.of(CLIENT).send(stranger));
      Await.untilTrue(
          "the policy is there", () -> !boundary.send(request).reason().equals("policy_missing"));

      assertThat(boundary.send(request).status()).isEqualTo(503);
      assertThat(stranger.calls(TokenServer.KEYS)).isZero();
    }
  }

  @Test
  void aNameThatLeadsIntoAPrivateNetworkIsAskedOnlyWhereTheConfigurationSaysSo() {
    try (TokenServer inside = start("inside")) {
      String jwks = "jwks: {uri: 'https://localhost:%d/keys'}".formatted(inside.port());
      apply("inside", policies("inside", inside, jwks));
      RawRequest request = with("inside", secret(TokenRequest.of(CLIENT).send(inside)));
      try (Boundary strict = Boundary.start(work.resolve("strict"), policies)) {
        Reply reply = strict.send(request);

        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.reason()).isIn("dependency_unavailable", "policy_not_ready");
        assertThat(strict.sallyport().awaitLine("TokenIssuer inside/corp")).contains("address");
      }
      Await.untilTrue("the token passes", () -> boundary.send(request).status() == 200);
    }
  }

  @Test
  void noTokenAndNoSecretIsEverLogged() {
    String token = token();
    Reply reply = boundary.send(with("corp", token + "x"));
    boundary.sallyport().decisions().await(reply.decisionId());

    String said =
        boundary.sallyport().process().output()
            + String.join("\n", boundary.sallyport().decisions().lines());
    assertThat(said)
        .doesNotContain(token, "example-secret-resource-server")
        .doesNotContain(SECRETS);
  }

  /** An issuer of whom a policy knows nothing good stays closed, and is a 503 and never a 401. */
  private static void isClosed(String name, TokenServer odd, String authority) {
    apply(name, policies(name, odd, authority));
    RawRequest request = with(name, secret(TokenRequest.of(CLIENT).send(odd)));
    Await.untilTrue(
        "the policy is there", () -> !boundary.send(request).reason().equals("policy_missing"));

    Reply reply = boundary.send(request);

    assertThat(reply.status()).as(name).isEqualTo(503);
    assertThat(reply.reason()).as(name).isIn("dependency_unavailable", "policy_not_ready");
    assertThat(boundary.send(with("corp", token())).status()).isEqualTo(200);
  }

  private static int asked(TokenServer server) {
    return server.calls(TokenServer.KEYS) + server.calls(TokenServer.OPENID_METADATA);
  }

  private static TokenServer start(String name) {
    return TokenServer.start(TokenServer.Settings.of(work.resolve(name), "items").with(CLIENT));
  }

  private static String token() {
    return secret(TokenRequest.of(CLIENT).send(issuer));
  }

  private static String secret(String token) {
    SECRETS.add(token);
    return token;
  }

  private static RawRequest with(String host, String token) {
    return RawRequest.get(host + ".example.com", "/v1/items")
        .with("Authorization", "Bearer " + token);
  }

  private static void apply(String name, String yaml) {
    try {
      Path beside = Files.writeString(work.resolve(name + ".next"), yaml);
      Files.move(beside, policies.resolve(name + ".yaml"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String introspection(TokenServer server, String cacheFor) {
    return """
    introspection:
        endpoint: %s
        clientId: resource-server
        clientSecretRef: {name: introspection, key: secret}
        cacheFor: %s\
    """
        .formatted(server.at(TokenServer.INTROSPECTION), cacheFor);
  }

  private static String policies(String name, TokenServer server, String authority) {
    return TestPolicies.issuer(server, name, authority)
        + """
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: introspection, namespace: NAME}
        stringData: {secret: example-secret-resource-server}
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: items, namespace: NAME}
        spec:
          hosts: [NAME.example.com]
          authentication: {methods: [{name: tokens, jwt: {issuerRef: {name: corp}}}]}
          operations: [{name: list, match: [{methods: [GET], path: /v1/items}], scopes: [items:read]}]
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: settlement, namespace: NAME}
        spec:
          type: Partner
          owner: {team: e2e, contact: e2e@example.com}
          credentials:
          - {name: oauth, oauthClient: {issuerRef: {name: corp}, clientId: settlement}}
          - {name: opaque, oauthClient: {issuerRef: {name: corp}, clientId: exporter}}
          grants: {scopes: [items:read]}
        """
            .replace("NAME", name);
  }
}
