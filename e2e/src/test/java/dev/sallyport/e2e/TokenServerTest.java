package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * That the issuer of the other tests does what the standards say: else they would prove nothing.
 */
class TokenServerTest {
  private static final TokenServer.Client CLIENT =
      TokenServer.Client.of("acme: prod", "s3cret&+", "a:read", "a:write");
  private static final TokenServer.Job JOB =
      new TokenServer.Job("job-1", "acme/shop", "refs/heads/main", "release.yaml");

  @TempDir private Path work;

  private TokenServer server;

  @BeforeEach
  void start() {
    server =
        TokenServer.start(
            TokenServer.Settings.of(work.resolve("issuer"), "api").with(CLIENT).with(JOB));
  }

  @AfterEach
  void end() {
    server.close();
  }

  @Test
  void aClientGetsWhatItMayHaveAndNothingElse() throws Exception {
    JWTClaimsSet claims = verified(TokenRequest.of(CLIENT).forScopes("a:read").send(server));

    assertThat(claims.getIssuer()).isEqualTo(server.issuer());
    assertThat(claims.getAudience()).containsExactly("api");
    assertThat(claims.getSubject()).isEqualTo("acme: prod");
    assertThat(claims.getClaim("client_id")).isEqualTo("acme: prod");
    assertThat(claims.getClaim("scope")).isEqualTo("a:read");
    assertThat(claims.getClaim("cnf")).isNull();
    assertThat(error(TokenRequest.of(CLIENT).forScopes("b:read"))).isEqualTo("invalid_scope");
    assertThat(error(TokenRequest.of(TokenServer.Client.of("acme: prod", "guessed"))))
        .isEqualTo("invalid_client");
    assertThat(server.calls(TokenServer.TOKEN)).isEqualTo(3);
  }

  @Test
  void tokensAreBoundToTheProvenKeyAndToTheShownCertificate() throws Exception {
    DpopKey key = DpopKey.generate();
    Certificates own =
        CertificateAuthority.create(work.resolve("clients"), "clients").issue("acme", "CN=acme");

    JWTClaimsSet byKey = verified(TokenRequest.of(CLIENT).boundTo(key).send(server));
    JWTClaimsSet byCertificate = verified(TokenRequest.of(CLIENT).boundTo(own).send(server));

    assertThat(byKey.getClaim("cnf")).isEqualTo(Map.of("jkt", key.thumbprint()));
    assertThat(byCertificate.getClaim("cnf"))
        .isEqualTo(Map.of("x5t#S256", Certificates.thumbprint(own.certificate())));
  }

  @Test
  void introspectionKnowsOpaqueTokensUntilTheyAreRevoked() throws IOException {
    TokenServer.Client opaque = TokenServer.Client.of("opaque", "s", "a:read").withOpaqueTokens();
    try (TokenServer other =
        TokenServer.start(TokenServer.Settings.of(work.resolve("other"), "api").with(opaque))) {
      String token = TokenRequest.of(opaque).send(other);

      assertThat(token).doesNotContain(".");
      JsonNode answer = introspect(other, token, "example-secret-resource-server");
      assertThat(answer.path("active").asBoolean()).isTrue();
      assertThat(answer.path("scope").asString()).isEqualTo("a:read");
      assertThat(answer.path("client_id").asString()).isEqualTo("opaque");
      assertThat(answer.path("exp").isIntegralNumber()).isTrue();
      assertThat(introspect(other, token, "guessed").path("error").asString())
          .isEqualTo("invalid_client");

      other.revoke(token);

      assertThat(introspect(other, token, "example-secret-resource-server").toString())
          .isEqualTo("{\"active\":false}");
    }
  }

  @Test
  void aKeyIsPublishedBeforeItSignsAndGoneWhenItIsRetired() throws Exception {
    String first = server.keys().signingKeyId();
    String old = token();

    String second = server.keys().announce(SigningKeys.Kind.ES256);
    assertThat(published()).containsExactly(first, second);
    assertThat(SignedJWT.parse(token()).getHeader().getKeyID()).isEqualTo(first);

    server.keys().useNewest();
    assertThat(SignedJWT.parse(token()).getHeader().getKeyID()).isEqualTo(second);
    verified(old);
    verified(token());

    server.keys().retireOthers();
    assertThat(published()).containsExactly(second);
  }

  @Test
  void aJobGetsTheIdentityThatItsPlaceGivesIt() throws Exception {
    JsonNode answer = get("/job/token?audience=releases", "Bearer job-1").json();

    JWTClaimsSet claims = verified(answer.path("value").asString());
    assertThat(claims.getAudience()).containsExactly("releases");
    assertThat(claims.getSubject()).isEqualTo("repo:acme/shop:ref:refs/heads/main");
    assertThat(claims.getClaim("repository")).isEqualTo("acme/shop");
    assertThat(claims.getClaim("job_workflow_ref"))
        .isEqualTo("acme/shop/.github/workflows/release.yaml@refs/heads/main");
    assertThat(get("/job/token", "Bearer job-2").status()).isEqualTo(401);
  }

  @Test
  void itBehavesAsBadlyAsItIsToldAndNoWorse() throws IOException {
    assertThat(get(TokenServer.OAUTH_METADATA, "").json().path("issuer").asString())
        .isEqualTo(server.issuer());

    server.behave(TokenServer.KEYS, new Conduct.Failing(500));
    assertThat(get(TokenServer.KEYS, "").status()).isEqualTo(500);
    assertThat(get(TokenServer.OPENID_METADATA, "").status()).isEqualTo(200);

    server.stop();
    assertThatThrownBy(() -> get(TokenServer.KEYS, "")).isInstanceOf(ConnectException.class);

    server.resume();
    server.behave();
    assertThat(published()).containsExactly(server.keys().signingKeyId());
  }

  private String token() {
    return TokenRequest.of(CLIENT).send(server);
  }

  private String error(TokenRequest request) {
    return request.answer(server).path("error").asString();
  }

  private Reply get(String path, String authorization) throws IOException {
    return TlsClient.trusting(server.caFile())
        .send(
            RawRequest.get("127.0.0.1", path)
                .with("Connection", "close")
                .with("Authorization", authorization),
            server.port());
  }

  private static JsonNode introspect(TokenServer server, String token, String secret)
      throws IOException {
    return TlsClient.trusting(server.caFile())
        .send(
            RawRequest.of("POST", "127.0.0.1", TokenServer.INTROSPECTION)
                .with("Authorization", "Bearer " + secret)
                .with("Content-Type", "application/x-www-form-urlencoded")
                .withBody("token=" + token),
            server.port())
        .json();
  }

  private List<String> published() throws IOException {
    return get(TokenServer.KEYS, "")
        .json()
        .path("keys")
        .valueStream()
        .map(key -> key.path("kid").asString())
        .toList();
  }

  /** The claims of a token, if a published key signed it. */
  private JWTClaimsSet verified(String token) throws IOException, ParseException, JOSEException {
    SignedJWT signed = SignedJWT.parse(token);
    JWKSet keys = JWKSet.parse(get(TokenServer.KEYS, "").body());
    AsymmetricJWK key =
        (AsymmetricJWK) Objects.requireNonNull(keys.getKeyByKeyId(signed.getHeader().getKeyID()));
    assertThat(
            signed.verify(
                new DefaultJWSVerifierFactory()
                    .createJWSVerifier(signed.getHeader(), key.toPublicKey())))
        .isTrue();
    return signed.getJWTClaimsSet();
  }
}
