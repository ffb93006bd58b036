package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.JWK;
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
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** From the request to the verdict: of a good proof and its request, nothing may be changed. */
class ProofMutationTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final SigningKey ISSUER = SigningKey.ed25519("corp");
  private static final SigningKey THIEF = SigningKey.ec("thief");

  /** A caller's key, a token that is bound to it, and a proof by it. */
  private record Caller(SigningKey key, String token, String proof) {
    static Caller of(SigningKey key) {
      String token = tokenOf(key, 600);
      return new Caller(key, token, key.sign(header(key), claims(token)));
    }
  }

  private static final List<Caller> CALLERS =
      List.of(
          Caller.of(SigningKey.ec("e")),
          Caller.of(SigningKey.rsa("r", "RS256")),
          Caller.of(SigningKey.ed25519("d")));

  private static final Compilation COMPILATION =
      Compiler.compile(
          new Changes(
              CaseObjects.parse(
                  """
                  - kind: ApiPolicy
                    metadata: {name: api}
                    spec:
                      hosts: [api.test, two.test]
                      authentication:
                        registered: Optional
                        methods: [{name: corporate, jwt: {issuerRef: {name: corp}, audiences: [api]}}]
                        dpop: {origins: ['https://api.test', 'https://two.test']}
                      operations:
                      - {name: any, match: [{methods: [GET, POST, PUT, HEAD], path: '/**'}]}
                  - kind: TokenIssuer
                    metadata: {name: corp}
                    spec: {issuer: 'https://corp.test', jwks: {inline: '%s'}}
                  """
                      .formatted(SigningKey.set(ISSUER))),
              List.of()),
          Compilation.EMPTY);

  private static final Pipeline PIPELINE =
      new Pipeline(
          new Verifiers(
              new TokenVerifier(KeySource.NONE, TokenIntrospector.NONE),
              TokenReviewer.NONE,
              CertificateReader.OF_CONNECTION,
              // Not what is tested here: nothing may hide behind a replay.
              new Possession((_, _, _, _, _) -> ReplayStore.Answer.FIRST, NonceSource.NONE)),
          new SourceLocator(0, null, RegionRanges.of(Map.of()), RegionSource.NONE),
          charges -> {
            throw new AssertionError("there is no limit");
          });

  private static String tokenOf(SigningKey key, int seconds) {
    try {
      return ISSUER.sign(
          """
          {"iss":"https://corp.test","aud":"api","client_id":"acme","exp":%d,"cnf":{"jkt":"%s"}}\
          """
              .formatted(
                  NOW.plusSeconds(seconds).getEpochSecond(),
                  JWK.parse(key.jwk()).computeThumbprint()));
    } catch (ParseException | JOSEException e) {
      throw new AssertionError(e);
    }
  }

  private static String header(SigningKey key) {
    return "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%s}".formatted(key.algorithm(), key.jwk());
  }

  private static String claims(String token) {
    return """
    {"jti":"some-id","htm":"GET","htu":"https://api.test/v1/payments","iat":%d,"ath":"%s"}\
    """
        .formatted(NOW.getEpochSecond(), KeyDigest.of(token).base64Url());
  }

  private record Asked(
      Instant at, String method, String host, String path, String authorization, String proof) {
    static Asked of(Caller caller) {
      return new Asked(
          NOW, "GET", "api.test", "/v1/payments", "DPoP " + caller.token(), caller.proof());
    }

    Asked withProof(String other) {
      return new Asked(at, method, host, path, authorization, other);
    }
  }

  private static Decision decide(Asked asked) {
    Inbound inbound =
        new Inbound(
            "id",
            asked.at,
            asked.method,
            asked.path,
            asked.host,
            Headers.joined(Map.of("authorization", asked.authorization, "dpop", asked.proof)),
            Inbound.Body.NONE,
            null,
            null,
            null,
            List.of());
    return ((Pipeline.Answer.Decided)
            PIPELINE.decide(
                inbound,
                COMPILATION.snapshot(),
                Patience.until(asked.at.plus(Duration.ofSeconds(5)))))
        .decision();
  }

  private static void assertRefused(Asked asked) {
    Decision decision = decide(asked);
    assertThat(decision.allowed()).as("%s", asked).isFalse();
    assertThat(decision.reason()).as("%s", asked).isEqualTo(Reason.CREDENTIAL_INVALID);
  }

  @Example
  void goodProofsAreAllowed() {
    assertThat(COMPILATION.diagnostics())
        .extracting(Diagnostic::severity)
        .doesNotContain(Diagnostic.Severity.ERROR);
    for (Caller caller : CALLERS) {
      assertThat(decide(Asked.of(caller)).reason()).isEqualTo(Reason.ALLOWED);
    }
  }

  @Provide
  Arbitrary<Caller> callers() {
    return Arbitraries.of(CALLERS);
  }

  @Provide
  Arbitrary<Double> fractions() {
    return Arbitraries.doubles().between(0, true, 1, false);
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

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void proofWithOneOtherCharacterIsRefused(
      @ForAll("callers") Caller caller,
      @ForAll("characters") char other,
      @ForAll("fractions") double where) {
    String proof = caller.proof();
    int at = (int) (where * proof.length());
    if (proof.charAt(at) == other) {
      return;
    }
    for (String changed :
        List.of(
            proof.substring(0, at) + other + proof.substring(at + 1),
            proof.substring(0, at) + other + proof.substring(at),
            proof.substring(0, at) + proof.substring(at + 1))) {
      assertRefused(Asked.of(caller).withProof(changed));
    }
  }

  @Example
  void everySingleCharacterCounts() {
    for (Caller caller : CALLERS) {
      for (int at = 0; at < caller.proof().length(); at++) {
        char old = caller.proof().charAt(at);
        char other = old == '.' ? 'A' : old == 'A' ? 'B' : 'A';
        assertRefused(
            Asked.of(caller)
                .withProof(
                    caller.proof().substring(0, at) + other + caller.proof().substring(at + 1)));
      }
    }
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void pathWithOneOtherCharacterIsRefused(
      @ForAll("callers") Caller caller,
      @ForAll("visible") char other,
      @ForAll("fractions") double where) {
    Asked good = Asked.of(caller);
    int at = 1 + (int) (where * (good.path.length() - 1));
    String replaced = good.path.substring(0, at) + other + good.path.substring(at + 1);
    String inserted = good.path.substring(0, at) + other + good.path.substring(at);
    for (String changed : List.of(replaced, inserted)) {
      if (!changed.equals(good.path)) {
        assertThat(
                decide(new Asked(NOW, "GET", "api.test", changed, good.authorization, good.proof))
                    .allowed())
            .as(changed)
            .isFalse();
      }
    }
  }

  @Provide
  Arbitrary<Character> visible() {
    return Arbitraries.chars().range('!', '~');
  }

  @Example
  void otherRequestIsRefused() {
    for (Caller caller : CALLERS) {
      Asked good = Asked.of(caller);
      for (String method : List.of("POST", "PUT", "HEAD")) {
        assertRefused(new Asked(NOW, method, good.host, good.path, good.authorization, good.proof));
      }
      assertRefused(new Asked(NOW, "GET", "two.test", good.path, good.authorization, good.proof));
      for (int seconds : List.of(-61, 61)) {
        assertRefused(
            new Asked(
                NOW.plusSeconds(seconds),
                "GET",
                good.host,
                good.path,
                good.authorization,
                good.proof));
      }
      assertRefused(
          new Asked(NOW, "GET", good.host, good.path, "Bearer " + caller.token(), good.proof));
      assertRefused(
          new Asked(
              NOW, "GET", good.host, good.path, "DPoP " + tokenOf(caller.key(), 601), good.proof));
    }
  }

  @Example
  void proofByAnotherKeyIsRefused() {
    for (Caller caller : CALLERS) {
      String claims = claims(caller.token());
      Asked good = Asked.of(caller);
      assertRefused(good.withProof(THIEF.sign(header(THIEF), claims)));
      // The caller's key shown, the thief's used.
      assertRefused(
          good.withProof(
              THIEF.sign(header(caller.key()).replaceFirst("RS256|EdDSA", "ES256"), claims)));
      assertRefused(good.withProof(THIEF.sign(header(caller.key()), claims)));
      for (Caller other : CALLERS) {
        if (!other.equals(caller)) {
          assertRefused(good.withProof(other.proof()));
        }
      }
    }
  }

  @Example
  void partsOfTwoGoodProofsAreNoProof() {
    for (Caller caller : CALLERS) {
      String[] one = caller.proof().split("\\.", -1);
      String[] two =
          caller
              .key()
              .sign(header(caller.key()) + " ", claims(caller.token()) + " ")
              .split("\\.", -1);
      for (int i = 0; i < 3; i++) {
        String[] mixed = one.clone();
        mixed[i] = two[i];
        assertRefused(Asked.of(caller).withProof(String.join(".", mixed)));
      }
    }
  }

  @Example
  void everyMemberCounts() {
    for (Caller caller : CALLERS) {
      String header = header(caller.key());
      String claims = claims(caller.token());
      List<String> changed = new ArrayList<>();
      for (String member : List.of("typ", "alg", "jwk")) {
        changed.add(caller.key().sign(header.replace("\"" + member + "\"", "\"x\""), claims));
        changed.add(
            caller.key().sign(header.replace("\"" + member + "\"", "\"" + member + "2\""), claims));
      }
      for (String alg : List.of("none", "HS256", "RS512", "PS256", "ES384", "Ed448", "es256", "")) {
        changed.add(
            caller
                .key()
                .sign(
                    header.replace(
                        "\"alg\":\"" + caller.key().algorithm() + '"', "\"alg\":\"" + alg + '"'),
                    claims));
      }
      for (String member : List.of("jti", "htm", "htu", "iat", "ath")) {
        for (String value : List.of("null", "7.5", "\"\"", "[]", "{}", "true", "[\"GET\"]", "-1")) {
          changed.add(
              caller
                  .key()
                  .sign(
                      header,
                      claims.replaceFirst(
                          "\"" + member + "\":(\"[^\"]*\"|[0-9]+)",
                          "\"" + member + "\":" + value)));
        }
        changed.add(caller.key().sign(header, claims.replace("\"" + member + "\"", "\"x\"")));
        // Of two members of one name nobody knows which one counts.
        changed.add(
            caller.key().sign(header, claims.replaceFirst("\\{", "{\"" + member + "\":1,")));
      }
      for (String refused : changed) {
        assertRefused(Asked.of(caller).withProof(refused));
      }
    }
  }

  @Provide
  Arbitrary<String> json() {
    Arbitrary<String> leaves =
        Arbitraries.of(
            "null",
            "true",
            "0",
            "-1",
            "1e400",
            "1795608000",
            "1795608000.5",
            "\"\"",
            "\"GET\"",
            "\"dpop+jwt\"",
            "\"ES256\"",
            "\"EC\"",
            "\"P-256\"",
            "\"https://api.test/v1/payments\"",
            "\"\\ud800\"",
            "\"AAAA\"",
            "[]",
            "{}",
            "[[[[]]]]",
            "\"https://[::1\"",
            "\"https://api.test/%zz\"",
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
            "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
            "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}");
    Arbitrary<String> names =
        Arbitraries.of(
            "typ", "alg", "jwk", "jti", "htm", "htu", "iat", "ath", "nonce", "exp", "nbf", "kty");
    return Combinators.combine(names, leaves)
        .as((name, leaf) -> "\"" + name + "\":" + leaf)
        .list()
        .ofMaxSize(9)
        .map(members -> "{" + String.join(",", members) + "}");
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void whateverIsSentIsRefusedAndNoBug(
      @ForAll("json") String header, @ForAll("json") String claims) {
    Caller caller = CALLERS.getFirst();
    for (String proof :
        List.of(
            caller.key().sign(header, claims),
            caller.key().sign(header(caller.key()), claims),
            caller.key().sign(header, claims(caller.token())),
            header + '.' + claims + ".x")) {
      assertRefused(Asked.of(caller).withProof(proof));
    }
  }
}
