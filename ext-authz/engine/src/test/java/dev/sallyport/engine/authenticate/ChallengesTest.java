package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.engine.authenticate.AuthenticationMethod.ApiKey;
import dev.sallyport.engine.authenticate.AuthenticationMethod.Jwt;
import dev.sallyport.engine.authenticate.AuthenticationMethod.Mtls;
import dev.sallyport.engine.authenticate.AuthenticationMethod.ServiceAccount;
import dev.sallyport.engine.authenticate.Challenged.Fault;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Challenges as RFC 6750 section 3, RFC 9449 sections 7.1 and 9 and RFC 9728 section 5.1 say. */
class ChallengesTest {
  private static final String METADATA =
      "https://api.example.com/.well-known/oauth-protected-resource";
  private static final ProofRules PROOFS =
      new ProofRules(
          List.of("https://api.example.com"),
          Set.of(JWSAlgorithm.RS256, JWSAlgorithm.EdDSA, JWSAlgorithm.ES256),
          Duration.ofSeconds(60),
          true);
  private static final Jwt TOKEN = jwt("corporate", CredentialLocation.TOKEN);
  private static final Jwt PARTNER = jwt("partner", CredentialLocation.TOKEN);
  private static final Jwt OWN = jwt("own", new CredentialLocation.InHeader("x-access-token", ""));
  private static final ServiceAccount POD =
      new ServiceAccount("workloads", List.of("payments"), "api");
  private static final ApiKey KEY =
      new ApiKey(
          "keys",
          new CredentialLocation.InHeader("x-api-key", ""),
          Challenge.of("ApiKey", "api").with("header", "x-api-key"));

  /** RFC 9110 section 11.2 and 11.6.1, with quoted values only. */
  private static final Pattern FORM =
      Pattern.compile(
          "[!#$%&'*+.^_`|~0-9A-Za-z-]+ [a-z_]+=\"([^\"\\\\]|\\\\[\"\\\\])*\""
              + "(, [a-z_]+=\"([^\"\\\\]|\\\\[\"\\\\])*\")*");

  private static Jwt jwt(String name, CredentialLocation location) {
    return new Jwt(
        name, location, new ObjectKey("TokenIssuer", "payments", name), List.of(), "api");
  }

  private static AuthenticationRules rules(
      @Nullable ProofRules proofs, @Nullable String metadata, AuthenticationMethod... methods) {
    return new AuthenticationRules(List.of(methods), true, false, true, proofs, metadata);
  }

  private static List<String> missing(AuthenticationRules rules, String... scopes) {
    return told(
        rules.unauthorized(
            Reason.CREDENTIAL_MISSING, "d", null, Challenged.token(Scheme.OWN), List.of(scopes)));
  }

  private static List<String> refused(
      AuthenticationRules rules, AuthenticationMethod method, Challenged challenged) {
    return told(rules.unauthorized(Reason.CREDENTIAL_INVALID, "d", method, challenged, List.of()));
  }

  private static List<String> told(Denial denial) {
    assertThat(denial.fields())
        .filteredOn(field -> field.name().equals("www-authenticate"))
        .allSatisfy(field -> assertThat(field.value()).matches(FORM));
    return denial.fields().stream().map(ChallengesTest::line).toList();
  }

  private static String line(HttpField field) {
    return field.name().equals("www-authenticate")
        ? field.value()
        : field.name() + ": " + field.value();
  }

  @Test
  void nothingPresentedIsNoError() {
    assertThat(missing(rules(null, null, TOKEN))).containsExactly("Bearer realm=\"api\"");
  }

  @Test
  void allScopesAreInOneChallenge() {
    assertThat(missing(rules(null, null, TOKEN), "a", "b"))
        .containsExactly("Bearer realm=\"api\", scope=\"a b\"");
  }

  @Test
  void everySchemeIsOfferedOnceInTheOrderOfTheMethods() {
    assertThat(missing(rules(PROOFS, METADATA, KEY, TOKEN, POD, PARTNER, OWN), "a"))
        .containsExactly(
            "ApiKey realm=\"api\", header=\"x-api-key\"",
            "Bearer realm=\"api\", scope=\"a\", resource_metadata=\"" + METADATA + "\"",
            "DPoP realm=\"api\", algs=\"ES256 EdDSA RS256\", scope=\"a\", resource_metadata=\""
                + METADATA
                + "\"",
            "Bearer realm=\"api\", header=\"x-access-token\", scope=\"a\", resource_metadata=\""
                + METADATA
                + "\"");
  }

  @Test
  void proofsAreOfferedOnlyWhereATokenCanHaveOne() {
    assertThat(missing(rules(PROOFS, null, POD, OWN, new Mtls("mesh", List.of(), "api"))))
        .containsExactly(
            "Bearer realm=\"api\"",
            "Bearer realm=\"api\", header=\"x-access-token\"",
            "Certificate realm=\"api\"");
  }

