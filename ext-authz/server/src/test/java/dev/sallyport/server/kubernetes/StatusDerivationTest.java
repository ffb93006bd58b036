package dev.sallyport.server.kubernetes;

import static dev.sallyport.server.kubernetes.CompiledObjects.identity;
import static dev.sallyport.server.kubernetes.CompiledObjects.issuer;
import static dev.sallyport.server.kubernetes.CompiledObjects.policy;
import static dev.sallyport.server.kubernetes.CompiledObjects.policySpec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sallyport.crd.ApiPolicyStatus.Hosts;
import dev.sallyport.crd.ApiPolicyStatus.LostHost;
import dev.sallyport.crd.NonHumanIdentityStatus;
import dev.sallyport.crd.NonHumanIdentityStatus.Phase;
import dev.sallyport.crd.TokenIssuerStatus;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.IssuerState;
import dev.sallyport.server.kubernetes.DerivedStatus.Particulars;
import dev.sallyport.server.kubernetes.DerivedStatus.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatusDerivationTest {
  private static final ObjectKey PAYMENTS = policy("payments");
  private static final ObjectKey ACME = identity("acme");
  private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
  private static final String DIGEST = "a".repeat(64);

  private final CompiledObjects objects = new CompiledObjects();

  private DerivedStatus derive(ObjectKey key) {
    return derive(key, NOW);
  }

  private DerivedStatus derive(ObjectKey key, Instant now) {
    return Objects.requireNonNull(
        StatusDerivation.derive(objects.compilation(), key, now, Map.of()));
  }

  private static Verdict is(String type, boolean holds, String reason, String message) {
    return new Verdict(type, holds, reason, message);
  }

  private Verdict ready(ObjectKey key) {
    return derive(key).verdict("Ready");
  }

  private Verdict accepted(ObjectKey key) {
    return derive(key).verdict("Accepted");
  }

  private Hosts hosts(ObjectKey key) {
    return ((Particulars.OfPolicy) derive(key).particulars()).hosts();
  }

  private Particulars.OfIdentity acme(Instant now) {
    return (Particulars.OfIdentity) derive(ACME, now).particulars();
  }

  @Test
  void aPolicyInForceIsReadyAndOwnsItsHosts() {
    objects.apply(PAYMENTS, policySpec("payments.example.com"));

    DerivedStatus status = derive(PAYMENTS);

    assertThat(status.verdicts())
        .containsExactly(
            is("Accepted", true, "Accepted", "the spec is valid"),
            is("ResolvedRefs", true, "ResolvedRefs", "all that it refers to is there"),
            is("Ready", true, "Ready", "this generation is in force"));
    assertThat(status.generation()).isEqualTo(1);
    assertThat(status.until()).isNull();
    assertThat(hosts(PAYMENTS)).isEqualTo(new Hosts(List.of("payments.example.com"), List.of()));
  }

  @Test
  void anEditToNonsenseNamesTheFieldAndSaysThatThePreviousVersionStays() {
    objects.apply(PAYMENTS, policySpec("payments.example.com"));
    objects.apply(PAYMENTS, policySpec("payments.example.com").replace("/v1/{id}", "no-slash"));

    assertThat(derive(PAYMENTS).generation()).isEqualTo(2);
    assertThat(ready(PAYMENTS).holds()).isFalse();
    assertThat(ready(PAYMENTS).reason()).isEqualTo("Invalid");
    assertThat(ready(PAYMENTS).message())
        .startsWith(
            "the previous version stays in force; spec.operations[0].match[0].path: `no-slash`");
    assertThat(accepted(PAYMENTS).holds()).isFalse();
    assertThat(accepted(PAYMENTS).reason()).isEqualTo("Invalid");
    assertThat(derive(PAYMENTS).verdict("ResolvedRefs").holds()).isTrue();
    assertThat(hosts(PAYMENTS).owned()).containsExactly("payments.example.com");
  }

  @Test
  void aPolicyThatNeverCompiledSaysThatItsRequestsAreDenied() {
    objects.apply(PAYMENTS, policySpec("payments.example.com").replace("/v1/{id}", "no-slash"));

    assertThat(ready(PAYMENTS).message())
        .startsWith("no version of it was ever in force, and requests to what it owns are denied");
    assertThat(hosts(PAYMENTS).owned()).containsExactly("payments.example.com");
  }

  @Test
  void theNewerOfTwoPoliciesOnOneHostIsConflictedAndNamesTheOlder() {
    objects.apply(policy("older"), policySpec("payments.example.com"));
    objects.apply(PAYMENTS, policySpec("payments.example.com"));

    assertThat(ready(policy("older")).holds()).isTrue();
    assertThat(accepted(PAYMENTS))
        .isEqualTo(
            is(
                "Accepted",
                false,
                "Conflicted",
                "spec.hosts: the host `payments.example.com` is owned by ApiPolicy shop/older,"
                    + " which is older"));
    assertThat(ready(PAYMENTS).reason()).isEqualTo("Conflicted");
    assertThat(ready(PAYMENTS).message()).startsWith("nothing of it is in force; spec.hosts: ");
    assertThat(hosts(PAYMENTS))
        .isEqualTo(
            new Hosts(List.of(), List.of(new LostHost("payments.example.com", "shop/older"))));
  }

  @Test
  void theNewerOfTwoPoliciesTakesOverWhenTheOlderIsDeleted() {
    objects.apply(policy("older"), policySpec("payments.example.com"));
    objects.apply(PAYMENTS, policySpec("payments.example.com"));
    objects.delete(policy("older"));

    assertThat(ready(PAYMENTS).holds()).isTrue();
    assertThat(hosts(PAYMENTS).lost()).isEmpty();
    assertThat(StatusDerivation.derive(objects.compilation(), policy("older"), NOW, Map.of()))
        .isNull();
  }

  @Test
  void aConflictOnOneOfTwoHostsLeavesTheOtherInForce() {
    objects.apply(policy("older"), policySpec("a.example.com"));
    objects.apply(PAYMENTS, policySpec("a.example.com\", \"b.example.com"));

    assertThat(ready(PAYMENTS).holds()).isFalse();
    assertThat(ready(PAYMENTS).message()).startsWith("the rest of it is in force; ");
    assertThat(hosts(PAYMENTS).owned()).containsExactly("b.example.com");
  }

  @Test
  void aMissingIssuerIsAnUnresolvedReference() {
    objects.apply(
        PAYMENTS,
        policySpec("payments.example.com")
            .replace(
                "apiKey: {header: X-API-Key}",
                "jwt: {issuerRef: {name: corp}, audiences: [payments]}"));

    assertThat(accepted(PAYMENTS).holds()).isTrue();
    assertThat(derive(PAYMENTS).verdict("ResolvedRefs"))
        .isEqualTo(
            is(
                "ResolvedRefs",
                false,
                "RefNotFound",
                "spec.authentication.methods[0].jwt.issuerRef.name: there is no TokenIssuer"
                    + " `shop/corp` in force; tokens are refused until there is"));
    assertThat(ready(PAYMENTS).holds()).isFalse();
    assertThat(ready(PAYMENTS).reason()).isEqualTo("RefNotFound");
    assertThat(ready(PAYMENTS).message()).startsWith("the rest of it is in force; ");
  }

  @Test
  void whatThisVersionCannotEnforceIsUnsupported() {
    objects.apply(
        PAYMENTS,
        policySpec("payments.example.com")
            + "targetRefs: [{kind: HTTPRoute, name: payments, sectionName: rest}]\n");

    assertThat(accepted(PAYMENTS).reason()).isEqualTo("Unsupported");
    assertThat(ready(PAYMENTS).reason()).isEqualTo("Unsupported");
  }

  @Test
  void aWarningIsReadInTheMessageOfAReadyPolicy() {
    objects.apply(PAYMENTS, "hosts: [payments.example.com]");

    assertThat(ready(PAYMENTS).holds()).isTrue();
    assertThat(ready(PAYMENTS).message())
        .isEqualTo(
            "this generation is in force; mind that spec.operations: no operation is declared,"
                + " so every request is denied");
  }

  @Test
  void aShadowPolicySaysThatItDeniesNothing() {
    objects.apply(PAYMENTS, policySpec("payments.example.com") + "enforcement: Shadow\n");

    assertThat(ready(PAYMENTS).message())
        .isEqualTo("this generation is in force as `Shadow`, which denies nothing");
  }

  @Test
  void aMessageIsBoundedAndCountsWhatItLeavesOut() {
    StringBuilder spec = new StringBuilder("hosts: [");
    for (int i = 0; i < 20; i++) {
      spec.append(i == 0 ? "" : ", ").append('"').append("!".repeat(200)).append(i).append('"');
    }
    objects.apply(PAYMENTS, spec.append("]").toString());

    assertThat(ready(PAYMENTS).message()).hasSizeLessThanOrEqualTo(1024).endsWith("and 16 more");
  }

  @Test
  void aLongMessageIsCutBetweenCharacters() {
    objects.unreadable(PAYMENTS, "spec", "x".repeat(900) + "\ud83d\ude00".repeat(200));

    assertThat(ready(PAYMENTS).message()).hasSizeLessThanOrEqualTo(1024).endsWith("…");
    assertThat(ready(PAYMENTS).message().codePoints())
        .noneMatch(point -> Character.getType(point) == Character.SURROGATE);
  }

  @Test
  void anObjectThatCannotBeReadIsInvalidAndKeepsWhatIsInForce() {
    objects.apply(PAYMENTS, policySpec("payments.example.com"));
    objects.unreadable(PAYMENTS, "spec.enforcement", "`Sometimes` is none of Enforce, Shadow");

    assertThat(ready(PAYMENTS))
        .isEqualTo(
            is(
                "Ready",
                false,
                "Invalid",
                "the previous version stays in force; spec.enforcement: `Sometimes` is none of"
                    + " Enforce, Shadow"));
  }

  @Test
  void anIssuerThatNeverCompiledRefusesItsTokens() {
    objects.apply(issuer("corp"), "issuer: https://issuer.example.com\n");

    assertThat(ready(issuer("corp")).holds()).isFalse();
    assertThat(ready(issuer("corp")).message()).contains("its tokens are refused");
  }

  @Test
  void anIssuerEditedToNonsenseKeepsItsPreviousVersion() {
    String good =
        "issuer: https://issuer.example.com\njwks: {uri: 'https://issuer.example.com/keys'}\n";
    objects.apply(issuer("corp"), good);
    assertThat(ready(issuer("corp")).holds()).isTrue();

    objects.apply(issuer("corp"), good.replace("https://issuer.example.com/keys", "ftp:x"));

    assertThat(ready(issuer("corp")).message()).startsWith("the previous version stays in force");
  }

  @Test
  void anIssuerWhoseKeysAreNotToBeHadIsNotReady() {
    objects.apply(
        issuer("corp"),
        "issuer: https://issuer.example.com\njwks: {uri: 'https://issuer.example.com/keys'}\n");

    IssuerState away =
        new IssuerState.KeySet(0, List.of(), Optional.of("its answer is not a key set"));
    DerivedStatus status =
        Objects.requireNonNull(
            StatusDerivation.derive(
                objects.compilation(), issuer("corp"), NOW, Map.of(issuer("corp"), away)));

    assertThat(status.verdict("Accepted").holds()).isTrue();
    assertThat(status.verdict("Ready").holds()).isFalse();
    assertThat(status.verdict("Ready").reason()).isEqualTo("KeysUnavailable");
    assertThat(status.verdict("Ready").message()).contains("its answer is not a key set");
  }

  @Test
  void anIssuerWhoseKeysAreKeptIsReadyAndSaysWhatIsWrong() {
    objects.apply(issuer("corp"), "issuer: https://issuer.example.com\ndiscovery: {}\n");
    IssuerState kept =
        new IssuerState.KeySet(
            2, List.of("keys[1] is symmetric"), Optional.of("it can't be reached"));

    DerivedStatus status =
        Objects.requireNonNull(
            StatusDerivation.derive(
                objects.compilation(), issuer("corp"), NOW, Map.of(issuer("corp"), kept)));

    assertThat(status.verdict("Ready").holds()).isTrue();
    assertThat(status.verdict("Ready").message()).contains("it can't be reached", "can't be used");
    assertThat(status.particulars())
        .isEqualTo(
            new DerivedStatus.Particulars.OfIssuer(
                new TokenIssuerStatus.Keys(2L, List.of("keys[1] is symmetric"))));
  }

  @Test
  void anIssuerThatCantBeAskedIsNotReady() {
    objects.apply(issuer("corp"), "issuer: https://issuer.example.com\ndiscovery: {}\n");
    IssuerState silent = new IssuerState.Introspection(Optional.of("it did not answer"));

    DerivedStatus status =
        Objects.requireNonNull(
            StatusDerivation.derive(
                objects.compilation(), issuer("corp"), NOW, Map.of(issuer("corp"), silent)));

    assertThat(status.verdict("Ready").reason()).isEqualTo("IntrospectionUnavailable");
  }

  @Test
  void aDetectionPolicyIsAcceptedAndNotReady() {
    ObjectKey key = new ObjectKey("DetectionPolicy", "shop", "bursts");
    objects.apply(key, "detectors: []");

    assertThat(accepted(key).holds()).isTrue();
    assertThat(ready(key))
        .isEqualTo(
            is(
                "Ready",
                false,
                "Unsupported",
                "detection is not available in this version; nothing is watched"));
  }

  private static String acmeSpec(String more) {
    return """
    type: Partner
    owner: {team: integrations}
    grants: {scopes: [payments:read, payments:list]}
    credentials:
    - {name: primary, apiKey: {sha256: %s}}
    %s
    """
        .formatted(DIGEST, more);
  }

  @Test
  void anActiveIdentitySaysWhatItWasGranted() {
    objects.apply(ACME, acmeSpec(""));

    Particulars.OfIdentity acme = acme(NOW);
    assertThat(acme.phase()).isEqualTo(Phase.Active);
    assertThat(acme.scopes()).isEqualTo(new NonHumanIdentityStatus.Scopes(2L, null, List.of()));
    assertThat(acme.credentials())
        .containsExactly(
            new NonHumanIdentityStatus.Credential("primary", Phase.Active, null, null, null));
    assertThat(ready(ACME).holds()).isTrue();
    assertThat(derive(ACME).until()).isNull();
  }

  @Test
  void anIdentityExpiresInTimeAndSaysWhenToLookAgain() {
    objects.apply(ACME, acmeSpec("expiresAt: '2026-07-01T00:00:00Z'"));
    Instant end = Instant.parse("2026-07-01T00:00:00Z");
    Instant warning = end.minus(Duration.ofDays(14));

    assertThat(acme(NOW).phase()).isEqualTo(Phase.Active);
    assertThat(derive(ACME).until()).isEqualTo(warning);
    assertThat(acme(warning).phase()).isEqualTo(Phase.Expiring);
    assertThat(acme(warning).credentials().getFirst().phase()).isEqualTo(Phase.Expiring);
    assertThat(derive(ACME, warning).until()).isEqualTo(end);
    assertThat(acme(end.minusNanos(1)).phase()).isEqualTo(Phase.Expiring);
    assertThat(acme(end).phase()).isEqualTo(Phase.Expired);
    assertThat(acme(end).credentials().getFirst().phase()).isEqualTo(Phase.Expired);
    assertThat(derive(ACME, end).until()).isNull();
  }

  @Test
  void theWarningComesAsEarlyAsTheIdentityWantsIt() {
    objects.apply(ACME, acmeSpec("expiresAt: '2026-07-01T00:00:00Z'\nrotation: {warnBefore: 60d}"));

    assertThat(acme(NOW).phase()).isEqualTo(Phase.Expiring);
  }

  @Test
  void aRevokedIdentityHasNoUsableCredential() {
    objects.apply(ACME, acmeSpec("state: Revoked\nexpiresAt: '2026-01-01T00:00:00Z'"));

    assertThat(acme(NOW).phase()).isEqualTo(Phase.Revoked);
    assertThat(acme(NOW).credentials().getFirst().phase()).isEqualTo(Phase.Revoked);
    assertThat(ready(ACME).holds()).isTrue();
  }

  @Test
  void eachCredentialHasAPhaseOfItsOwn() {
    objects.apply(
        ACME,
        """
        type: Partner
        owner: {team: integrations}
        credentials:
        - {name: old, state: Revoked, apiKey: {sha256: %s}}
        - {name: current, apiKey: {sha256: %s, expiresAt: '2026-06-02T00:00:00Z'}}
        - {name: next, apiKey: {sha256: %s, notBefore: '2026-06-03T00:00:00Z'}}
        - {name: broken, apiKey: {sha256: nonsense}}
        """
            .formatted("1".repeat(64), "2".repeat(64), "3".repeat(64)));

    assertThat(acme(NOW).credentials())
        .extracting(
            NonHumanIdentityStatus.Credential::name, NonHumanIdentityStatus.Credential::phase)
        .containsExactly(
            tuple("old", Phase.Revoked),
            tuple("current", Phase.Expiring),
            tuple("next", null),
            tuple("broken", null));
    assertThat(derive(ACME).until()).isEqualTo(Instant.parse("2026-06-02T00:00:00Z"));
    assertThat(ready(ACME).holds()).isFalse();
    assertThat(ready(ACME).message())
        .startsWith("the rest of it is in force; spec.credentials[3].apiKey.sha256: ")
        .doesNotContain("nonsense");
  }

  @Test
  void anIdentityWithAFaultInItsBoundsKeepsTheFormerOnes() {
    objects.apply(ACME, acmeSpec(""));
    objects.apply(ACME, acmeSpec("constraints: {cidrs: [everywhere]}"));

    assertThat(ready(ACME).message())
        .startsWith("its state and credentials are in force, within the bounds of the previous");
  }

  @Test
  void anIdentityThatNeverCompiledHasNoPhase() {
    objects.apply(ACME, "credentials: []");

    assertThat(acme(NOW).phase()).isNull();
    assertThat(acme(NOW).scopes()).isNull();
    assertThat(ready(ACME).message()).startsWith("nothing of it is in force");
  }

  @Test
  void aKeyThatAnotherIdentityHoldsIsConflictedAndNotUsable() {
    objects.apply(identity("older"), acmeSpec(""));
    objects.apply(ACME, acmeSpec(""));

    assertThat(accepted(ACME).reason()).isEqualTo("Conflicted");
    assertThat(accepted(ACME).message()).contains("NonHumanIdentity shop/older");
    assertThat(acme(NOW).credentials().getFirst().phase()).isNull();
    assertThat(ready(identity("older")).holds()).isTrue();
  }

  @Test
  void aMissingSecretIsAnUnresolvedReferenceOfAnAcceptedIdentity() {
    objects.apply(
        ACME,
        """
        type: Partner
        owner: {team: integrations}
        credentials:
        - {name: legacy, apiKey: {secretRef: {name: acme-key, key: api_key}}}
        """);

    assertThat(accepted(ACME).holds()).isTrue();
    assertThat(derive(ACME).verdict("ResolvedRefs").message())
        .startsWith("spec.credentials[0].apiKey.secretRef.name: there is no Secret");
    assertThat(ready(ACME).reason()).isEqualTo("RefNotFound");
  }

  @Test
  void secretsHaveNoStatus() {
    ObjectKey key = new ObjectKey("Secret", "shop", "acme-key");
    objects.put(key, new Declared.Secret(Map.of()));

    assertThat(StatusDerivation.derive(objects.compilation(), key, NOW, Map.of())).isNull();
  }
}
