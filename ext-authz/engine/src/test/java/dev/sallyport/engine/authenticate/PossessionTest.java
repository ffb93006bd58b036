package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import dev.sallyport.engine.authenticate.CertificateReader.Certified;
import dev.sallyport.engine.authenticate.Challenged.Fault;
import dev.sallyport.engine.authenticate.Possession.Result;
import dev.sallyport.engine.authenticate.Subject.TokenSubject;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.receive.Canonical;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Host;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.receive.Request;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PossessionTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final String TOKEN = "a-token";
  private static final SigningKey EC = SigningKey.ec("e");
  private static final SigningKey RSA = SigningKey.rsa("r", "RS256");
  private static final SigningKey ED = SigningKey.ed25519("d");

  private static final ProofRules RULES =
      new ProofRules(
          List.of("https://api.test"),
          ProofRules.DEFAULT_ALGORITHMS,
          Duration.ofSeconds(60),
          false);
  private static final ProofRules FRESH =
      new ProofRules(RULES.origins(), RULES.algorithms(), RULES.maxAge(), true);

  /** A use of a proof, as the store heard of it. */
  private record Use(KeyDigest key, KeyDigest proof, String decision, Instant until) {}

  private final List<Use> uses = new ArrayList<>();
  private ReplayStore.Answer answer = ReplayStore.Answer.FIRST;

  private final Possession possession =
      new Possession(
          (key, proof, decision, _, until) -> {
            uses.add(new Use(key, proof, decision, until));
            return answer;
          },
          new NonceSource() {
            @Override
            public String current(Instant now) {
              return "now";
            }

            @Override
            public Standing judge(String nonce, Instant now) {
              return switch (nonce) {
                case "now" -> Standing.CURRENT;
                case "before" -> Standing.AGEING;
                default -> Standing.UNKNOWN;
              };
            }
          });

  private static Patience patient() {
    return Patience.until(NOW.plusSeconds(1));
  }

  private static Request request(Instant at, String url, Headers headers) {
    int slash = url.indexOf('/');
    Inbound inbound =
        new Inbound(
            "decision-1",
            at,
            "GET",
            url.substring(slash),
            url.substring(0, slash),
            headers,
            Inbound.Body.NONE,
            null,
            null,
            null,
            List.of());
    Host host = ((Canonical.Read<Host>) Request.readHost(inbound)).value();
    return ((Canonical.Read<Request>) Request.read(inbound, host, Request.Bounds.DEFAULT)).value();
  }

  private static Request request(String proof) {
    return request(NOW, "api.test/x", Headers.joined(Map.of("dpop", proof)));
  }

  private static TokenSubject subject(@Nullable String certificate, @Nullable String key) {
    return new TokenSubject(
        new ObjectKey("TokenIssuer", "default", "corp"),
        "svc",
        "acme",
        List.of(),
        NOW.plusSeconds(600),
        new Confirmation(Optional.ofNullable(certificate), Optional.ofNullable(key)),
        Map.of());
  }

  private static TokenSubject boundTo(SigningKey key) {
    return subject(null, thumbprint(key));
  }

  private static String thumbprint(SigningKey key) {
    try {
      return JWK.parse(key.jwk()).computeThumbprint().toString();
    } catch (ParseException | com.nimbusds.jose.JOSEException e) {
      throw new AssertionError(e);
    }
  }

  private static String header(SigningKey key, String jwk) {
    return "{\"typ\":\"dpop+jwt\",\"alg\":\"" + key.algorithm() + "\",\"jwk\":" + jwk + "}";
  }

  private static String claims(String more) {
    return """
    {"jti":"1","htm":"GET","htu":"https://api.test/x","iat":%d,"ath":"%s"%s}\
    """
        .formatted(NOW.getEpochSecond(), KeyDigest.of(TOKEN).base64Url(), more);
  }

  private static String proof(SigningKey key) {
    return key.sign(header(key, key.jwk()), claims(""));
  }

  private Result judge(TokenSubject subject, Scheme scheme, Request request, Certified certified) {
    return possession.judge(subject, TOKEN, scheme, request, () -> certified, RULES, patient());
  }

  private Result judge(SigningKey key, String proof) {
    return judge(boundTo(key), Scheme.DPOP, request(proof), new Certified.Absent());
  }

  private Result judge(ProofRules rules, String proof, Patience patience) {
    return possession.judge(
        boundTo(EC),
        TOKEN,
        Scheme.DPOP,
        request(proof),
        () -> {
          throw new AssertionError("no certificate is asked for");
        },
        rules,
        patience);
  }

  private static Result shown(SenderConstraint constraint) {
    return new Result.Shown(constraint, Optional.empty());
  }

  private static Result badProof(String why) {
    return new Result.Refused(Fault.INVALID_DPOP_PROOF, why);
  }

  @Test
  void keysOfEveryKindMakeProofs() {
    for (SigningKey key : List.of(EC, RSA, ED)) {
      assertThat(judge(key, proof(key))).isEqualTo(shown(SenderConstraint.PROOF));
    }
  }

  /** The example of RFC 9449 section 7.1, with the key of section 6.1. */
  @Test
  void theProofOfTheStandardIsTakenInItsTime() {
    Instant made = Instant.ofEpochSecond(1_562_262_618);
    String token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    String proof =
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMz"
            + "R0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VO"
            + "SmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQ"
            + "UVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWR"
            + "yZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hT"
            + "nk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqy"
            + "Vnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    TokenSubject subject = subject(null, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    ProofRules rules =
        new ProofRules(
            List.of("https://resource.example.org"),
            Set.of(JWSAlgorithm.ES256),
            Duration.ofSeconds(60),
            false);
    Map<Instant, Result> results = new HashMap<>();
    for (Instant at : List.of(made, made.plusSeconds(60), made.plusSeconds(61))) {
      Request request =
          request(
              at, "resource.example.org/protectedresource", Headers.joined(Map.of("dpop", proof)));
      results.put(
          at,
          possession.judge(
              subject,
              token,
              Scheme.DPOP,
              request,
              Certified.Absent::new,
              rules,
              Patience.until(at.plusSeconds(1))));
    }
    assertThat(results)
        .containsEntry(made, shown(SenderConstraint.PROOF))
        .containsEntry(made.plusSeconds(60), shown(SenderConstraint.PROOF))
        .containsEntry(made.plusSeconds(61), badProof("the proof is too old (`iat`, `exp`)"));
  }

  @Test
  void certificateIsAskedForOnlyByTokensThatAreBoundToOne() {
    assertThat(judge(RULES, proof(EC), patient())).isEqualTo(shown(SenderConstraint.PROOF));
  }

  @Test
  void certificateOfTheConnectionIsWhatATokenIsBoundTo() {
    Certified own = certificate("own");
    TokenSubject subject = subject(KeyDigest.of("own").base64Url(), null);
    Request request = request(NOW, "api.test/x", Headers.NONE);
    for (Scheme scheme : List.of(Scheme.BEARER, Scheme.OWN)) {
      assertThat(judge(subject, scheme, request, own))
          .isEqualTo(shown(SenderConstraint.CERTIFICATE));
    }
    Map<Certified, String> refused =
        Map.of(
            certificate("other"),
            "the token is bound to another certificate (`cnf.x5t#S256`)",
            new Certified.Absent(),
            "the token is bound to a certificate (`cnf.x5t#S256`) and none was presented",
            new Certified.Expired(),
            "the certificate that the token is bound to has expired",
            new Certified.Unusable("it is not readable"),
            "the token is bound to a certificate (`cnf.x5t#S256`): it is not readable");
    refused.forEach((certified, why) ->
        assertThat(judge(subject, Scheme.BEARER, request, certified))
            .isEqualTo(new Result.Refused(Fault.INVALID_TOKEN, why)));
    assertThat(judge(subject, Scheme.DPOP, request(proof(EC)), own))
        .isEqualTo(
            new Result.Refused(
                Fault.INVALID_TOKEN,
                "the token came as `DPoP` and is bound to no key (`cnf.jkt`)"));
  }

  private static Certified certificate(String der) {
    return new Certified.Valid(
        new ClientCertificate(
            KeyDigest.of(der), List.of(), List.of(), Optional.empty(), Optional.empty()));
  }

  @Test
  void tokenThatIsBoundTwiceNeedsBoth() {
    TokenSubject subject = subject(KeyDigest.of("own").base64Url(), thumbprint(EC));
    Certified own = certificate("own");
    assertThat(judge(subject, Scheme.DPOP, request(proof(EC)), own))
        .isEqualTo(shown(SenderConstraint.PROOF));
    assertThat(judge(subject, Scheme.DPOP, request(proof(EC)), certificate("other")))
        .isInstanceOf(Result.Refused.class);
    assertThat(judge(subject, Scheme.BEARER, request(proof(EC)), own))
        .isInstanceOf(Result.Refused.class);
    assertThat(judge(subject, Scheme.OWN, request(proof(EC)), own))
        .isInstanceOf(Result.Refused.class);
    assertThat(judge(subject, Scheme.DPOP, request(proof(ED)), own))
        .isInstanceOf(Result.Refused.class);
  }

  @Test
  void freeTokenStaysFreeWhateverComesWithIt() {
    TokenSubject subject = subject(null, null);
    assertThat(judge(subject, Scheme.BEARER, request(proof(EC)), certificate("own")))
        .isEqualTo(shown(SenderConstraint.NONE));
    assertThat(judge(subject, Scheme.OWN, request("rubbish"), new Certified.Absent()))
        .isEqualTo(shown(SenderConstraint.NONE));
    assertThat(judge(subject, Scheme.DPOP, request(proof(EC)), certificate("own")))
        .isInstanceOf(Result.Refused.class);
    assertThat(uses).isEmpty();
  }

  @Test
  void onlyTheSignatureIsLeftForThoseWhoCanWait() {
    assertThat(judge(RULES, proof(EC), Patience.NONE)).isEqualTo(new Result.WouldWait());
    String forged = ED.sign(header(EC, EC.jwk()), claims(""));
    assertThat(judge(RULES, forged, Patience.NONE)).isEqualTo(new Result.WouldWait());
    assertThat(judge(RULES, forged, patient()))
        .isEqualTo(badProof("the proof's signature is not good"));
    assertThat(judge(RULES, "rubbish", Patience.NONE)).isInstanceOf(Result.Refused.class);
    assertThat(judge(RULES, proof(ED), Patience.NONE)).isInstanceOf(Result.Refused.class);
    assertThat(judge(FRESH, proof(EC), Patience.NONE)).isEqualTo(new Result.NeedsNonce("now"));
    assertThat(uses).isEmpty();
  }

  @Test
  void noncesAreAskedForAndRenewed() {
    String current = EC.sign(header(EC, EC.jwk()), claims(",\"nonce\":\"now\""));
    String ageing = EC.sign(header(EC, EC.jwk()), claims(",\"nonce\":\"before\""));
    String stale = EC.sign(header(EC, EC.jwk()), claims(",\"nonce\":\"once\""));
    assertThat(judge(FRESH, current, patient())).isEqualTo(shown(SenderConstraint.PROOF));
    assertThat(judge(FRESH, ageing, patient()))
        .isEqualTo(new Result.Shown(SenderConstraint.PROOF, Optional.of("now")));
    assertThat(judge(FRESH, stale, patient())).isEqualTo(new Result.NeedsNonce("now"));
    assertThat(judge(RULES, stale, patient())).isEqualTo(shown(SenderConstraint.PROOF));
  }

  @Test
  void useIsNotedForAsLongAsTheProofIsGood() {
    judge(RULES, proof(EC), patient());
    assertThat(uses)
        .singleElement()
        .satisfies(use -> {
          assertThat(use.key()).isEqualTo(KeyDigest.of(thumbprint(EC)));
          assertThat(use.proof()).isEqualTo(KeyDigest.of(thumbprint(EC) + "1"));
          assertThat(use.decision()).isEqualTo("decision-1");
          assertThat(use.until()).isAfter(NOW.plus(RULES.maxAge()));
        });
  }

  @Test
  void proofThatIsRefusedIsNotUsed() {
    String good = proof(EC);
    String forged = good.substring(0, good.lastIndexOf('.')) + '.' + "A".repeat(86);
    assertThat(judge(RULES, forged, patient())).isInstanceOf(Result.Refused.class);
    assertThat(judge(FRESH, good, patient())).isInstanceOf(Result.NeedsNonce.class);
    assertThat(uses).isEmpty();
  }

  @Test
  void storeHasTheLastWord() {
    answer = ReplayStore.Answer.REPLAYED;
    assertThat(judge(RULES, proof(EC), patient()))
        .isEqualTo(badProof("the proof was used before (`jti`)"));
    answer = ReplayStore.Answer.UNAVAILABLE;
    assertThat(judge(RULES, proof(EC), patient())).isEqualTo(new Result.Unavailable());
  }

  @Test
  void keyThatNobodyShouldTrustMakesNoProof() {
    SigningKey small = SigningKey.smallRsa("s");
    assertThat(judge(small, proof(small)))
        .isEqualTo(badProof("the proof's key is RSA of 1024 bits: it takes 2048 to 8192"));
  }

  @Test
  void keyThatSaysItIsForSomethingElseMakesNoProof() {
    for (String more :
        List.of(
            "\"use\":\"enc\"",
            "\"use\":7",
            "\"key_ops\":[\"sign\"]",
            "\"key_ops\":\"verify\"",
            "\"alg\":\"ES384\"",
            "\"alg\":null")) {
      String jwk = EC.jwk().replaceFirst("\\{", "{" + more + ",");
      assertThat(judge(EC, EC.sign(header(EC, jwk), claims(""))))
          .as(more)
          .isEqualTo(
              badProof("the proof's key is not for this signature: see `use`, `key_ops`, `alg`"));
    }
    for (String more :
        List.of(
            "\"use\":\"sig\"",
            "\"key_ops\":[\"verify\"]",
            "\"alg\":\"ES256\"",
            "\"ext\":true",
            "\"x5u\":\"https://evil.test/\",\"x5c\":[\"rubbish\"]")) {
      String jwk = EC.jwk().replaceFirst("\\{", "{" + more + ",");
      assertThat(judge(EC, EC.sign(header(EC, jwk), claims(""))))
          .as(more)
          .isEqualTo(shown(SenderConstraint.PROOF));
    }
  }

  @Test
  void keyWithASecretPartMakesNoProof() {
    for (String secret : List.of("d", "p", "q", "dp", "dq", "qi", "oth", "k")) {
      String jwk = EC.jwk().replaceFirst("\\{", "{\"" + secret + "\":\"AA\",");
      assertThat(judge(EC, EC.sign(header(EC, jwk), claims(""))))
          .as(secret)
          .isEqualTo(
              badProof("the proof shows a private or symmetric key, which is no secret any more"));
    }
  }

  @Test
  void keyWithoutAllItsMembersMakesNoProof() {
    for (String jwk :
        List.of(
            "{}",
            "{\"kty\":\"EC\"}",
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\"}",
            "{\"kty\":\"oct\"}",
            "{\"kty\":7}",
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"A\\\"A\"}",
            "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":7}")) {
      assertThat(judge(EC, EC.sign(header(EC, jwk), claims(""))))
          .as(jwk)
          .isEqualTo(badProof("the proof's `jwk` is not of a known type with all its members"));
    }
    for (String jwk : List.of("null", "[]", "\"" + thumbprint(EC) + "\"")) {
      assertThat(judge(EC, EC.sign(header(EC, jwk), claims(""))))
          .as(jwk)
          .isEqualTo(badProof("the proof's header has no `jwk`"));
    }
  }

  /** A key that is no point of its curve, by whose thumbprint an issuer bound a token. */
  @Test
  void keyOffItsCurveMakesNoProof() {
    String jwk = "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"AAAA\",\"y\":\"AAAA\"}";
    assertThat(
            judge(
                subject(null, KeyDigest.of(jwk).base64Url()),
                Scheme.DPOP,
                request(EC.sign(header(EC, jwk), claims(""))),
                new Certified.Absent()))
        .isInstanceOfSatisfying(
            Result.Refused.class,
            refused -> assertThat(refused.why()).startsWith("the proof's key "));
  }

  @Test
  void longProofIsNotReadAtAll() {
    String padded = EC.sign(header(EC, EC.jwk()), claims(",\"more\":\"" + "x".repeat(6000) + "\""));
    assertThat(padded.length()).isGreaterThan(Proof.MAX_CHARS);
    assertThat(judge(EC, padded)).isEqualTo(badProof("the proof is longer than 8192 characters"));
    assertThat(judge(EC, "x".repeat(200_000)))
        .isEqualTo(badProof("the proof is longer than 8192 characters"));
  }

  @Test
  void nothingOfAProofIsPrinted() {
    assertThat(Proof.read(List.of(proof(EC))).toString()).isEqualTo("Read[proof=Proof[redacted]]");
  }
}
