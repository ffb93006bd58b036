package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.authenticate.Verification.Expired;
import dev.sallyport.engine.authenticate.Verification.Verified;
import dev.sallyport.engine.authenticate.Verification.WouldWait;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is remembered of verified tokens: for how long, and how much. */
class TokenCacheTest {
  private static final Instant NOW = TokenRequest.NOW;
  private static final long T = NOW.getEpochSecond();
  private static final Patience PATIENT = Patience.until(NOW.plusSeconds(1));
  private static final SigningKey KEY = SigningKey.rsa("k1", "RS256");
  private static final CompiledIssuer ISSUER =
      new CompiledIssuer(
          new ObjectKey("TokenIssuer", "default", "corp"),
          "https://corp.example",
          new CompiledIssuer.Keys.Inline(SigningKey.keySet(KEY)),
          List.of(),
          Set.of("api"),
          CompiledIssuer.DEFAULT_ALGORITHMS,
          CompiledIssuer.Profile.GENERIC,
          List.of("scope"),
          List.of("azp", "client_id", "sub"),
          Map.of(),
          Duration.ofSeconds(30),
          Optional.empty());

  private static final long BOUND = 64L << 20;

  private static String token(String subject, long expiry) {
    return token(subject, expiry, "");
  }

  /** With more claims: {@code ,"azp":"acme"}. */
  private static String token(String subject, long expiry, String more) {
    return KEY.sign(
        "{\"iss\":\"https://corp.example\",\"aud\":\"api\",\"sub\":\""
            + subject
            + "\",\"exp\":"
            + expiry
            + more
            + "}");
  }

  private static Verification at(TokenVerifier verifier, String token, long second, boolean wait) {
    return verifier.verify(
        token, ISSUER, List.of(), Instant.ofEpochSecond(second), wait ? PATIENT : Patience.NONE);
  }

  private static TokenVerifier verifier(long cacheBytes) {
    return new TokenVerifier(KeySource.NONE, TokenIntrospector.NONE, cacheBytes);
  }

  private static TokenVerifier verifier() {
    return new TokenVerifier(KeySource.NONE, TokenIntrospector.NONE);
  }

  // ---- what an entry is worth after a change

  private static Compilation after(Compilation previous, String objects) {
    return Compiler.compile(new Changes(CaseObjects.parse(objects), List.of()), previous);
  }

  private static String issuer(String more, SigningKey... keys) {
    return "- {kind: TokenIssuer, metadata: {name: corp}, spec: {issuer: 'https://corp.example', audiences: [api], "
        + more
        + "jwks: {inline: "
        + SigningKey.set(keys)
        + "}}}\n";
  }

  private static String identity(String state, String credentialState) {
    return "- {kind: NonHumanIdentity, metadata: {name: acme}, spec: {type: Partner, owner: {team: t}, state: "
        + state
        + ", credentials: [{name: k, jwtSubject: {issuerRef: {name: corp}, subject: svc}, state: "
        + credentialState
        + "}]}}\n";
  }

  private static final String POLICY =
      "- {kind: ApiPolicy, metadata: {name: api}, spec: {hosts: [api.example.com], authentication: {methods: [{name: corp, jwt: {issuerRef: {name: corp}}}]}, operations: [{name: read, match: [{methods: [GET], path: /x}]}]}}\n";

  @Test
  void knownTokenIsWorthNothingOnceItsWorldChanged() {
    SigningKey other = SigningKey.ec("k2");
    TokenVerifier verifier = verifier();
    String token = token("svc", T + 300);
    Compilation before =
        after(Compilation.EMPTY, POLICY + issuer("", KEY, other) + identity("Active", "Active"));
    assertThat(TokenRequest.decide(before, verifier, token).reason()).isEqualTo(Reason.ALLOWED);
    assertThat(verifier.cacheSize()).isEqualTo(1);

    Map<String, Reason> changes =
        Map.of(
            identity("Revoked", "Active"), Reason.CREDENTIAL_REVOKED,
            identity("Suspended", "Active"), Reason.IDENTITY_SUSPENDED,
            identity("Active", "Revoked"), Reason.CREDENTIAL_REVOKED,
            identity("Active", "Active").replace("svc", "other"), Reason.IDENTITY_UNREGISTERED,
            issuer("", other), Reason.CREDENTIAL_INVALID,
            issuer("algorithms: [PS256], ", KEY, other), Reason.CREDENTIAL_INVALID,
            issuer("requiredClaims: {a: b}, ", KEY, other), Reason.CREDENTIAL_INVALID,
            issuer("", KEY, other).replace("[api]", "[x]"), Reason.CREDENTIAL_INVALID);
    changes.forEach((change, reason) -> {
      Compilation changed = after(before, change);
      assertThat(TokenRequest.decide(changed, verifier, token).reason())
          .as(change)
          .isEqualTo(reason);
      assertThat(TokenRequest.decide(before, verifier, token).reason()).isEqualTo(Reason.ALLOWED);
    });
    Compilation gone = Compiler.compile(new Changes(List.of(), List.of(ISSUER.key())), before);
    assertThat(TokenRequest.decide(gone, verifier, token).reason())
        .isEqualTo(Reason.POLICY_NOT_READY);
  }

  // ---- how long it is kept

