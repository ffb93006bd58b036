package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** JWTs of an issuer whose key set is fetched over the network. */
class TokenIT {
  private static final String ISSUER = "https://issuer.example.com";
  private static final String AUDIENCE = "payments";
  private static final String HOST = "tokens.example.com";
  private static final AtomicReference<JWKSet> PUBLISHED = new AtomicReference<>();

  private static Path policies;
  private static RSAKey key;
  private static HttpServer issuer;
  private static Boundary boundary;

  @BeforeAll
  static void start(@TempDir Path work) throws IOException, JOSEException {
    key = new RSAKeyGenerator(2048).keyID("first").keyUse(KeyUse.SIGNATURE).generate();
    PUBLISHED.set(new JWKSet(key.toPublicJWK()));
    issuer = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    issuer.createContext(
        "/keys",
        exchange -> {
          byte[] body = PUBLISHED.get().toString().getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("content-type", "application/jwk-set+json");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    issuer.start();
    policies = Files.createDirectories(work.resolve("policies"));
    Files.writeString(policies.resolve("tokens.yaml"), policies(issuer.getAddress().getPort()));
    boundary = Boundary.start(work, policies);
    Await.untilTrue(
        "the key set is there", () -> boundary.send(with(token(claims().build()))).status() == 200);
  }

  @AfterAll
  static void end() {
    if (issuer != null) {
      issuer.stop(0);
    }
    if (boundary != null) {
      boundary.close();
    }
  }

  @Test
  void aTokenOfTheIssuerIsAnIdentityWithWhatItsScopesAndItsGrantsShare() throws JOSEException {
    Reply reply = boundary.send(with(token(claims().build())));

    Upstream.Seen seen = reply.seen().orElseThrow();
    assertThat(seen.all("x-sallyport-identity")).containsExactly("tokens/settlement");
    assertThat(seen.all("authorization")).isEmpty();

    RawRequest beyondTheGrants =
        RawRequest.of("DELETE", HOST, "/v1/payments/1")
            .with("Authorization", "Bearer " + token(claims().build()));
    assertThat(boundary.send(beyondTheGrants).reason()).isEqualTo("scope_insufficient");
    String narrow = token(claims().claim("scope", "other").build());
    assertThat(boundary.send(with(narrow)).reason()).isEqualTo("scope_insufficient");
  }

  @Test
  void anExpiredTokenIsDenied() throws JOSEException {
    String token =
        token(claims().expirationTime(Date.from(Instant.now().minusSeconds(120))).build());

    assertThat(boundary.send(with(token)).reason()).isEqualTo("credential_expired");
  }

  @Test
  void tokensThatAreNotExactlyWhatWasIssuedAreInvalid() throws JOSEException {
    String good = token(claims().build());
    String[] parts = good.split("\\.", -1);
    RSAKey stolenName = new RSAKeyGenerator(2048).keyID("first").generate();
    String withoutExpiry = token(claims().expirationTime(null).build());
    String publicKeyAsSecret = hmac();

    isInvalid(token(claims().audience("ledger").build()));
    isInvalid(token(claims().audience((String) null).build()));
    isInvalid(token(claims().issuer(ISSUER + "/").build()));
    isInvalid(withoutExpiry);
    isInvalid(token(claims().notBeforeTime(Date.from(Instant.now().plusSeconds(3600))).build()));
    isInvalid(sign(stolenName, claims().build()));
    isInvalid(new PlainJWT(claims().build()).serialize());
    isInvalid(publicKeyAsSecret);
    isInvalid(parts[0] + "." + parts[1] + ".");
    isInvalid(parts[0] + "." + parts[1] + "x." + parts[2]);
    isInvalid(good + "=");
    isInvalid(good + "." + good);
    isInvalid("not-a-token");
  }

  @Test
  void twoTokensAreNeverOne() throws JOSEException {
    String token = token(claims().build());

    Reply twoLines = boundary.send(with(token).with("Authorization", "Bearer " + token));
    Reply joined = boundary.send(with(token + ",Bearer " + token));

    for (Reply reply : new Reply[] {twoLines, joined}) {
      assertThat(reply.status()).isIn(400, 401);
      assertThat(reply.seen()).isEmpty();
    }
  }

  @Test
  void aClientThatNobodyRegisteredIsDenied() throws JOSEException {
    String token = token(claims().claim("azp", "somebody-else").build());

    assertThat(boundary.send(with(token)).reason()).isEqualTo("identity_unregistered");
  }

  @Test
  void aKeyThatTheIssuerPublishesLaterIsFetched() throws JOSEException {
    ECKey next = new ECKeyGenerator(Curve.P_256).keyID("second").generate();
    PUBLISHED.set(new JWKSet(List.<JWK>of(key.toPublicJWK(), next.toPublicJWK())));
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("second").build(), claims().build());
    token.sign(new ECDSASigner(next));
    String text = token.serialize();

    // An unknown key is looked for at most once in thirty seconds.
    Await.until(
        "the second key is known",
        Duration.ofMinutes(2),
        () -> boundary.send(with(text)).status() == 200 ? Optional.of(true) : Optional.empty());
  }

  @Test
  void anIssuerThatNeverAnswersClosesTheDoor() throws IOException, JOSEException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"))) {
      Files.writeString(
          policies.resolve("silent.yaml"),
          policies(silent.getLocalPort())
              .replace("namespace: tokens", "namespace: silent")
              .replace(HOST, "silent.example.com"));
      RawRequest request =
          RawRequest.get("silent.example.com", "/v1/payments/1")
              .with("Authorization", "Bearer " + token(claims().build()));
      Await.untilTrue(
          "the policy is there", () -> !boundary.send(request).reason().equals("policy_missing"));

      Reply reply = boundary.send(request);

      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.reason()).isIn("dependency_unavailable", "policy_not_ready");
    }
  }

  private static void isInvalid(String token) {
    Reply reply = boundary.send(with(token));
    assertThat(reply.reason()).as("%s %s", token, reply).isEqualTo("credential_invalid");
    assertThat(reply.first("www-authenticate"))
        .hasValueSatisfying(it -> assertThat(it).startsWith("Bearer"));
    assertThat(reply.body()).doesNotContain(ISSUER);
  }

  private static RawRequest with(String token) {
    return RawRequest.get(HOST, "/v1/payments/1").with("Authorization", "Bearer " + token);
  }

  private static JWTClaimsSet.Builder claims() {
    Instant now = Instant.now();
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .subject("service:settlement")
        .claim("azp", "settlement")
        .claim("scope", "payments:read payments:refund")
        .issueTime(Date.from(now))
        .expirationTime(Date.from(now.plusSeconds(600)));
  }

  private static String token(JWTClaimsSet claims) throws JOSEException {
    return sign(key, claims);
  }

  private static String sign(RSAKey key, JWTClaimsSet claims) throws JOSEException {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID(key.getKeyID())
                .type(JOSEObjectType.JWT)
                .build(),
            claims);
    token.sign(new RSASSASigner(key));
    return token.serialize();
  }

  /** The old trick: the public key, which everybody has, as the secret of an HMAC. */
  private static String hmac() throws JOSEException {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("first").build(), claims().build());
    token.sign(new MACSigner(key.toRSAPublicKey().getEncoded()));
    return token.serialize();
  }

  private static String policies(int port) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: TokenIssuer
    metadata: {name: corp, namespace: tokens}
    spec:
      issuer: %s
      jwks: {uri: "http://127.0.0.1:%d/keys"}
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: payments, namespace: tokens}
    spec:
      hosts: [%s]
      authentication:
        methods:
        - name: corporate
          jwt: {issuerRef: {name: corp}, audiences: [%s]}
      operations:
      - name: read-payment
        match: [{methods: [GET], path: "/v1/payments/{payment}"}]
        scopes: [payments:read]
      - name: refund-payment
        match: [{methods: [DELETE], path: "/v1/payments/{payment}"}]
        scopes: [payments:refund]
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: settlement, namespace: tokens}
    spec:
      type: Partner
      owner: {team: e2e, contact: e2e@example.com}
      credentials:
      - {name: oauth, oauthClient: {issuerRef: {name: corp}, clientId: settlement}}
      grants: {scopes: [payments:read]}
    """
        .formatted(ISSUER, port, HOST, AUDIENCE);
  }
}
