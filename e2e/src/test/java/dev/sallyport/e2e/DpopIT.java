package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Tokens that are bound to a caller's key, and the proofs that come with them (RFC 9449). */
class DpopIT {
  private static final String PATH = "/v1/items/7";
  private static final String URI = "https://api.example.com" + PATH;
  private static final String METADATA =
      "https://api.example.com/.well-known/oauth-protected-resource";
  private static final TokenServer.Client CLIENT =
      TokenServer.Client.of("settlement", "example-secret-settlement", "items:read");
  private static final DpopKey KEY = DpopKey.generate();
  private static final List<String> SECRETS = new ArrayList<>();

  private static Path policies;
  private static Path nonceKey;
  private static TokenServer tokens;
  private static Boundary boundary;
  private static String bound;
  private static String plain;

  @BeforeAll
  static void start(@TempDir Path work) throws IOException {
    tokens =
        TokenServer.start(TokenServer.Settings.of(work.resolve("tokens"), "items").with(CLIENT));
    policies = Files.createDirectories(work.resolve("policies"));
    nonceKey = Files.writeString(work.resolve("nonce-key"), "0123456789abcdef".repeat(4));
    Files.writeString(policies.resolve("policies.yaml"), policies());
    boundary = Boundary.start(work, policies, DpopIT::settings, envoy -> envoy);
    bound = TokenRequest.of(CLIENT).boundTo(KEY).send(tokens);
    plain = TokenRequest.of(CLIENT).send(tokens);
    SECRETS.addAll(List.of(bound, plain));
    Await.untilTrue("the keys are there", () -> request("Bearer " + plain).status() == 200);
  }

  @AfterAll
  static void end() {
    if (boundary != null) {
      boundary.close();
    }
    if (tokens != null) {
      tokens.close();
    }
  }

  @Test
  void aTokenAndAProofOfItsKeyPass() {
    Reply reply = request("DPoP " + bound, proof());

    Upstream.Seen seen = reply.seen().orElseThrow();
    assertThat(seen.all("x-sallyport-identity")).containsExactly("dpop/settlement");
    assertThat(seen.all("authorization")).isEmpty();
    assertThat(seen.all("dpop")).isEmpty();
    assertThat(constraint(seen)).isEqualTo("dpop");
  }

  @Test
  void theSchemeAndTheOriginAreComparedAsTheStandardsCompareThem() {
    assertThat(request("dpop " + bound, proof()).status()).isEqualTo(200);
    assertThat(
            request("DPoP " + bound, proof().with("htu", "HTTPS://API.Example.COM:443" + PATH))
                .status())
        .isEqualTo(200);
  }

  @Test
  void aProofIsGoodOnce() {
    String proof = proof().sign();

    assertThat(raw("DPoP " + bound, proof).status()).isEqualTo(200);

    isRefused(raw("DPoP " + bound, proof), "invalid_dpop_proof");
  }

  @TestFactory
  Stream<DynamicTest> aProofOfAnythingElseIsNone() {
    DpopKey other = DpopKey.generate();
    record Wrong(String what, UnaryOperator<DpopKey.Proof> change) {}
    return Stream.of(
            new Wrong("of another method", it -> it.with("htm", "POST")),
            new Wrong("of another path", it -> it.with("htu", URI + "1")),
            new Wrong("of the hop", it -> it.with("htu", "http://dpop.example.com" + PATH)),
            new Wrong(
                "of another token",
                it -> it.with("ath", other.proof("GET", URI, plain).claims().get("ath"))),
            new Wrong("of no token", it -> it.with("ath", null)),
            new Wrong("without an id", it -> it.with("jti", null)),
            new Wrong("without a time", it -> it.with("iat", null)),
            new Wrong("of long ago", it -> it.with("iat", secondsFromNow(-600))),
            new Wrong("of the future", it -> it.with("iat", secondsFromNow(600))),
            new Wrong("that says it is a JWT", it -> it.ofType("JWT")),
            new Wrong(
                "that another key signed",
                it -> new DpopKey.Proof(other, it.type(), KEY.key().toPublicJWK(), it.claims())))
        .map(wrong ->
            DynamicTest.dynamicTest(
                wrong.what(),
                () ->
                    isRefused(
                        request("DPoP " + bound, wrong.change().apply(proof())),
                        "invalid_dpop_proof")));
  }