  @Test
  void expiredTokenIsKnownForSomeMinutes() {
    TokenVerifier verifier = verifier();
    String token = token("svc", T + 300);
    assertThat(at(verifier, token, T, true)).isInstanceOf(Verified.class);

    assertThat(at(verifier, token, T + 599, false)).isInstanceOf(Expired.class);
    assertThat(at(verifier, token, T + 600, false)).isInstanceOf(WouldWait.class);
    assertThat(at(verifier, token, T + 600, true)).isInstanceOf(Expired.class);
    assertThat(at(verifier, token, T + 899, false)).isInstanceOf(Expired.class);
    assertThat(at(verifier, token, T + 900, false)).isInstanceOf(WouldWait.class);
  }

  @Test
  void expiredTokensHoweverPopularTakeNoRoomFromLiveOnes() {
    List<String> old = tokens(20, i -> token("old" + i, T + 60));
    List<String> young = tokens(20, i -> token("new" + i, T + 7200));
    TokenVerifier probe = verifier();
    old.forEach(token -> at(probe, token, T, true));
    TokenVerifier verifier = verifier(probe.cacheBytes() * 11 / 10);
    for (int i = 0; i < 50; i++) {
      old.forEach(token -> assertThat(at(verifier, token, T, true)).isInstanceOf(Verified.class));
    }
    assertThat(verifier.cacheMisses()).isEqualTo(20);

    young.forEach(token -> at(verifier, token, T + 3600, true));

    for (String token : young) {
      assertThat(at(verifier, token, T + 3600, false)).isInstanceOf(Verified.class);
    }
  }

  @Test
  void clockThatGoesBackForgetsNothing() {
    TokenVerifier verifier = verifier();
    String token = token("svc", T + 300);
    at(verifier, token, T, true);

    assertThat(at(verifier, token, T - 3, false)).isInstanceOf(Verified.class);
    assertThat(at(verifier, token, T + 3, false)).isInstanceOf(Verified.class);
  }

  // ---- how much it takes

  @Test
  void tenThousandTokensFitInto64MebibytesAndTakeNoMore() {
    int count = 300;
    List<String> tokens =
        tokens(
            count,
            i ->
                token(
                    new UUID(i, i).toString(),
                    T + 3600,
                    ",\"azp\":\"acme-"
                        + i
                        + "\",\"iat\":"
                        + T
                        + ",\"nbf\":"
                        + T
                        + ",\"jti\":\""
                        + new UUID(7, i)
                        + "\",\"scope\":\"payments:read payments:write profile email\",\"typ\":\"Bearer\",\"realm_access\":{\"roles\":[\"offline_access\",\"uma_authorization\",\"default\"]},\"resource_access\":{\"account\":{\"roles\":[\"manage-account\",\"view-profile\"]}},\"acr\":\"1\",\"sid\":\""
                        + new UUID(9, i)
                        + "\""));
    assertThat(tokens.getFirst()).hasSizeBetween(1_000, 1_400);

    Measured measured = measure(tokens);

    assertThat(measured.weighed() / count * 10_000).isLessThan(BOUND);
    assertThat(measured.heap()).isLessThan(measured.weighed());
  }

  /** Whatever its issuer puts into a token, and at the most that fits. */
  @Test
  void weightOfATokenIsNotLessThanWhatItTakes() {
    Map<String, IntFunction<String>> shapes =
        Map.of(
            "objects", _ -> ",\"x\":[" + "{},".repeat(3000) + "{}]",
            "lists", _ -> ",\"x\":[" + "[],".repeat(3000) + "[]]",
            "names", i -> "," + joined(900, n -> "\"" + (char) ('a' + i % 26) + i + n + "\":1"),
            "scopes", _ -> ",\"scope\":\"" + "a b c d ".repeat(9) + numbers(" ") + "\"",
            "numbers", _ -> ",\"x\":[" + numbers(",") + "]",
            "audiences", i -> ",\"x\":[" + joined(1000, n -> "\"" + i + n + "\"") + "]",
            "letters", _ -> ",\"x\":\"" + "\u20ac".repeat(3000) + "\"");
    shapes.forEach((name, shape) -> {
      Measured measured = measure(tokens(15, i -> token("svc" + i, T + 3600, shape.apply(i))));
      assertThat(measured.heap()).as(name).isLessThan(measured.weighed());
    });
  }

  private static String numbers(String between) {
    return IntStream.range(1000, 3000)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(between));
  }

  private static String joined(int count, IntFunction<String> each) {
    return IntStream.range(0, count).mapToObj(each).collect(Collectors.joining(","));
  }

  private static List<String> tokens(int count, IntFunction<String> each) {
    return IntStream.range(0, count).mapToObj(each).toList();
  }

  /**
   * What verified tokens take.
   *
   * @param weighed in bytes, as the cache weighs them
   * @param heap in bytes, as the JVM has it
   */
  private record Measured(long weighed, long heap) {}

  private static Measured measure(List<String> tokens) {
    TokenVerifier verifier = verifier();
    at(verifier, token("first", T + 3600), T, true);
    long weight = verifier.cacheBytes();
    long before = heap();
    tokens.forEach(token -> assertThat(at(verifier, token, T, true)).isInstanceOf(Verified.class));
    long after = heap();
    assertThat(verifier.cacheSize()).isEqualTo(tokens.size() + 1);
    return new Measured(verifier.cacheBytes() - weight, after - before);
  }

  /** Bytes in use once nothing more can be collected. */
  private static long heap() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 2; i++) {
      System.gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }
}