  @Test
  void tokenThatFailsUnderBearerHasItsErrorThere() {
    assertThat(refused(rules(PROOFS, null, TOKEN), TOKEN, Challenged.token(Scheme.BEARER)))
        .containsExactly(
            "Bearer realm=\"api\", error=\"invalid_token\"",
            "DPoP realm=\"api\", algs=\"ES256 EdDSA RS256\"");
  }

  @Test
  void tokenThatFailsUnderDpopHasItsErrorThere() {
    assertThat(refused(rules(PROOFS, null, TOKEN), TOKEN, Challenged.token(Scheme.DPOP)))
        .containsExactly(
            "Bearer realm=\"api\"",
            "DPoP realm=\"api\", algs=\"ES256 EdDSA RS256\", error=\"invalid_token\"");
  }

  @Test
  void proofThatFailsIsToldFromAToken() {
    Challenged proof = new Challenged(Scheme.DPOP, Fault.INVALID_DPOP_PROOF, null);
    assertThat(refused(rules(PROOFS, null, TOKEN), TOKEN, proof))
        .contains("DPoP realm=\"api\", algs=\"ES256 EdDSA RS256\", error=\"invalid_dpop_proof\"");
  }

  @Test
  void nonceThatIsAskedForIsGiven() {
    Challenged nonce = new Challenged(Scheme.DPOP, Fault.USE_DPOP_NONCE, "eyJ7S_zG");
    assertThat(refused(rules(PROOFS, null, TOKEN), TOKEN, nonce))
        .containsExactly(
            "Bearer realm=\"api\"",
            "DPoP realm=\"api\", algs=\"ES256 EdDSA RS256\", error=\"use_dpop_nonce\"",
            "dpop-nonce: eyJ7S_zG");
  }

  @Test
  void schemeThatIsNotOfferedGetsNoError() {
    // RFC 6750 section 3.1: "attempted using an unsupported authentication method".
    assertThat(refused(rules(null, null, TOKEN), TOKEN, Challenged.token(Scheme.DPOP)))
        .containsExactly("Bearer realm=\"api\"");
  }

  @Test
  void tokenInAPlaceOfItsOwnHasItsErrorThere() {
    assertThat(refused(rules(PROOFS, null, TOKEN, OWN), OWN, Challenged.token(Scheme.OWN)))
        .containsExactly(
            "Bearer realm=\"api\"",
            "DPoP realm=\"api\", algs=\"ES256 EdDSA RS256\"",
            "Bearer realm=\"api\", header=\"x-access-token\", error=\"invalid_token\"");
  }

  @Test
  void keyThatFailsIsNoErrorOfTokens() {
    assertThat(refused(rules(null, null, KEY, TOKEN), KEY, Challenged.token(Scheme.OWN)))
        .containsExactly("ApiKey realm=\"api\", header=\"x-api-key\"", "Bearer realm=\"api\"");
  }

  @Test
  void tokenInTwoPlacesIsAnErrorOfTheRequest() {
    assertThat(refused(rules(null, null, TOKEN), TOKEN, Challenged.REPEATED))
        .containsExactly("Bearer realm=\"api\", error=\"invalid_request\"");
  }

  @Test
  void scopesThatDoNotSufficeAreToldInTheSchemeThatWasUsed() {
    AuthenticationRules rules = rules(PROOFS, METADATA, KEY, TOKEN);

    assertThat(
            told(
                rules.forbidden(
                    Reason.SCOPE_INSUFFICIENT, "d", TOKEN, Scheme.BEARER, List.of("a", "b"))))
        .containsExactly(
            "Bearer error=\"insufficient_scope\", scope=\"a b\", resource_metadata=\""
                + METADATA
                + "\"");
    assertThat(
            told(
                rules.forbidden(
                    Reason.SCOPE_INSUFFICIENT, "d", TOKEN, Scheme.DPOP, List.of("a", "b"))))
        .containsExactly(
            "DPoP error=\"insufficient_scope\", scope=\"a b\", resource_metadata=\""
                + METADATA
                + "\"");
    assertThat(
            told(
                rules.forbidden(
                    Reason.SCOPE_INSUFFICIENT, "d", KEY, Scheme.OWN, List.of("a", "b"))))
        .containsExactly(
            "ApiKey realm=\"api\", header=\"x-api-key\", error=\"insufficient_scope\","
                + " scope=\"a b\"");
  }

  @Test
  void nothingEndsAQuotedStringBeforeItsEnd() {
    assertThat(Challenge.of("Bearer", "a\"b\\c").field().value())
        .isEqualTo("Bearer realm=\"a\\\"b\\\\c\"")
        .matches(FORM);
    assertThatThrownBy(() -> Challenge.of("Bearer", "a\r\nb").field())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Challenge.of("Bearer", "a").with("realm", "b"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
