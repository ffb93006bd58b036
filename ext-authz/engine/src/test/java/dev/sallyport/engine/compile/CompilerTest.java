package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.Identity.Enrolled;
import dev.sallyport.engine.identity.Lookup;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CompilerTest {
  private static final ObjectKey API = new ObjectKey("ApiPolicy", "default", "api");
  private static final ObjectKey ACME = new ObjectKey("NonHumanIdentity", "default", "acme");
  private static final String KEY = KeyDigest.of("k").hex();

  private static final String GOOD_POLICY =
      """
      - kind: ApiPolicy
        metadata: {name: api}
        spec:
          hosts: [api.example.com]
          operations: [{name: x, match: [{methods: [GET], path: /x}], authentication: None}]
      """;

  private static Compilation after(Compilation previous, String objects) {
    return Compiler.compile(new Changes(CaseObjects.parse(objects), List.of()), previous);
  }

  private static Compilation without(Compilation previous, ObjectKey key) {
    return Compiler.compile(new Changes(List.of(), List.of(key)), previous);
  }

  private static Enrolled holder(Compilation compilation) {
    return compilation
        .snapshot()
        .identities()
        .find(new Lookup.ByKey(KeyDigest.parse(KEY)), "default", false);
  }

  private static List<String> errors(Compilation compilation) {
    return compilation.diagnostics().stream()
        .filter(diagnostic -> diagnostic.severity() == Severity.ERROR)
        .map(diagnostic -> diagnostic.field() + ": " + diagnostic.message())
        .toList();
  }

  @Test
  void brokenPolicyKeepsItsLastGoodForm() {
    Compilation good = after(Compilation.EMPTY, GOOD_POLICY);
    Compilation broken = after(good, GOOD_POLICY.replace("path: /x", "path: x"));
    assertThat(broken.snapshot().policies().entry(API))
        .isSameAs(good.snapshot().policies().entry(API))
        .isInstanceOf(Entry.Ready.class);
    assertThat(errors(broken))
        .containsExactly("spec.operations[0].match[0].path: `x` must start with a slash");
    assertThat(broken.policies()).containsEntry("failed", 1).containsEntry("ready", 0);
    Compilation mended = after(broken, GOOD_POLICY);
    assertThat(errors(mended)).isEmpty();
    assertThat(mended.policies()).containsEntry("ready", 1);
  }

  @Test
  void deletedPolicyIsGoneThoughItsLastVersionWasBroken() {
    Compilation broken =
        after(after(Compilation.EMPTY, GOOD_POLICY), GOOD_POLICY.replace("path: /x", "path: x"));
    Compilation gone = without(broken, API);
    assertThat(gone.snapshot().policies().entry(API)).isNull();
    assertThat(gone.diagnostics()).isEmpty();
  }

  @Test
  void theYoungerTakesOverWhenTheOlderIsDeleted() {
    String younger = GOOD_POLICY.replace("name: api}", "name: later}");
    Compilation both = after(Compilation.EMPTY, GOOD_POLICY + younger);
    ObjectKey later = new ObjectKey("ApiPolicy", "default", "later");
    assertThat(both.diagnostics(later))
        .extracting(Diagnostic::message)
        .containsExactly(
            "the host `api.example.com` is owned by ApiPolicy default/api, which is older");
    Compilation one = without(both, API);
    assertThat(one.affected()).contains(later);
    assertThat(one.diagnostics()).isEmpty();
    assertThat(one.snapshot().policies().claimants("api.example.com"))
        .extracting(entry -> entry.claim().key())
        .containsExactly(later);
  }

  private static String identity(String rest) {
    return "- {kind: NonHumanIdentity, metadata: {name: acme}, spec: {type: Partner, owner: {team: t}, "
        + rest
        + "}}\n";
  }

  @Test
  void revocationCountsThoughAnotherFieldIsBroken() {
    String credentials = "credentials: [{name: k, apiKey: {sha256: " + KEY + "}}]";
    Compilation good =
        after(Compilation.EMPTY, identity(credentials + ", constraints: {cidrs: [192.0.2.0/24]}"));
    Compilation revoked =
        after(good, identity(credentials + ", state: Revoked, constraints: {cidrs: [nonsense]}"));
    assertThat(holder(revoked).identity().state().name()).isEqualTo("Revoked");
    assertThat(holder(revoked).identity().constraints())
        .as("where it may call from is never looser than before")
        .isEqualTo(holder(good).identity().constraints());
    assertThat(errors(revoked))
        .hasSize(1)
        .first()
        .asString()
        .startsWith("spec.constraints.cidrs[0]");
  }

  @Test
  void grantsAndExpiryAreNeverLooserThanEitherVersionOfABrokenEdit() {
    String credentials = "credentials: [{name: k, apiKey: {sha256: " + KEY + "}}]";
    Compilation good =
        after(Compilation.EMPTY, identity(credentials + ", grants: {scopes: [a, b]}"));
    Compilation narrowed =
        after(
            good,
            identity(
                credentials
                    + ", grants: {scopes: [b, c]}, expiresAt: '2027-01-01T00:00:00Z', constraints:"
                    + " {cidrs: [nonsense]}"));
    assertThat(holder(narrowed).identity().scopes()).containsExactly("b");
    assertThat(holder(narrowed).identity().expiresAt()).isEqualTo("2027-01-01T00:00:00Z");
  }

  @Test
  void rotationThatCannotBeReadIsToldAndTakesNothingOutOfForce() {
    Compilation compilation =
        after(
            Compilation.EMPTY,
            identity(
                "credentials: [{name: k, apiKey: {sha256: "
                    + KEY
                    + "}}], rotation: {maxAge: soon, warnBefore: 14d}"));
    assertThat(holder(compilation)).isNotNull();
    assertThat(errors(compilation))
        .containsExactly(
            "spec.rotation.maxAge: `soon` is not a duration; write it as `90d` or `12h`");
  }

  @Test
  void identityThatNeverCompiledIsNotInForce() {
    Compilation broken =
        after(
            Compilation.EMPTY,
            identity(
                "credentials: [{name: k, apiKey: {sha256: "
                    + KEY
                    + "}}], constraints: {cidrs: [x]}"));
    assertThat(holder(broken)).isNull();
  }

  @Test
  void brokenCredentialIsNotInForceWhileTheOthersAre() {
    Compilation compilation =
        after(
            Compilation.EMPTY,
            identity(
                "credentials: [{name: bad, apiKey: {sha256: 'the key itself'}}, {name: k, apiKey:"
                    + " {sha256: "
                    + KEY
                    + "}}]"));
    assertThat(holder(compilation).credential().name()).isEqualTo("k");
    assertThat(errors(compilation))
        .hasSize(1)
        .first()
        .asString()
        .startsWith("spec.credentials[0].apiKey.sha256")
        .doesNotContain("the key itself");
  }

  @Test
  void keyWithUnreadableExpiryIsNotInForce() {
    Compilation compilation =
        after(
            Compilation.EMPTY,
            identity("credentials: [{name: k, apiKey: {sha256: " + KEY + ", expiresAt: soon}}]"));
    assertThat(holder(compilation)).isNull();
  }

  @Test
  void equalCredentialsOfOneIdentityAreRevokedTogether() {
    Compilation compilation =
        after(
            Compilation.EMPTY,
            identity(
                "credentials: [{name: a, apiKey: {sha256: "
                    + KEY
                    + "}}, {name: b, state: Revoked, apiKey: {sha256: "
                    + KEY
                    + "}}]"));
    assertThat(holder(compilation).credential().revoked()).isTrue();
  }

  @Test
  void secretComesGoesAndRotates() {
    String byReference =
        identity("credentials: [{name: k, apiKey: {secretRef: {name: s, key: v}}}]");
    ObjectKey secret = new ObjectKey("Secret", "default", "s");
    Compilation waiting = after(Compilation.EMPTY, byReference);
    assertThat(holder(waiting)).isNull();
    assertThat(errors(waiting)).hasSize(1);
    // "k" and "other", as kubectl shows them.
    Compilation there = after(waiting, "- {kind: Secret, metadata: {name: s}, data: {v: aw==}}");
    assertThat(holder(there)).isNotNull();
    assertThat(there.affected()).contains(ACME, secret);
    Compilation rotated =
        after(there, "- {kind: Secret, metadata: {name: s}, data: {v: b3RoZXI=}}");
    assertThat(holder(rotated)).isNull();
    Compilation back = after(rotated, "- {kind: Secret, metadata: {name: s}, data: {v: aw==}}");
    assertThat(holder(back)).isNotNull();
    assertThat(holder(without(back, secret))).isNull();
  }

  @Test
  void whatDidNotChangeIsShared() {
    Compilation first = after(Compilation.EMPTY, GOOD_POLICY + GOOD_POLICY.replace("api", "web"));
    Compilation second = after(first, GOOD_POLICY.replace("/x", "/y"));
    ObjectKey web = new ObjectKey("ApiPolicy", "default", "web");
    assertThat(second.snapshot().policies().entry(web))
        .isSameAs(first.snapshot().policies().entry(web));
    assertThat(second.snapshot().version()).isEqualTo(2);
    assertThat(second.affected()).containsExactly(API);
  }

  @Test
  void whatThisVersionCannotEnforceIsRefusedByName() {
    Compilation compilation =
        after(
            Compilation.EMPTY,
            """
            - kind: ApiPolicy
              metadata: {name: api}
              spec:
                hosts: [api.example.com]
                targetRefs: [{kind: HTTPRoute, name: r, sectionName: s}]
                authentication:
                  methods:
                  - {name: keys, apiKey: {header: X-Key}}
                operations:
                - name: x
                  match: [{methods: [GET], path: /x}]
            """);
    assertThat(compilation.diagnostics())
        .filteredOn(diagnostic -> diagnostic.code().equals("Unsupported"))
        .extracting(Diagnostic::field)
        .containsExactly("spec.targetRefs[0].sectionName");
    assertThat(compilation.snapshot().policies().entry(API)).isInstanceOf(Entry.Unready.class);
  }

  @Test
  void ruleThatCanNeverMatchIsRefused() {
    assertThat(
            errors(
                after(
                    Compilation.EMPTY,
                    """
                    - kind: ApiPolicy
                      metadata: {name: api}
                      spec:
                        hosts: [api.example.com, 'a b', 'x:80']
                        authentication: {methods: [{name: k, apiKey: {header: X}}]}
                        operations:
                        - {name: a, match: [{methods: [GET], path: '/a/{x}'}]}
                        - {name: b, match: [{methods: [GET], path: '/a/{y}'}]}
                        - {name: c, match: [{methods: [GET], path: /c}], authentication: None, scopes: [s]}
                        - {name: d, match: [{methods: [GET], path: '/d/{x}.json'}]}
                        - {name: e, match: [{methods: [get], path: '/e'}]}
                        - {name: f, match: [{grpc: nonsense}]}
                        - {name: a, match: [{methods: [GET], path: '/g'}], scopes: ['a b']}
                    """)))
        .containsExactlyInAnyOrder(
            "spec.hosts[1]: `a b` is not a host; write `api.example.com` or `*.example.com`,"
                + " without a port",
            "spec.hosts[2]: `x:80` is not a host; write `api.example.com` or `*.example.com`,"
                + " without a port",
            "spec.operations[1].match[0].path: `/a/{y}` is matched before for GET by an equal"
                + " template; leave one out",
            "spec.operations[2].scopes: an operation with `authentication: None` has no caller who"
                + " could hold a scope",
            "spec.operations[3].match[0].path: `/d/{x}.json` needs whole segments as parameters,"
                + " unlike `{x}.json`",
            "spec.operations[4].match[0].methods[0]: `get` is not a method; write it in capitals,"
                + " as `GET`",
            "spec.operations[5].match[0].grpc: `nonsense` is not a gRPC method; write"
                + " `pkg.Service/Method` or `pkg.Service/*`",
            "spec.operations[6].name: `a` stands twice; names must differ",
            "spec.operations[6].scopes[0]: `a b` is not one scope: no spaces, quotes or"
                + " backslashes");
  }

  @Test
  void whatNobodyRefersToAnyMoreIsForgotten() {
    String fromSecret =
        identity("credentials: [{name: k, apiKey: {secretRef: {name: s, key: k}}}]");
    String secret = "- {kind: Secret, metadata: {name: s}, data: {k: aw==}}\n";
    Compilation referring = after(Compilation.EMPTY, fromSecret + secret);
    ObjectKey key = new ObjectKey("Secret", "default", "s");
    assertThat(referring.dependents()).containsOnlyKeys(key);

    Compilation edited =
        after(referring, identity("credentials: [{name: k, apiKey: {sha256: " + KEY + "}}]"));
    assertThat(edited.dependents()).isEmpty();
    assertThat(after(edited, secret).affected()).containsExactly(key);
    assertThat(without(referring, ACME).dependents()).isEmpty();
    assertThat(without(referring, ACME).referred()).isEmpty();
  }

  @Test
  void brokenIssuerDoesNotBreakItsPolicies() {
    String issuer =
        "- {kind: TokenIssuer, metadata: {name: corp}, spec: {issuer: 'https://corp.test', jwks:"
            + " {uri: 'https://corp.test/keys'}, audiences: [api]}}\n";
    String policy =
        """
        - kind: ApiPolicy
          metadata: {name: api}
          spec:
            hosts: [api.example.com]
            authentication: {methods: [{name: corporate, jwt: {issuerRef: {name: corp}}}]}
            operations: [{name: x, match: [{methods: [GET], path: /x}]}]
        """;
    Compilation broken =
        after(
            after(Compilation.EMPTY, issuer + policy),
            "- {kind: TokenIssuer, metadata: {name: corp}, spec: {}}\n");
    Compilation edited = after(broken, policy.replace("path: /x", "path: /y"));

    assertThat(edited.diagnostics(API)).isEmpty();
    assertThat(edited.snapshot().policies().entry(API))
        .isNotSameAs(broken.snapshot().policies().entry(API));
  }

  @Test
  void blankAudienceOfATokenIsRefused() {
    Compilation compilation =
        after(
            after(Compilation.EMPTY, issuer("default", "https://login.example.com/keys")),
            """
            - kind: ApiPolicy
              metadata: {name: api}
              spec:
                hosts: [api.example.com]
                authentication:
                  methods: [{name: a, jwt: {issuerRef: {name: corp}, audiences: [api, ' ']}}]
                operations: [{name: x, match: [{methods: [GET], path: /x}]}]
            """);

    assertThat(compilation.diagnostics(API))
        .singleElement()
        .satisfies(found ->
            assertThat(found.field()).isEqualTo("spec.authentication.methods[0].jwt.audiences[1]"));
  }

  private static String issuer(String namespace, String uri) {
    return "- {kind: TokenIssuer, metadata: {name: corp, namespace: "
        + namespace
        + "}, spec: {issuer: 'https://login.example.com', audiences: [a], jwks: {uri: '"
        + uri
        + "'}}}\n";
  }

  @Test
  void identityIsNotFoundByAnIssuerThatClaimsItsIssWithOtherKeys() {
    String client =
        identity(
            "credentials: [{name: k, oauthClient: {issuerRef: {name: corp}, clientId: acme}}]");
    Compilation compilation =
        after(
            Compilation.EMPTY,
            client
                + issuer("default", "https://login.example.com/keys")
                + issuer("same", "https://login.example.com/keys")
                + issuer("other", "https://evil.example.com/keys"));
    assertThat(clientOf(compilation, "default")).isNotNull();
    assertThat(clientOf(compilation, "same")).isNotNull();
    assertThat(clientOf(compilation, "other")).isNull();
  }

  private static Enrolled clientOf(Compilation compilation, String namespace) {
    String trust =
        compilation
            .snapshot()
            .issuers()
            .find(new ObjectKey("TokenIssuer", namespace, "corp"))
            .orElseThrow()
            .trust();
    return compilation
        .snapshot()
        .identities()
        .find(new Lookup.ByClient(trust, "acme"), namespace, true);
  }

  private static Declared unreadable(ObjectKey key, Declared.@Nullable Content rough) {
    return new Declared(
        key,
        Instant.EPOCH,
        2,
        new Declared.Unreadable(
            rough, List.of(new Declared.Fault("spec.shine", "unknown field `shine`"))));
  }

  private static Compilation unreadable(
      Compilation previous, ObjectKey key, Declared.@Nullable Content rough) {
    return Compiler.compile(new Changes(List.of(unreadable(key, rough)), List.of()), previous);
  }

  private static Declared.Content content(String object) {
    return CaseObjects.parse(object).getFirst().content();
  }

  @Test
  void policyThatCannotBeReadKeepsItsLastGoodForm() {
    Compilation good = after(Compilation.EMPTY, GOOD_POLICY);
    Compilation next = unreadable(good, API, null);
    assertThat(next.snapshot().policies().entry(API))
        .isSameAs(good.snapshot().policies().entry(API));
    assertThat(errors(next)).containsExactly("spec.shine: unknown field `shine`");
    assertThat(errors(after(next, GOOD_POLICY))).isEmpty();
  }

  @Test
  void policyThatNeverCouldBeReadOwnsItsHostsSoThatNoWiderOneAnswers() {
    String wider = GOOD_POLICY.replace("name: api}", "name: wide}").replace("api.ex", "'*.ex");
    wider = wider.replace(".com]", ".com']");
    Compilation next = unreadable(after(Compilation.EMPTY, wider), API, content(GOOD_POLICY));
    assertThat(next.snapshot().policies().claimants("api.example.com"))
        .singleElement()
        .isInstanceOf(Entry.Unready.class);
    assertThat(next.policies()).containsEntry("failed", 1).containsEntry("ready", 1);
  }

  @Test
  void identityThatCannotBeReadIsRevokedAllTheSame() {
    String credentials = "credentials: [{name: k, apiKey: {sha256: " + KEY + "}}]";
    Compilation good = after(Compilation.EMPTY, identity(credentials));
    Compilation unknown = unreadable(good, ACME, null);
    assertThat(holder(unknown).identity().state()).isEqualTo(State.Active);
    Compilation revoked = unreadable(unknown, ACME, content(identity("state: Revoked")));
    assertThat(holder(revoked).identity().state()).isEqualTo(State.Revoked);
    Compilation again = unreadable(revoked, ACME, content(identity("state: Active")));
    assertThat(holder(again).identity().state())
        .as("what can't be read whole never widens")
        .isEqualTo(State.Revoked);
  }

  @Test
  void credentialsOfAnIdentityThatCannotBeReadAreRevokedAndRemovedAllTheSame() {
    String other = KeyDigest.of("l").hex();
    String key = "{name: k, apiKey: {sha256: " + KEY + "}}";
    String both = "credentials: [" + key + ", {name: l, apiKey: {sha256: " + other + "}}]";
    Compilation good = after(Compilation.EMPTY, identity(both));
    Lookup.ByKey lookup = new Lookup.ByKey(KeyDigest.parse(KEY));
    Lookup.ByKey otherLookup = new Lookup.ByKey(KeyDigest.parse(other));
    assertThat(
            unreadable(good, ACME, content(identity(both)))
                .snapshot()
                .identities()
                .registration(ACME))
        .isEqualTo(good.snapshot().identities().registration(ACME));

    Compilation removed = unreadable(good, ACME, content(identity("credentials: [" + key + "]")));
    assertThat(removed.snapshot().identities().claimants(otherLookup)).isEmpty();
    assertThat(removed.snapshot().identities().isBarred(otherLookup, "default", false)).isTrue();
    assertThat(removed.snapshot().identities().claimants(lookup)).hasSize(1);

    Compilation revoked =
        unreadable(removed, ACME, content(identity("credentials: [{name: k, state: Revoked}]")));
    assertThat(holder(revoked).credential().revoked()).isTrue();
    assertThat(revoked.snapshot().identities().isBarred(otherLookup, "default", false)).isTrue();

    Compilation rotated =
        unreadable(good, ACME, content(identity(both.replace(KEY, "c".repeat(64)))));
    assertThat(rotated.snapshot().identities().claimants(lookup)).isEmpty();
  }

  @Test
  void aSecretThatGoesTakesTheKeyOfAnIdentityThatCannotBeReadWithIt() {
    String spec = identity("credentials: [{name: k, apiKey: {secretRef: {name: s, key: v}}}]");
    String secret = "- {kind: Secret, metadata: {name: s}, data: {v: aw==}}\n";
    Compilation good = after(after(Compilation.EMPTY, secret), spec);
    Lookup.ByKey lookup = new Lookup.ByKey(KeyDigest.of("k"));
    assertThat(good.snapshot().identities().claimants(lookup)).hasSize(1);
    Compilation unreadable = unreadable(good, ACME, content(spec));
    assertThat(unreadable.snapshot().identities().claimants(lookup)).hasSize(1);
    Compilation gone = without(unreadable, new ObjectKey("Secret", "default", "s"));
    assertThat(gone.snapshot().identities().claimants(lookup)).isEmpty();
  }

  @Test
  void identityThatNeverCouldBeReadBarsWhatItClaims() {
    Lookup.ByKey key = new Lookup.ByKey(KeyDigest.parse(KEY));
    Declared.Content rough =
        content(identity("credentials: [{name: k, apiKey: {sha256: " + KEY + "}}]"));
    Compilation unreadable = unreadable(Compilation.EMPTY, ACME, rough);
    assertThat(holder(unreadable)).isNull();
    assertThat(unreadable.snapshot().identities().isBarred(key, "default", false)).isTrue();
    assertThat(unreadable.snapshot().identities().isBarred(key, "other", false)).isFalse();
    assertThat(unreadable.snapshot().identities().isBarred(key, "other", true)).isTrue();
    Compilation gone = without(unreadable, ACME);
    assertThat(gone.snapshot().identities().isBarred(key, "default", false)).isFalse();
  }

  @Test
  void policyFollowsTheHostsOfItsRoute() {
    String policy =
        GOOD_POLICY.replace(
            "hosts: [api.example.com]", "targetRefs: [{kind: HTTPRoute, name: web}]");
    String route =
        "- {kind: HTTPRoute, metadata: {name: web}, spec: {hostnames: [a.example.com]}}\n";
    Compilation alone = after(Compilation.EMPTY, policy);
    assertThat(alone.diagnostics(API)).extracting(Diagnostic::code).containsExactly("RefNotFound");
    Compilation both = after(alone, route);
    assertThat(both.diagnostics(API)).isEmpty();
    assertThat(both.snapshot().policies().claimants("a.example.com")).hasSize(1);
    Compilation moved = after(both, route.replace("a.example", "b.example"));
    assertThat(moved.affected()).contains(API);
    assertThat(moved.snapshot().policies().claimants("a.example.com")).isEmpty();
    assertThat(moved.snapshot().policies().claimants("b.example.com")).hasSize(1);
    Compilation gone = without(moved, new ObjectKey("HTTPRoute", "default", "web"));
    assertThat(gone.snapshot().policies().claimants("b.example.com")).isEmpty();
    assertThat(gone.snapshot().policies().entry(API)).isInstanceOf(Entry.Ready.class);
  }
}
