package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.identity.Lookup;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceAccountCompilationTest {
  private static final ObjectKey POLICY = new ObjectKey("ApiPolicy", "payments", "api");

  private static Compilation policy(String method) {
    return compile(
        """
        - kind: ApiPolicy
          metadata: {name: api, namespace: payments}
          spec:
            hosts: [api.example.com]
            authentication: {methods: [{name: workloads, serviceAccount: %s}]}
            operations: [{name: x, match: [{methods: [GET], path: /x}]}]
        """
            .formatted(method));
  }

  private static Compilation identity(String credentials) {
    return compile(
        """
        - kind: NonHumanIdentity
          metadata: {name: exporter, namespace: payments}
          spec: {type: ServiceAccount, owner: {team: t}, credentials: %s}
        """
            .formatted(credentials));
  }

  private static Compilation compile(String objects) {
    return Compiler.compile(new Changes(CaseObjects.parse(objects), List.of()), Compilation.EMPTY);
  }

  private static List<String> found(Compilation compilation) {
    return compilation.diagnostics().stream()
        .map(found -> found.severity() + " " + found.field() + " " + found.code())
        .toList();
  }

  private static List<String> holders(Compilation compilation, String namespace, String name) {
    return compilation
        .snapshot()
        .identities()
        .claimants(new Lookup.ByServiceAccount(namespace, name))
        .stream()
        .map(Identity.Enrolled::credential)
        .map(credential -> credential.name() + (credential.revoked() ? " revoked" : ""))
        .toList();
  }

  @Test
  void methodWithAnAudienceIsInForce() {
    Compilation compilation = policy("{audiences: [payments]}");
    assertThat(compilation.diagnostics()).isEmpty();
    assertThat(compilation.snapshot().policies().entry(POLICY)).isInstanceOf(Entry.Ready.class);
  }

  @Test
  void methodWithoutAnAudienceIsRefused() {
    for (String method : List.of("{}", "{audiences: []}")) {
      Compilation compilation = policy(method);
      assertThat(found(compilation))
          .contains("ERROR spec.authentication.methods[0].serviceAccount.audiences Invalid");
      assertThat(compilation.snapshot().policies().entry(POLICY)).isInstanceOf(Entry.Unready.class);
    }
  }

  @Test
  void emptyAudienceIsRefused() {
    assertThat(found(policy("{audiences: [payments, ' ']}")))
        .contains("ERROR spec.authentication.methods[0].serviceAccount.audiences[1] Invalid");
  }

  @Test
  void audienceOfTheApiServerIsRisky() {
    assertThat(found(policy("{audiences: ['https://kubernetes.default.svc.cluster.local']}")))
        .containsExactly(
            "WARNING spec.authentication.methods[0].serviceAccount.audiences[0] Risky");
  }

  @Test
  void accountIsOfTheIdentitysOwnNamespaceWhereNoneIsGiven() {
    Compilation compilation =
        identity(
            """
            [{name: here, serviceAccount: {name: exporter}},
             {name: there, serviceAccount: {namespace: reporting, name: exporter}}]
            """);
    assertThat(compilation.diagnostics()).isEmpty();
    assertThat(holders(compilation, "payments", "exporter")).containsExactly("here");
    assertThat(holders(compilation, "reporting", "exporter")).containsExactly("there");
    assertThat(holders(compilation, "", "exporter")).isEmpty();
  }

  @Test
  void credentialThatNamesNoAccountIsNotInForceWhileOthersAre() {
    Compilation compilation =
        identity(
            """
            [{name: a, serviceAccount: {}},
             {name: b, serviceAccount: {name: ''}},
             {name: c, serviceAccount: {name: Exporter}},
             {name: d, serviceAccount: {namespace: '*', name: exporter}},
             {name: e, serviceAccount: {namespace: '', name: exporter}},
             {name: f, serviceAccount: {name: exporter}}]
            """);
    assertThat(found(compilation))
        .containsExactlyInAnyOrder(
            "ERROR spec.credentials[0].serviceAccount.name Invalid",
            "ERROR spec.credentials[1].serviceAccount.name Invalid",
            "ERROR spec.credentials[2].serviceAccount.name Invalid",
            "ERROR spec.credentials[3].serviceAccount.namespace Invalid",
            "ERROR spec.credentials[4].serviceAccount.namespace Invalid");
    assertThat(holders(compilation, "payments", "exporter")).containsExactly("f");
  }

  @Test
  void ofTwoCredentialsOfOneAccountTheRevokedOneHolds() {
    Compilation compilation =
        identity(
            """
            [{name: a, serviceAccount: {name: exporter}},
             {name: b, state: Revoked, serviceAccount: {namespace: payments, name: exporter}}]
            """);
    assertThat(found(compilation)).containsExactly("ERROR spec.credentials[1] Conflicted");
    assertThat(holders(compilation, "payments", "exporter")).containsExactly("b revoked");
  }

  @Test
  void identityThatClaimsTheAccountOfAnOlderOneIsReported() {
    Compilation compilation =
        compile(
            """
            - kind: NonHumanIdentity
              metadata: {name: old, namespace: payments, creationTimestamp: '2026-01-01T00:00:00Z'}
              spec: {type: ServiceAccount, owner: {team: t}, credentials: [{name: a, serviceAccount: {name: exporter}}]}
            - kind: NonHumanIdentity
              metadata: {name: new, namespace: payments, creationTimestamp: '2026-01-02T00:00:00Z'}
              spec: {type: ServiceAccount, owner: {team: t}, credentials: [{name: a, serviceAccount: {name: exporter}}]}
            """);
    assertThat(compilation.diagnostics())
        .filteredOn(found -> found.severity() == Severity.ERROR)
        .extracting(Diagnostic::code)
        .containsOnly("Conflicted")
        .isNotEmpty();
  }
}
