package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.engine.authenticate.CompiledIssuer.Keys;
import dev.sallyport.engine.authenticate.CompiledIssuer.Profile;
import dev.sallyport.engine.authenticate.KeySource.Answer;
import dev.sallyport.engine.authenticate.Verification.Expired;
import dev.sallyport.engine.authenticate.Verification.Unavailable;
import dev.sallyport.engine.authenticate.Verification.Untrusted;
import dev.sallyport.engine.authenticate.Verification.Verified;
import dev.sallyport.engine.authenticate.Verification.WouldWait;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenVerifierTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final long T = NOW.getEpochSecond();
  private static final Patience PATIENT = Patience.until(NOW.plusSeconds(1));
  private static final ObjectKey ISSUER = new ObjectKey("TokenIssuer", "payments", "corp");
  private static final URI JWKS = URI.create("https://corp.example/jwks");
  private static final SigningKey KEY = SigningKey.ec("k1");
  private static final SigningKey OTHER = SigningKey.ec("k2");
  private static final SigningKey RSA = SigningKey.rsa("r1", "RS256");
  private static final SigningKey ED = SigningKey.ed25519("e1");

  private final FakeSource source = new FakeSource();
  private final TokenVerifier verifier = new TokenVerifier(source, TokenIntrospector.NONE);

  /** Hands out what a test put there. */
  private static final class FakeSource implements KeySource {
    Answer answer = new Answer.Unavailable();
    final List<String> asked = new ArrayList<>();

    @Override
    public Answer keys(CompiledIssuer issuer, String keyId, Patience patience) {
      asked.add(keyId);
      return answer;
    }
  }

  private static CompiledIssuer issuer(Keys keys, Profile profile) {
    return new CompiledIssuer(
        ISSUER,
        "https://corp.example",
        keys,
        List.of(),
        Set.of("payments"),
        CompiledIssuer.DEFAULT_ALGORITHMS,
        profile,
        List.of("scope", "scp"),
        List.of("azp", "client_id", "sub"),
        Map.of(),
        Duration.ofSeconds(30),
        Optional.empty());
  }

  private static CompiledIssuer issuer() {
    return issuer(new Keys.Inline(SigningKey.keySet(KEY, RSA, ED)), Profile.GENERIC);
  }

  private static CompiledIssuer issuer(
      Set<String> audiences, Map<String, String> required, Duration maxAge) {
    CompiledIssuer usual = issuer();
    return new CompiledIssuer(
        usual.key(),
        usual.issuer(),
        usual.authority(),
        List.of(),
        audiences,
        usual.algorithms(),
        usual.profile(),
        usual.scopeClaims(),
        usual.identityClaims(),
        required,
        usual.clockSkew(),
        Optional.ofNullable(maxAge));
  }

  /** Good claims, and more: {@code ,"azp":"acme"}. */
  private static String claims(String more) {
    return "{\"iss\":\"https://corp.example\",\"aud\":\"payments\",\"sub\":\"svc\",\"exp\":"
        + (T + 300)
        + more
        + "}";
  }

  private Verification verify(String token) {
    return verify(token, issuer());
  }

  private Verification verify(String token, CompiledIssuer issuer) {
    return verifier.verify(token, issuer, List.of(), NOW, PATIENT);
  }

  private static void assertUntrusted(Verification verification, String why) {
    assertThat(verification).isInstanceOf(Untrusted.class);
    assertThat(((Untrusted) verification).why()).contains(why);
  }

  @Test
  void goodTokenNamesItsSubject() {
    String token = KEY.sign(claims(",\"azp\":\"acme\",\"scope\":\"a  b a\",\"scp\":[\"c\"]"));

    assertThat(verify(token))
        .isInstanceOfSatisfying(
            Verified.class,
            verified -> {
              assertThat(verified.subject().issuer()).isEqualTo(ISSUER);
              assertThat(verified.subject().subject()).isEqualTo("svc");
              assertThat(verified.subject().client()).isEqualTo("acme");
              assertThat(verified.subject().scopes()).containsExactly("a", "b");
              assertThat(verified.subject().expiresAt()).isEqualTo(NOW.plusSeconds(300));
              assertThat(verified.subject().claims()).containsEntry("exp", T + 300);
            });
  }

  @Test
  void eachKindOfKeyVerifies() {
    for (SigningKey key : List.of(KEY, RSA, ED)) {
      assertThat(verify(key.sign(claims("")))).isInstanceOf(Verified.class);
    }
  }

  @Test
  void scopesMayBeAListAndTheClientTheSubject() {
    String token = KEY.sign(claims(",\"scp\":[\"a\",\"b c\"]"));

    assertThat(((Verified) verify(token)).subject().scopes()).containsExactly("a", "b", "c");
    assertThat(((Verified) verify(token)).subject().client()).isEqualTo("svc");
  }

  @Test
  void anotherKeysSignatureIsRefused() {
    String forged = new SigningKey("k1", "ES256", OTHER.pair(), "").sign(claims(""));

    assertUntrusted(verify(forged), "signature");
  }

  @Test
  void changedClaimsAreRefused() {
    String[] parts = KEY.sign(claims("")).split("\\.", -1);
    String changed =
        SigningKey.base64(claims(",\"azp\":\"admin\"").getBytes(StandardCharsets.UTF_8));

    assertUntrusted(verify(parts[0] + "." + changed + "." + parts[2]), "signature");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"alg\":\"none\",\"kid\":\"k1\"}",
        "{\"alg\":\"NONE\",\"kid\":\"k1\"}",
        "{\"alg\":\"HS256\",\"kid\":\"k1\"}",
        "{\"alg\":\"ES384\",\"kid\":\"k1\"}",
        "{\"alg\":\"es256\",\"kid\":\"k1\"}",
        "{\"alg\":\"RS256\",\"kid\":\"k1\"}",
        "{\"alg\":[\"ES256\"],\"kid\":\"k1\"}",
        "{\"alg\":null,\"kid\":\"k1\"}",
        "{\"kid\":\"k1\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":[]}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":null}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"b64\":true}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"zip\":\"DEF\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"kid\":\"k1\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"\\u006bid\":\"k1\"}",
        "{\"alg\":\"ES256\",\"kid\":1}",
        "{\"alg\":\"ES256\",\"kid\":null}",
        "{\"alg\":\"ES256\",\"kid\":\"\"}",
        "{\"alg\":\"ES256\",\"kid\":\"K1\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":1}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"dpop+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"application/logout+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"secevent+jwt\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWE\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\"} ",
        "\ufeff{\"alg\":\"ES256\",\"kid\":\"k1\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\"}{}",
        "[]",
        "null",
        "\"ES256\""
      })
  void headerThatLeavesADoubtIsRefused(String header) {
    // A space after the object is JSON still, and so the one header here that is good.
    Class<? extends Verification> expected =
        header.endsWith("} ") ? Verified.class : Untrusted.class;

    assertThat(verify(KEY.sign(header, claims("")))).isInstanceOf(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"JWT", "jwt", "application/jwt", "at+jwt", "application/at+JWT", "JOSE"})
  void typesThatCarryAccessAreTaken(String type) {
    String header = "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"" + type + "\"}";

    assertThat(verify(KEY.sign(header, claims("")))).isInstanceOf(Verified.class);
  }

  @Test
  void headerWithItsOwnKeyIsJudgedByTheIssuersKeys() {
    String header = "{\"alg\":\"ES256\",\"kid\":\"k1\",\"jwk\":" + OTHER.jwk() + "}";

    assertUntrusted(verify(OTHER.sign(header, claims(""))), "signature");
    assertThat(verify(KEY.sign(header, claims("")))).isInstanceOf(Verified.class);
  }

  @Test
  void tokenWithoutKeyIdNeedsASetWithOneFittingKey() {
    String token = KEY.sign("{\"alg\":\"ES256\"}", claims(""));

    assertThat(verify(token)).isInstanceOf(Verified.class);
    assertUntrusted(
        verify(token, issuer(new Keys.Inline(SigningKey.keySet(KEY, OTHER)), Profile.GENERIC)),
        "kid");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"iss\":\"https://corp.example/\"",
        "\"iss\":[\"https://corp.example\"]",
        "\"aud\":\"other\"",
        "\"aud\":\"Payments\"",
        "\"aud\":[]",
        "\"aud\":[\"payments\",1]",
        "\"aud\":{\"payments\":1}",
        "\"aud\":null",
        "\"exp\":null",
        "\"exp\":\"9999999999\"",
        "\"exp\":-1",
        "\"exp\":1e999",
        "\"exp\":9e15",
        "\"nbf\":1796000000",
        "\"nbf\":\"0\"",
        "\"iat\":1796000000",
        "\"iat\":true",
        "\"sub\":5",
        "\"sub\":\"\"",
        "\"azp\":[\"acme\"]",
        "\"scope\":{\"a\":1}",
        "\"scope\":[\"a\",null]",
        "\"cnf\":{\"jkt\":\"x\"}",
        "\"cnf\":{}"
      })
  void claimThatLeavesADoubtIsRefused(String claim) {
    String name = claim.substring(1, claim.indexOf('"', 1));
    StringBuilder claims = new StringBuilder("{" + claim);
    Map.of(
            "iss", "\"https://corp.example\"",
            "aud", "\"payments\"",
            "sub", "\"svc\"",
            "exp", Long.toString(T + 300))
        .forEach((other, value) -> {
          if (!other.equals(name)) {
            claims.append(",\"").append(other).append("\":").append(value);
          }
        });

    assertThat(verify(KEY.sign(claims.append('}').toString()))).isInstanceOf(Untrusted.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "foo",
        "null",
        "[]",
        "{\"iss\":\"a\",\"iss\":\"a\"}",
        "{} {}",
        "{\"a\":NaN}",
        "{\"a\":01}"
      })
  void payloadThatIsNoObjectIsRefused(String payload) {
    assertThat(verify(KEY.sign(payload))).isInstanceOf(Untrusted.class);
  }

  @Test
  void payloadThatIsNotUtf8IsRefused() {
    byte[] claims = claims(",\"azp\":\"a\u00ffb\"").getBytes(StandardCharsets.ISO_8859_1);
    byte[] header = "{\"alg\":\"ES256\",\"kid\":\"k1\"}".getBytes(StandardCharsets.UTF_8);

    assertThat(verify(KEY.sign(header, claims))).isInstanceOf(Untrusted.class);
  }

  @Test
  void deeplyNestedPayloadIsRefused() {
    String deep = "[".repeat(5000) + "]".repeat(5000);

    assertThat(verify(KEY.sign(claims(",\"x\":" + deep)))).isInstanceOf(Untrusted.class);
  }

  @Test
  void otherTextsOfAGoodTokenAreRefused() {
    String token = KEY.sign(claims(""));
    assertThat(verify(token)).isInstanceOf(Verified.class);
    int dot = token.lastIndexOf('.');

    for (String other :
        List.of(
            token + "=",
            token + "==",
            token + " ",
            " " + token,
            token + ".",
            token + ".a",
            "." + token,
            token + "\n",
            token + "\ud800",
            token.substring(0, dot) + "=." + token.substring(dot + 1),
            token.substring(0, dot),
            token.substring(0, dot + 1),
            token.replace('-', '+').replace('_', '/') + "!",
            withStrayBits(token),
            "",
            "..",
            "a.b.c",
            "x".repeat(20_000))) {
      assertThat(verify(other)).as(other).isInstanceOf(Untrusted.class);
    }
  }

  /** The same signature bytes in other letters: its last letter carries two bits that count not. */
  private static String withStrayBits(String token) {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = alphabet.indexOf(token.charAt(token.length() - 1));
    String stray = token.substring(0, token.length() - 1) + alphabet.charAt(last | 1);
    String signature = stray.substring(stray.lastIndexOf('.') + 1);
    assertThat(Base64.getUrlDecoder().decode(signature)).hasSize(64);
    return stray;
  }

  @Test
  void expiryHoldsWithinTheSkewAndNoLonger() {
    String token = KEY.sign(claims(""));

    assertThat(at(token, T + 329)).isInstanceOf(Verified.class);
    assertThat(at(token, T + 330)).isInstanceOf(Expired.class);
    assertThat(at(token, T + 329)).isInstanceOf(Verified.class);
  }

  private Verification at(String token, long second) {
    return verifier.verify(token, issuer0, List.of(), Instant.ofEpochSecond(second), PATIENT);
  }

  private final CompiledIssuer issuer0 = issuer();

  @Test
  void forgedExpiredTokenIsUntrustedNotExpired() {
    String forged = new SigningKey("k1", "ES256", OTHER.pair(), "").sign(claims(""));

    assertUntrusted(at(forged, T + 5000), "signature");
  }

  @Test
  void fractionalDatesAreTaken() {
    String token =
        KEY.sign(claims(",\"nbf\":" + T + ".75,\"iat\":" + T + ".5").replace("300,", "300.25,"));

    assertThat(((Verified) verify(token)).subject().expiresAt())
        .isEqualTo(NOW.plusSeconds(300).plusMillis(250));
  }

  @Test
  void notBeforeAndIssuedAtHoldWithinTheSkew() {
    assertThat(verify(KEY.sign(claims(",\"nbf\":" + (T + 30))))).isInstanceOf(Verified.class);
    assertUntrusted(verify(KEY.sign(claims(",\"nbf\":" + (T + 31)))), "nbf");
    assertThat(verify(KEY.sign(claims(",\"iat\":" + (T + 30))))).isInstanceOf(Verified.class);
    assertUntrusted(verify(KEY.sign(claims(",\"iat\":" + (T + 31)))), "iat");
  }

  @Test
  void tooOldTokenIsExpiredAndOneWithoutIssueTimeRefused() {
    CompiledIssuer issuer = issuer(Set.of("payments"), Map.of(), Duration.ofMinutes(5));

    assertThat(verify(KEY.sign(claims(",\"iat\":" + (T - 330))), issuer))
        .isInstanceOf(Verified.class);
    assertThat(verify(KEY.sign(claims(",\"iat\":" + (T - 331))), issuer))
        .isInstanceOf(Expired.class);
    assertUntrusted(verify(KEY.sign(claims("")), issuer), "iat");
  }

  @Test
  void theMethodsAudienceTakesTheIssuersPlace() {
    String token = KEY.sign(claims(""));

    assertThat(verifier.verify(token, issuer(), List.of("a", "payments"), NOW, PATIENT))
        .isInstanceOf(Verified.class);
    assertUntrusted(verifier.verify(token, issuer(), List.of("a"), NOW, PATIENT), "audience");
  }

  @Test
  void withoutAConfiguredAudienceNoTokenIsTaken() {
    CompiledIssuer issuer = issuer(Set.of(), Map.of(), null);

    assertUntrusted(verify(KEY.sign(claims("")), issuer), "no audience is configured");
  }

  @Test
  void requiredClaimsAreExact() {
    CompiledIssuer issuer =
        issuer(Set.of("payments"), Map.of("repository", "acme/app", "id", "7", "ok", "true"), null);
    String good = ",\"repository\":\"acme/app\",\"id\":7,\"ok\":true";

    assertThat(verify(KEY.sign(claims(good)), issuer)).isInstanceOf(Verified.class);
    assertUntrusted(verify(KEY.sign(claims(good.replace("app", "App"))), issuer), "repository");
    assertUntrusted(verify(KEY.sign(claims(good.replace(":7", ":[7]"))), issuer), "`id`");
    assertUntrusted(verify(KEY.sign(claims("")), issuer), "as required");
  }

  @Test
  void accessTokenNeedsItsTypeAndItsClaims() {
    CompiledIssuer issuer = issuer(new Keys.Inline(SigningKey.keySet(KEY)), Profile.ACCESS_TOKEN);
    String header = "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}";
    String good = ",\"client_id\":\"acme\",\"iat\":" + T + ",\"jti\":\"1\"";

    assertThat(verify(KEY.sign(header, claims(good)), issuer)).isInstanceOf(Verified.class);
    assertUntrusted(verify(KEY.sign(claims(good)), issuer), "typ");
    for (String name : List.of("client_id", "iat", "jti", "sub")) {
      String without = claims(good).replace("\"" + name + "\"", "\"x_" + name + "\"");
      assertUntrusted(verify(KEY.sign(header, without), issuer), name);
    }
  }

  @Test
  void jwtSvidNeedsASpiffeId() {
    CompiledIssuer issuer = issuer(new Keys.Inline(SigningKey.keySet(KEY)), Profile.JWT_SVID);
    String good = claims("").replace("\"svc\"", "\"spiffe://a.example/ns/x\"");

    assertThat(verify(KEY.sign(good), issuer)).isInstanceOf(Verified.class);
    for (String id :
        List.of(
            "svc",
            "spiffe://a.example",
            "spiffe://A.example/x",
            "spiffe://a/../b",
            "spiffe://a//b",
            "spiffe://a/b/",
            "spiffe://a:1/b",
            "spiffe://a/b?c",
            "spiffe://a/%41")) {
      assertUntrusted(verify(KEY.sign(claims("").replace("svc", id)), issuer), "SPIFFE");
    }
    String header = "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}";
    assertUntrusted(verify(KEY.sign(header, good), issuer), "typ");
  }

  @Test
  void keyForSvidsVerifiesNoOtherToken() {
    String svidKey = KEY.jwk().replace("{", "{\"use\":\"jwt-svid\",");
    KeySet set = ((KeySet.Parsing.Parsed) KeySet.parse("{\"keys\":[" + svidKey + "]}")).keys();
    String token = KEY.sign(claims("").replace("svc", "spiffe://a/b"));

    assertThat(verify(token, issuer(new Keys.Inline(set), Profile.JWT_SVID)))
        .isInstanceOf(Verified.class);
    assertUntrusted(verify(token, issuer(new Keys.Inline(set), Profile.GENERIC)), "key");
  }

  @Test
  void cacheCountsWhatItSaved() {
    CompiledIssuer issuer = issuer();
    String token = KEY.sign(claims(""));

    verify(token, issuer);
    verify(token, issuer);
    verify(token, issuer);
    verify("rubbish", issuer);

    assertThat(verifier.cacheMisses()).isEqualTo(1);
    assertThat(verifier.cacheHits()).isEqualTo(2);
    assertThat(verifier.cacheSize()).isEqualTo(1);
  }

  @Test
  void withoutPatienceOnlyAKnownTokenIsVerified() {
    String token = KEY.sign(claims(""));
    CompiledIssuer issuer = issuer();

    assertThat(verifier.verify(token, issuer, List.of(), NOW, Patience.NONE))
        .isInstanceOf(WouldWait.class);
    assertThat(verify(token, issuer)).isInstanceOf(Verified.class);
    assertThat(verifier.verify(token, issuer, List.of(), NOW, Patience.NONE))
        .isInstanceOf(Verified.class);
    assertUntrusted(verifier.verify(token, issuer, List.of("a"), NOW, Patience.NONE), "audience");
  }

  @Test
  void withoutPatienceRubbishIsRefusedAtOnce() {
    String unknownKey = OTHER.sign(claims(""));
    String badIssuer = KEY.sign(claims("").replace("corp", "evil"));

    for (String token : List.of("a.b.c", unknownKey, badIssuer)) {
      assertThat(verifier.verify(token, issuer(), List.of(), NOW, Patience.NONE))
          .isInstanceOf(Untrusted.class);
    }
  }

  @Test
  void knownTokenIsForgottenWithTheIssuersRules() {
    String token = KEY.sign(claims(""));
    CompiledIssuer issuer = issuer();
    assertThat(verify(token, issuer)).isInstanceOf(Verified.class);

    CompiledIssuer stricter = issuer(Set.of("payments"), Map.of("ref", "main"), null);
    assertUntrusted(verify(token, stricter), "ref");
    CompiledIssuer withoutKey = issuer(new Keys.Inline(SigningKey.keySet(RSA)), Profile.GENERIC);
    assertUntrusted(verify(token, withoutKey), "key");
  }

  @Test
  void knownTokenOfOneIssuerIsUnknownToAnother() {
    String token = KEY.sign(claims(""));
    assertThat(verify(token)).isInstanceOf(Verified.class);
    CompiledIssuer usual = issuer();
    CompiledIssuer other =
        new CompiledIssuer(
            new ObjectKey("TokenIssuer", "other", "corp"),
            usual.issuer(),
            new Keys.Inline(SigningKey.keySet(OTHER)),
            List.of(),
            usual.audiences(),
            Set.of(JWSAlgorithm.ES256),
            usual.profile(),
            usual.scopeClaims(),
            usual.identityClaims(),
            usual.requiredClaims(),
            usual.clockSkew(),
            usual.maxTokenAge());

    assertUntrusted(verify(token, other), "key");
  }

  @Test
  void knownTokenIsForgottenWhenItsKeyLeavesTheRemoteSet() {
    CompiledIssuer issuer = issuer(new Keys.Remote(JWKS, Duration.ofHours(1)), Profile.GENERIC);
    String token = KEY.sign(claims(""));
    source.answer = new Answer.Held(SigningKey.keySet(KEY, OTHER));
    assertThat(verify(token, issuer)).isInstanceOf(Verified.class);

    source.answer = new Answer.Held(SigningKey.keySet(KEY));
    assertThat(verifier.verify(token, issuer, List.of(), NOW, Patience.NONE))
        .isInstanceOf(Verified.class);

    source.answer = new Answer.Held(SigningKey.keySet(OTHER));
    assertUntrusted(verify(token, issuer), "key");

    // Back again: its signature has to be checked anew.
    source.answer = new Answer.Held(SigningKey.keySet(KEY));
    assertThat(verifier.verify(token, issuer, List.of(), NOW, Patience.NONE))
        .isInstanceOf(WouldWait.class);
  }

  @Test
  void keyOfTheSameIdThatIsAnotherKeyProvesNothing() {
    CompiledIssuer issuer = issuer(new Keys.Remote(JWKS, Duration.ofHours(1)), Profile.GENERIC);
    String token = KEY.sign(claims(""));
    source.answer = new Answer.Held(SigningKey.keySet(KEY));
    assertThat(verify(token, issuer)).isInstanceOf(Verified.class);

    source.answer = new Answer.Held(SigningKey.keySet(SigningKey.ec("k1")));
    assertUntrusted(verify(token, issuer), "signature");
  }

  @Test
  void sourceIsAskedForTheTokensKeyAndItsAnswerHolds() {
    CompiledIssuer issuer = issuer(new Keys.Remote(JWKS, Duration.ofHours(1)), Profile.GENERIC);
    String token = KEY.sign(claims(""));

    assertThat(verify(token, issuer)).isInstanceOf(Unavailable.class);
    source.answer = new Answer.WouldWait();
    assertThat(verifier.verify(token, issuer, List.of(), NOW, Patience.NONE))
        .isInstanceOf(WouldWait.class);
    assertThat(source.asked).containsExactly("k1", "k1");
  }

  @Test
  void rubbishAsksNoSource() {
    CompiledIssuer issuer = issuer(new Keys.Remote(JWKS, Duration.ofHours(1)), Profile.GENERIC);

    verify(KEY.sign(claims("").replace("corp", "evil")), issuer);
    verify("a.b.c", issuer);

    assertThat(source.asked).isEmpty();
  }

  @Test
  void messagesHoldNoTokenAndNoClaim() {
    String secret = "s3cr3t-value";
    for (String claims :
        List.of(
            claims(",\"azp\":[\"" + secret + "\"]"),
            claims("").replace("payments", secret),
            claims("").replace("https://corp.example", secret),
            secret)) {
      assertThat(((Untrusted) verify(KEY.sign(claims))).why()).doesNotContain(secret);
    }
  }
}
