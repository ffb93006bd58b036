package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where requests carry tokens, and where tokens carry what they say. */
class TokenPlacesIT {
  private static final String ISSUER = "https://issuer.example.com";
  private static final JWK KEY = SigningKeys.Kind.ES256.generate();
  private static final String TOKEN = sign(JOSEObjectType.JWT, claims().build());

  private static Boundary boundary;

  @BeforeAll
  static void start(@TempDir Path work) throws IOException {
    Path policies = Files.createDirectories(work.resolve("policies"));
    Files.writeString(policies.resolve("policies.yaml"), policies());
    boundary = Boundary.start(work, policies);
  }

  @AfterAll
  static void end() {
    if (boundary != null) {
      boundary.close();
    }
  }

  @Test
  void aHeaderOfItsOwnWithAScheme() {
    RawRequest request = get("header", "/v1/items").with("X-Access-Token", "token " + TOKEN);

    Upstream.Seen seen = passes(request);
    assertThat(seen.all("x-access-token")).isEmpty();
    isMissing(get("header", "/v1/items").with("Authorization", "Bearer " + TOKEN));
    isRefused(get("header", "/v1/items").with("X-Access-Token", TOKEN));
  }

  @Test
  void aQueryParameter() {
    Upstream.Seen seen = passes(get("query", "/v1/items?page=2&access_token=" + TOKEN));

    assertThat(seen.target()).isEqualTo("/v1/items?page=2");
    isRefused(get("query", "/v1/items?access_token=" + TOKEN + "&access_token=" + TOKEN));
  }

  @Test
  void aCookie() {
    Upstream.Seen seen =
        passes(get("cookie", "/v1/items").with("Cookie", "theme=dark; session=" + TOKEN));

    assertThat(seen.all("cookie")).containsExactly("theme=dark");
    isRefused(get("cookie", "/v1/items").with("Cookie", "session=" + TOKEN + "; session=" + TOKEN));
  }

  @Test
  void theFirstMethodWhoseCredentialIsGoodCountsAndNothingOfTheOthersIsPassedOn() {
    RawRequest byKey = get("both", "/v1/items").with("X-API-Key", TestPolicies.READER);
    assertThat(passes(byKey).all("x-api-key")).isEmpty();

    // A key that nobody issued says nothing against the token; the upstream sees neither.
    Upstream.Seen seen =
        passes(
            get("both", "/v1/items")
                .with("X-API-Key", "e2e-key-guessed")
                .with("Authorization", "Bearer " + TOKEN));
    assertThat(seen.all("x-api-key")).isEmpty();
    assertThat(seen.all("authorization")).isEmpty();

    Reply nothing = boundary.send(get("both", "/v1/items"));
    assertThat(nothing.reason()).isEqualTo("credential_missing");
    assertThat(nothing.all("www-authenticate")).hasSize(2);
  }

  @Test
  void scopesAndCallersInsideOfClaims() {
    String token =
        sign(
            JOSEObjectType.JWT,
            claims()
                .claim("scope", "nothing")
                .claim("realm_access", Map.of("roles", List.of("items:read", "other")))
                .claim("workload", Map.of("name", "nested"))
                .build());

    Upstream.Seen seen =
        passes(get("nested", "/v1/items").with("Authorization", "Bearer " + token));
    assertThat(seen.all("x-sallyport-identity")).containsExactly("places/nested");

    Reply elsewhere =
        boundary.send(get("nested", "/v1/items").with("Authorization", "Bearer " + TOKEN));
    assertThat(elsewhere.reason()).isEqualTo("identity_unregistered");
  }

  @Test
  void aJwtSvidIsWhoItsSubjectSays() {
    JWTClaimsSet svid =
        new JWTClaimsSet.Builder()
            .subject("spiffe://cluster.local/ns/payments/sa/exporter")
            .audience("items")
            .expirationTime(Date.from(Instant.now().plusSeconds(300)))
            .issuer(ISSUER)
            .build();

    Upstream.Seen seen =
        passes(
            get("svid", "/v1/items")
                .with("Authorization", "Bearer " + sign(JOSEObjectType.JWT, svid)));
    assertThat(seen.all("x-sallyport-identity")).containsExactly("places/exporter");

    isRefused(get("svid", "/v1/items").with("Authorization", "Bearer " + TOKEN));
  }

