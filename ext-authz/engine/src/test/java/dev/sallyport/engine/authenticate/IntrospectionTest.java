package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.CompiledIssuer.Introspection;
import dev.sallyport.engine.authenticate.CompiledIssuer.Profile;
import dev.sallyport.engine.authenticate.TokenIntrospector.Answer;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntrospectionTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final long T = NOW.getEpochSecond();
  private static final Patience PATIENT = Patience.until(NOW.plusSeconds(1));
  private static final String JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
  private static final Introspection BY =
      new Introspection(
          URI.create("https://corp.example/introspect"),
          Optional.empty(),
          new ClientSecret("s"),
          Duration.ZERO);

  private final FakeIntrospector introspector = new FakeIntrospector();
  private final TokenVerifier verifier = new TokenVerifier(KeySource.NONE, introspector);

  /** Says what a test put there. */
  private static final class FakeIntrospector implements TokenIntrospector {
    Answer answer = new Answer.Unavailable();
    final List<String> asked = new ArrayList<>();

    @Override
    public Answer introspect(
        CompiledIssuer issuer, Introspection by, String token, Patience patience) {
      asked.add(token);
      return answer;
    }
  }

  private static CompiledIssuer issuer(Profile profile, Duration maxAge) {
    return new CompiledIssuer(
        new ObjectKey("TokenIssuer", "payments", "corp"),
        "https://corp.example",
        BY,
        List.of(),
        Set.of("payments"),
        CompiledIssuer.DEFAULT_ALGORITHMS,
        profile,
        List.of("scope"),
        List.of("azp", "client_id", "sub"),
        Map.of("/tenant/id", "7"),
        Duration.ofSeconds(30),
        Optional.ofNullable(maxAge));
  }

  /** A good answer, and more: {@code ,"jti":"1"}. */
  private static String answer(String more) {
    return "{\"active\":true,\"aud\":\"payments\",\"tenant\":{\"id\":7},\"client_id\":\"acme\","
        + "\"exp\":"
        + (T + 300)
        + more
        + "}";
  }

  private static Answer active(String json) {
    return new Answer.Active(
        Claims.of(StrictJson.object(json.getBytes(StandardCharsets.UTF_8)).orElseThrow()).all());
  }

  private Verification answered(String json) {
    introspector.answer = active(json);
    return verify("opaque");
  }

  private Verification verify(String token) {
    return verifier.verify(token, issuer(Profile.GENERIC, null), List.of(), NOW, PATIENT);
  }

  private static void assertUntrusted(Verification verification, String why) {
    assertThat(verification).isInstanceOf(Untrusted.class);
    assertThat(((Untrusted) verification).why()).contains(why);
  }

  @Test
  void activeTokenNamesItsSubject() {
    String more =
        ",\"iss\":\"https://corp.example\",\"sub\":\"svc\",\"scope\":\"a b\",\"token_type\":\"bearer\"";

    assertThat(answered(answer(more)))
        .isInstanceOfSatisfying(
            Verified.class,
            verified -> {
              assertThat(verified.subject().subject()).isEqualTo("svc");
              assertThat(verified.subject().client()).isEqualTo("acme");
              assertThat(verified.subject().scopes()).containsExactly("a", "b");
              assertThat(verified.subject().expiresAt()).isEqualTo(NOW.plusSeconds(300));
              assertThat(verified.subject().confirmation()).isEqualTo(Confirmation.NONE);
            });
  }

  @Test
  void issuerAndTypeMayBeLeftOut() {
    assertThat(answered(answer(""))).isInstanceOf(Verified.class);
  }

  @Test
  void boundTokenSaysToWhat() {
    String bound = ",\"cnf\":{\"jkt\":\"" + JKT + "\"}";

    for (String answer : List.of(answer(bound), answer(bound + ",\"token_type\":\"DPoP\""))) {
      assertThat(answered(answer))
          .isInstanceOfSatisfying(
              Verified.class,
              verified -> assertThat(verified.subject().confirmation().key()).contains(JKT));
    }
    String certificate = ",\"token_type\":\"Bearer\",\"cnf\":{\"x5t#S256\":\"" + JKT + "\"}";
    assertThat(answered(answer(certificate)))
        .isInstanceOfSatisfying(
            Verified.class,
            verified -> assertThat(verified.subject().confirmation().certificate()).contains(JKT));
    assertUntrusted(answered(answer(",\"token_type\":\"DPoP\"")), "do not say the same");
    assertUntrusted(answered(answer(bound + ",\"token_type\":\"Bearer\"")), "do not say the same");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"iss\":\"https://evil.example\"",
        "\"iss\":\"https://corp.example/\"",
        "\"iss\":[\"https://corp.example\"]",
        "\"token_type\":\"mac\"",
        "\"token_type\":\"refresh_token\"",
        "\"token_type\":1",
        "\"token_use\":\"refresh_token\"",
        "\"token_use\":\"id\"",
        "\"nbf\":1796000000",
        "\"nbf\":\"soon\"",
        "\"iat\":1796000000",
        "\"sub\":5",
        "\"sub\":\"a\\u0000b\"",
        "\"azp\":[\"acme\"]",
        "\"scope\":[\"a\",1]",
        "\"scope\":{\"a\":true}",
        "\"cnf\":{\"jwk\":{}}",
        "\"cnf\":\"x\""
      })
  void memberThatLeavesADoubtIsRefused(String member) {
    assertThat(answered(answer("," + member))).isInstanceOf(Untrusted.class);
  }

  @Test
  void whatEveryTokenNeedsAnAnswerNeeds() {
    assertUntrusted(answered(answer("").replace("\"aud\":\"payments\",", "")), "no `aud`");
    assertUntrusted(answered(answer("").replace("payments", "other")), "another audience");
    assertThat(answered(answer("").replace("\"payments\"", "[\"x\",\"payments\"]")))
        .isInstanceOf(Verified.class);
    assertUntrusted(answered(answer("").replace("\"exp\"", "\"x\"")), "no usable `exp`");
    assertUntrusted(answered(answer("").replace("\"id\":7", "\"id\":8")), "`/tenant/id`");
    assertThat(answered(answer("").replace(String.valueOf(T + 300), String.valueOf(T - 30))))
        .isInstanceOf(Expired.class);
  }

  @Test
  void ageAndProfileAskTheAnswerForTheirClaims() {
    introspector.answer = active(answer(""));
    CompiledIssuer young = issuer(Profile.GENERIC, Duration.ofMinutes(5));
    CompiledIssuer access = issuer(Profile.ACCESS_TOKEN, null);
    assertUntrusted(verifier.verify("opaque", young, List.of(), NOW, PATIENT), "`iat`");
    assertUntrusted(verifier.verify("opaque", access, List.of(), NOW, PATIENT), "`sub`");

    String more = ",\"sub\":\"svc\",\"jti\":\"1\",\"iat\":" + (T - 331);
    introspector.answer = active(answer(more));
    assertThat(verifier.verify("opaque", access, List.of(), NOW, PATIENT))
        .isInstanceOf(Verified.class);
    assertThat(verifier.verify("opaque", young, List.of(), NOW, PATIENT))
        .isInstanceOf(Expired.class);
  }

  @Test
  void inactiveTokenIsUntrustedAndAnIssuerThatIsAwayIsNot() {
    introspector.answer = new Answer.Inactive();
    assertUntrusted(verify("opaque"), "not active");
    introspector.answer = new Answer.Unavailable();
    assertThat(verify("opaque")).isInstanceOf(Unavailable.class);
  }

  @Test
  void answerThatContradictsItselfIsRefused() {
    assertUntrusted(answered(answer("").replace("true", "false")), "not active");
    assertUntrusted(answered(answer("").replace("true", "1")), "not active");
  }

  @Test
  void memberThatIsNullSaysNothing() {
    assertThat(answered(answer(",\"iss\":null,\"cnf\":null,\"nbf\":null")))
        .isInstanceOf(Verified.class);
  }

  @Test
  void withoutPatienceNobodyIsWaitedFor() {
    introspector.answer = new Answer.WouldWait();

    assertThat(
            verifier.verify("opaque", issuer(Profile.GENERIC, null), List.of(), NOW, Patience.NONE))
        .isInstanceOf(WouldWait.class);
  }

  @Test
  void textThatIsNoTokenIsShownToNobody() {
    for (String text : List.of("", "a b", "a\n", "caf\u00e9", "a\u0000", "x".repeat(16_385))) {
      assertThat(verify(text)).as(text).isInstanceOf(Untrusted.class);
    }
    assertThat(introspector.asked).isEmpty();
  }

  @Test
  void tokenOfAnotherIssuerIsNotShownToThisOne() {
    SigningKey key = SigningKey.ec("k1");
    introspector.answer = active(answer(""));

    assertUntrusted(verify(key.sign("{\"iss\":\"https://other.example\"}")), "was not asked");
    assertThat(introspector.asked).isEmpty();
    assertThat(verify(key.sign("{\"iss\":\"https://corp.example\"}"))).isInstanceOf(Verified.class);
    assertThat(verify(key.sign("{\"sub\":\"svc\"}"))).isInstanceOf(Verified.class);
    assertThat(verify("a.b.c.d.e")).isInstanceOf(Verified.class);
  }

  @Test
  void messagesHoldNoTokenAndNoMember() {
    String secret = "s3cr3t-value";
    for (String member :
        List.of(
            "iss\":\"s3cr3t-value\"",
            "azp\":[\"s3cr3t-value\"]",
            "token_type\":\"s3cr3t-value\"")) {
      assertThat(((Untrusted) answered(answer(",\"" + member))).why()).doesNotContain(secret);
    }
    assertThat(new Answer.Active(Map.of("sub", secret)).toString()).doesNotContain(secret);
    assertThat(BY.toString()).doesNotContain("secret=s");
  }

  @Test
  void answerWeighsWhatItsMembersTake() {
    List<Object> nothings = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      nothings.add(Map.of());
    }

    assertThat(new TokenIntrospector.Answer.Active(Map.of("a", nothings)).bytes())
        .isGreaterThan(100_000);
  }
}