  @Test
  void aProofOfAKeyThatTheTokenIsNotBoundToIsRefused() {
    Reply reply = request("DPoP " + bound, DpopKey.generate().proof("GET", URI, bound));

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.reason()).isEqualTo("credential_invalid");
    assertThat(dpopChallenge(reply)).containsAnyOf("invalid_token", "invalid_dpop_proof");
  }

  @Test
  void textThatIsNoProofIsRefused() {
    for (String text : List.of("", "x", "a.b.c", proof().sign() + "," + proof().sign())) {
      Reply reply = raw("DPoP " + bound, text);
      assertThat(reply.status()).as(text).isIn(400, 401);
      assertThat(reply.seen()).as(text).isEmpty();
    }
  }

  @Test
  void twoProofsAreNone() {
    Reply reply =
        boundary.send(
            get("dpop.example.com", "DPoP " + bound)
                .with("DPoP", proof().sign())
                .with("DPoP", proof().sign()));

    assertThat(reply.status()).isIn(400, 401);
    assertThat(reply.seen()).isEmpty();
  }

  @Test
  void aBoundTokenNeedsItsProofWhateverTheSchemeSays() {
    isRefused(request("Bearer " + bound), "invalid_token");
    isRefused(request("Bearer " + bound, proof()), "invalid_token");
    assertThat(request("DPoP " + bound).status()).isEqualTo(401);
  }

  @Test
  void aTokenThatIsBoundToNothingIsNoneForTheSchemeOfProofs() {
    Reply reply = request("DPoP " + plain, KEY.proof("GET", URI, plain));

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.reason()).isEqualTo("credential_invalid");
    assertThat(dpopChallenge(reply)).contains("error=\"invalid_token\"");
  }

  @Test
  void whereAPolicyTakesNoProofsABoundTokenIsRefused() {
    Reply reply =
        boundary.send(get("plain.example.com", "DPoP " + bound).with("DPoP", proof().sign()));

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.seen()).isEmpty();
  }

  @Test
  void whoPresentsNothingIsToldWhatIsTaken() {
    Reply reply = boundary.send(RawRequest.get("dpop.example.com", PATH));

    assertThat(reply.reason()).isEqualTo("credential_missing");
    String challenges = String.join(", ", reply.all("www-authenticate"));
    assertThat(challenges)
        .contains("Bearer ", "DPoP ", "algs=\"", "resource_metadata=\"" + METADATA + "\"")
        .doesNotContain("error");
    assertThat(dpopChallenge(reply)).contains("ES256");
  }

  @Test
  void aProofWithoutTheNonceThatIsAskedForGetsOneToTryAgainWith() {
    Reply first =
        boundary.send(get("nonce.example.com", "DPoP " + bound).with("DPoP", proof().sign()));

    assertThat(first.status()).isEqualTo(401);
    assertThat(dpopChallenge(first)).contains("error=\"use_dpop_nonce\"");
    String nonce = first.first("dpop-nonce").orElseThrow();

    Reply second =
        boundary.send(
            get("nonce.example.com", "DPoP " + bound)
                .with("DPoP", proof().with("nonce", nonce).sign()));
    assertThat(second.status()).isEqualTo(200);

    Reply guessed =
        boundary.send(
            get("nonce.example.com", "DPoP " + bound)
                .with("DPoP", proof().with("nonce", "guessed").sign()));
    assertThat(guessed.status()).isEqualTo(401);
    assertThat(dpopChallenge(guessed)).contains("error=\"use_dpop_nonce\"");
    assertThat(guessed.first("dpop-nonce")).isPresent();
  }

  @Test
  void replicasWithOneKeyTakeEachOthersNonces(@TempDir Path work) throws IOException {
    try (SallyportProcess other =
            SallyportProcess.start(
                settings(SallyportProcess.Settings.of(work.resolve("sallyport"), policies)));
        EnvoyProcess envoy =
            EnvoyProcess.start(
                EnvoyProcess.Settings.of(
                    work.resolve("envoy"), boundary.upstream(), other.address()))) {
      String nonce =
          envoy
              .send(get("nonce.example.com", "DPoP " + bound).with("DPoP", proof().sign()))
              .first("dpop-nonce")
              .orElseThrow();

      Reply reply =
          boundary.send(
              get("nonce.example.com", "DPoP " + bound)
                  .with("DPoP", proof().with("nonce", nonce).sign()));

      assertThat(reply.status()).isEqualTo(200);
    }
  }

  @Test
  void theKindOfKeyIsTheCallersChoice() {
    DpopKey rsa = DpopKey.generate(SigningKeys.Kind.RS256);
    String token = TokenRequest.of(CLIENT).boundTo(rsa).send(tokens);

    assertThat(request("DPoP " + token, rsa.proof("GET", URI, token)).status()).isEqualTo(200);
  }

  @Test
  void noTokenAndNoProofIsEverLogged() {
    String proof = proof().with("htm", "POST").sign();
    Reply refused = raw("DPoP " + bound, proof);
    boundary.sallyport().decisions().await(refused.decisionId());

    String said =
        boundary.sallyport().process().output()
            + String.join("\n", boundary.sallyport().decisions().lines());
    assertThat(said).doesNotContain(SECRETS).doesNotContain(proof);
  }

  private static SallyportProcess.Settings settings(SallyportProcess.Settings sallyport) {
    return ExampleIssuers.of(sallyport).with("dpop", "{nonceKeyFile: '" + nonceKey + "'}");
  }

  private static DpopKey.Proof proof() {
    return KEY.proof("GET", URI, bound);
  }

  /** What the decision records. */
  private static String constraint(Upstream.Seen seen) {
    String id = seen.first("x-sallyport-decision-id").orElseThrow();
    return boundary.sallyport().decisions().await(id).getCredential().getConstraint();
  }

  private static long secondsFromNow(long seconds) {
    return Instant.now().getEpochSecond() + seconds;
  }

  private static RawRequest get(String host, String authorization) {
    return RawRequest.get(host, PATH + "?page=2").with("Authorization", authorization);
  }

  private static Reply request(String authorization) {
    return boundary.send(get("dpop.example.com", authorization));
  }

  private static Reply request(String authorization, DpopKey.Proof proof) {
    return raw(authorization, proof.sign());
  }

  private static Reply raw(String authorization, String proof) {
    return boundary.send(get("dpop.example.com", authorization).with("DPoP", proof));
  }

  private static void isRefused(Reply reply, String error) {
    assertThat(reply.status()).as("%s", reply).isEqualTo(401);
    assertThat(reply.reason()).isEqualTo("credential_invalid");
    assertThat(reply.seen()).isEmpty();
    assertThat(String.join(", ", reply.all("www-authenticate")))
        .contains("error=\"" + error + "\"");
  }

  /** The challenge of the scheme DPoP. */
  private static String dpopChallenge(Reply reply) {
    return reply.all("www-authenticate").stream()
        .filter(challenge -> challenge.startsWith("DPoP "))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no challenge of DPoP: " + reply));
  }

  private static String policies() {
    return TestPolicies.issuer(tokens, "dpop", "discovery: {}")
        + """
        %s
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: settlement, namespace: dpop}
        spec:
          type: Partner
          owner: {team: e2e, contact: e2e@example.com}
          credentials:
          - {name: oauth, oauthClient: {issuerRef: {name: corp}, clientId: settlement}}
          grants: {scopes: [items:read]}
        """
            .formatted(
                policy("dpop", "dpop: {origins: ['https://api.example.com']}")
                    + policy(
                        "nonce", "dpop: {origins: ['https://api.example.com'], nonce: Required}")
                    + policy("plain", ""));
  }

  private static String policy(String name, String dpop) {
    return """
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: %s, namespace: dpop}
    spec:
      hosts: [%s.example.com]
      authentication:
        methods: [{name: tokens, jwt: {issuerRef: {name: corp}}}]
        resourceMetadata: %s
        %s
      operations:
      - {name: read, match: [{methods: [GET], path: "/v1/items/{item}"}], scopes: [items:read]}
    """
        .formatted(name, name, METADATA, dpop);
  }
}
