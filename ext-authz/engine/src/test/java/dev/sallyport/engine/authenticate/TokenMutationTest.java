package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Diagnostic;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** From the request to the verdict: of a good token, nothing may be changed. */
class TokenMutationTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

  private static final List<SigningKey> KEYS =
      List.of(SigningKey.rsa("r", "RS256"), SigningKey.ec("e"), SigningKey.ed25519("d"));

  private static final Compilation COMPILATION =
      Compiler.compile(
          new Changes(
              CaseObjects.parse(
                  """
                  - kind: ApiPolicy
                    metadata: {name: api}
                    spec:
                      hosts: [api.test]
                      authentication:
                        registered: Optional
                        methods: [{name: corporate, jwt: {issuerRef: {name: corp}, audiences: [api]}}]
                      operations:
                      - {name: read, match: [{methods: [GET], path: /x}], scopes: [read]}
                      - {name: maybe, match: [{methods: [GET], path: /maybe}], authentication: Optional}
                  - kind: TokenIssuer
                    metadata: {name: corp}
                    spec: {issuer: 'https://corp.test', jwks: {inline: '%s'}}
                  """
                      .formatted(SigningKey.set(KEYS.toArray(SigningKey[]::new)))),
              List.of()),
          Compilation.EMPTY);

  private static final List<String> TOKENS =
      KEYS.stream().map(key -> key.sign(claims("api", NOW.plusSeconds(600)))).toList();

  private static String claims(String audience, Instant expiry) {
    return """
    {"iss":"https://corp.test","aud":"%s","sub":"svc","client_id":"acme","scope":"read",\
    "iat":%d,"exp":%d}\
    """
        .formatted(audience, NOW.getEpochSecond(), expiry.getEpochSecond());
  }

  private static Decision decide(Pipeline pipeline, String path, String authorization) {
    Inbound inbound =
        new Inbound(
            "id",
            NOW,
            "GET",
            path,
            "api.test",
            Headers.joined(Map.of("authorization", authorization)),
            Inbound.Body.NONE,
            null,
            null,
            null,
            List.of());
    return ((Pipeline.Answer.Decided)
            pipeline.decide(
                inbound, COMPILATION.snapshot(), Patience.until(NOW.plus(Duration.ofSeconds(5)))))
        .decision();
  }

  private static Pipeline pipeline() {
    return new Pipeline(
        Verifiers.of(KeySource.NONE, TokenReviewer.NONE),
        new SourceLocator(0, null, RegionRanges.of(Map.of()), RegionSource.NONE),
        charges -> {
          throw new AssertionError("there is no limit");
        });
  }

  private static final Pipeline PIPELINE = pipeline();

  @Example
  void goodTokensAreAllowed() {
    assertThat(COMPILATION.diagnostics())
        .extracting(Diagnostic::severity)
        .doesNotContain(Diagnostic.Severity.ERROR);
    for (String token : TOKENS) {
      assertThat(decide(PIPELINE, "/x", "Bearer " + token).reason()).isEqualTo(Reason.ALLOWED);
    }
  }

  @Provide
  Arbitrary<String> tokens() {
    return Arbitraries.of(TOKENS);
  }

  /** What base64url knows, and what a lenient reader takes for it. */
  @Provide
  Arbitrary<Character> characters() {
    return Arbitraries.of(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \t\n\0,;é\u212a"
            .chars()
            .mapToObj(c -> (char) c)
            .toList());
  }

  @Property(tries = 800, edgeCases = EdgeCasesMode.NONE)
  void aTokenWithOneOtherCharacterIsNeverAllowed(
      @ForAll("tokens") String token,
      @ForAll("characters") char other,
      @ForAll("fractions") double where) {
    // The cache may know the good one: it must not be taken for it.
    decide(PIPELINE, "/x", "Bearer " + token);
    int at = (int) (where * token.length());
    if (token.charAt(at) == other) {
      return;
    }
    String replaced = token.substring(0, at) + other + token.substring(at + 1);
    String inserted = token.substring(0, at) + other + token.substring(at);
    String cut = token.substring(0, at) + token.substring(at + 1);
    for (String changed : List.of(replaced, inserted, cut)) {
      for (String path : List.of("/x", "/maybe")) {
        Decision decision = decide(PIPELINE, path, "Bearer " + changed);
        // White space before a token belongs to the header, not to the token (RFC 9110 11.4).
        if (!changed.strip().equals(token)) {
          assertThat(decision.allowed()).as("%s of %s", changed, token).isFalse();
          assertThat(decision.reason().httpStatus()).isEqualTo(401);
        }
      }
    }
  }

  @Provide
  Arbitrary<Double> fractions() {
    return Arbitraries.doubles().between(0, true, 1, false);
  }

  @Example
  void everySingleCharacterCounts() {
    for (String token : TOKENS) {
      for (int at = 0; at < token.length(); at++) {
        char old = token.charAt(at);
        char other = old == '.' ? 'A' : old == 'A' ? 'B' : 'A';
        String changed = token.substring(0, at) + other + token.substring(at + 1);
        assertThat(decide(PIPELINE, "/x", "Bearer " + changed).allowed()).as(changed).isFalse();
      }
    }
  }

  @Example
  void partsOfTwoGoodTokensAreNoToken() {
    for (SigningKey key : KEYS) {
      String[] one = key.sign(claims("api", NOW.plusSeconds(600))).split("\\.", -1);
      String[] two = key.sign(claims("api", NOW.plusSeconds(601))).split("\\.", -1);
      for (int i = 0; i < 2; i++) {
        String[] mixed = one.clone();
        mixed[i + 1] = two[i + 1];
        assertThat(decide(PIPELINE, "/x", "Bearer " + String.join(".", mixed)).allowed()).isFalse();
      }
    }
  }

  @Example
  void aTokenForAnotherAudienceOrOfAnotherKeyIsDenied() {
    SigningKey stranger = SigningKey.ec("e");
    for (String token :
        List.of(
            stranger.sign(claims("api", NOW.plusSeconds(600))),
            KEYS.get(1).sign(claims("other", NOW.plusSeconds(600))),
            KEYS.get(0).sign(claims("api", NOW.plusSeconds(600)).replace("corp.test", "evil.test")),
            KEYS.get(1).sign("{\"alg\":\"none\"}", claims("api", NOW.plusSeconds(600))),
            KEYS.get(0)
                .sign("{\"alg\":\"HS256\",\"kid\":\"r\"}", claims("api", NOW.plusSeconds(9))))) {
      assertThat(decide(PIPELINE, "/maybe", "Bearer " + token).reason())
          .isEqualTo(Reason.CREDENTIAL_INVALID);
    }
    assertThat(
            decide(
                    PIPELINE,
                    "/x",
                    "Bearer " + KEYS.get(2).sign(claims("api", NOW.minusSeconds(31))))
                .reason())
        .isEqualTo(Reason.CREDENTIAL_EXPIRED);
  }

  @Example
  void twoTokensInOneHeaderAreNone() {
    String token = TOKENS.getFirst();
    for (String value :
        List.of(
            "Bearer " + token + ",Bearer " + token,
            "Bearer " + token + ", Bearer " + token,
            "Bearer " + token + " " + token,
            "Bearer Bearer " + token,
            "Bearer\t" + token,
            "Bearer" + token,
            token)) {
      assertThat(decide(PIPELINE, "/x", value).allowed()).as(value).isFalse();
    }
  }
}