  @Test
  void anAccessTokenSaysThatItIsOne() {
    String token = sign(new JOSEObjectType("at+jwt"), claims().build());

    passes(get("access", "/v1/items").with("Authorization", "Bearer " + token));
    isRefused(get("access", "/v1/items").with("Authorization", "Bearer " + TOKEN));
  }

  private static Upstream.Seen passes(RawRequest request) {
    Reply reply = boundary.send(request);
    return reply.seen().orElseThrow(() -> new AssertionError(reply.toString()));
  }

  private static void isMissing(RawRequest request) {
    assertThat(boundary.send(request).reason()).isEqualTo("credential_missing");
  }

  private static void isRefused(RawRequest request) {
    Reply reply = boundary.send(request);
    assertThat(reply.status()).as("%s", reply).isIn(400, 401);
    assertThat(reply.seen()).isEmpty();
    assertThat(reply.body()).doesNotContain(TOKEN);
  }

  private static RawRequest get(String host, String target) {
    return RawRequest.get(host + ".example.com", target);
  }

  private static JWTClaimsSet.Builder claims() {
    Instant now = Instant.now();
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience("items")
        .subject("settlement")
        .claim("client_id", "settlement")
        .claim("scope", "items:read")
        .jwtID("1")
        .issueTime(Date.from(now))
        .expirationTime(Date.from(now.plusSeconds(3_600)));
  }

  private static String sign(JOSEObjectType type, JWTClaimsSet claims) {
    return SigningKeys.sign(KEY, type, claims);
  }

  private static String policies() {
    String token = "{name: tokens, jwt: {issuerRef: {name: %s}%s}}";
    return issuer("corp", "")
        + issuer("nested", "claims: {scopes: /realm_access/roles, identity: /workload/name}")
        + issuer("svids", "profile: JwtSvid")
        + issuer("access", "profile: AccessToken")
        + policy("header", token.formatted("corp", ", header: X-Access-Token, prefix: 'Token '"))
        + policy("query", token.formatted("corp", ", query: access_token"))
        + policy("cookie", token.formatted("corp", ", cookie: session"))
        + policy(
            "both", "{name: keys, apiKey: {header: X-API-Key}}, " + token.formatted("corp", ""))
        + policy("nested", token.formatted("nested", ""))
        + policy("svid", token.formatted("svids", ""))
        + policy("access", token.formatted("access", ""))
        + identity("settlement", "oauthClient: {issuerRef: {name: corp}, clientId: settlement}")
        + identity("partner", "oauthClient: {issuerRef: {name: access}, clientId: settlement}")
        + identity("reader", "apiKey: {sha256: " + TestPolicies.sha256(TestPolicies.READER) + "}")
        + identity("nested", "oauthClient: {issuerRef: {name: nested}, clientId: nested}")
        + identity(
            "exporter",
            "jwtSubject: {issuerRef: {name: svids}, subject:"
                + " 'spiffe://cluster.local/ns/payments/sa/exporter'}");
  }

  private static String issuer(String name, String more) {
    return """
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: TokenIssuer
    metadata: {name: %s, namespace: places}
    spec:
      issuer: %s
      audiences: [items]
      jwks: {inline: '%s'}
      %s
    """
        .formatted(name, ISSUER, new JWKSet(KEY).toPublicJWKSet(), more);
  }

  private static String policy(String name, String methods) {
    // A JWT-SVID has no scopes: nothing asks for any there.
    String scopes = name.equals("svid") ? "" : ", scopes: [items:read]";
    return """
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: %s, namespace: places}
    spec:
      hosts: [%s.example.com]
      authentication: {methods: [%s]}
      operations: [{name: list, match: [{methods: [GET], path: /v1/items}]%s}]
    """
        .formatted(name, name, methods, scopes);
  }

  private static String identity(String name, String credential) {
    return """
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: %s, namespace: places}
    spec:
      type: Application
      owner: {team: e2e, contact: e2e@example.com}
      credentials: [{name: only, %s}]
      grants: {scopes: [items:read]}
    """
        .formatted(name, credential);
  }
}
