package dev.sallyport.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.KeyRef;
import dev.sallyport.crd.LocalRef;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.compile.Diagnostic;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.identity.IdentityIndex.Registration;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** Compiling step by step comes to what compiling the end at once comes to. */
class IncrementalCompilationTest {
  /**
   * One object that appears, changes or goes.
   *
   * @param gone whether it is deleted; its content is then of no account
   */
  record Edit(Declared object, boolean gone) {}

  // ---- random objects that refer to each other, some of them wrong

  @Provide
  Arbitrary<List<List<Edit>>> histories() {
    Arbitrary<Declared> objects =
        Arbitraries.frequencyOf(
            Tuple.of(4, Worlds.policies()),
            Tuple.of(2, Worlds.policies().map(IncrementalCompilationTest::withTokens)),
            Tuple.of(3, Worlds.identities()),
            Tuple.of(2, Worlds.identities().map(IncrementalCompilationTest::withSecret)),
            Tuple.of(1, Worlds.identities().map(IncrementalCompilationTest::withoutType)),
            Tuple.of(2, issuers()),
            Tuple.of(2, secrets()));
    return Combinators.combine(
            objects, Arbitraries.frequency(Tuple.of(3, false), Tuple.of(1, true)))
        .as(Edit::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(3)
        .uniqueElements(edit -> edit.object().key())
        .list()
        .ofMinSize(1)
        .ofMaxSize(10);
  }

  @Provide
  Arbitrary<List<Worlds.Ask>> asks() {
    return Worlds.requests().list().ofSize(8);
  }

  private static Arbitrary<Declared> issuers() {
    return Combinators.combine(
            Arbitraries.of("a", "b"),
            Arbitraries.of("https://one.test", "https://two.test", "no url"),
            Arbitraries.of(List.<String>of(), List.of("x")))
        .as((namespace, issuer, audiences) ->
            new Declared(
                new ObjectKey("TokenIssuer", namespace, "corp"),
                Instant.EPOCH,
                1,
                new Declared.TokenIssuer(issuer(issuer, audiences))));
  }

  private static TokenIssuerSpec issuer(String issuer, List<String> audiences) {
    return new TokenIssuerSpec(
        issuer.startsWith("https") ? issuer : null,
        new TokenIssuerSpec.Jwks("https://keys.test/jwks", null),
        null,
        null,
        audiences,
        List.of(),
        TokenIssuerSpec.Profile.Generic,
        new TokenIssuerSpec.Claims(null, null),
        Map.of(),
        null,
        null,
        null,
        null);
  }

  private static Arbitrary<Declared> secrets() {
    return Combinators.combine(Arbitraries.of("a", "b"), Arbitraries.of("k1", "k2", "k3", ""))
        .as((namespace, key) ->
            new Declared(
                new ObjectKey("Secret", namespace, "s"),
                Instant.EPOCH,
                1,
                new Declared.Secret(
                    key.isEmpty() ? Map.of() : Map.of("k", key.getBytes(StandardCharsets.UTF_8)))));
  }

  /** A bearer token as one more method; needs an issuer with an audience. */
  private static Declared withTokens(Declared policy) {
    ApiPolicySpec spec = ((Declared.ApiPolicy) policy.content()).spec();
    List<ApiPolicySpec.Method> methods = new ArrayList<>(spec.authentication().methods());
    methods.add(
        new ApiPolicySpec.Method(
            "tokens", null, new ApiPolicySpec.Jwt(new LocalRef("corp"), List.of()), null, null));
    return with(
        policy,
        new Declared.ApiPolicy(
            new ApiPolicySpec(
                spec.hosts(),
                spec.targetRefs(),
                spec.environment(),
                spec.enforcement(),
                spec.paths(),
                spec.preflight(),
                new ApiPolicySpec.Authentication(
                    methods,
                    spec.authentication().registered(),
                    spec.authentication().identityNamespaces(),
                    spec.authentication().credentials()),
                spec.undeclaredOperations(),
                spec.operations(),
                null,
                null,
                spec.rateLimits())));
  }

  private static Declared withSecret(Declared identity) {
    NonHumanIdentitySpec spec = spec(identity);
    List<NonHumanIdentitySpec.Credential> credentials = new ArrayList<>(spec.credentials());
    credentials.add(
        new NonHumanIdentitySpec.Credential(
            "secret",
            NonHumanIdentitySpec.CredentialState.Active,
            new NonHumanIdentitySpec.ApiKey(null, new KeyRef("s", "k"), null, null),
            null,
            null,
            null,
            null));
    return with(
        identity, new Declared.NonHumanIdentity(with(spec, spec.type(), spec, credentials)));
  }

  private static Declared withoutType(Declared identity) {
    NonHumanIdentitySpec spec = spec(identity);
    return with(
        identity, new Declared.NonHumanIdentity(with(spec, null, spec, spec.credentials())));
  }

  private static NonHumanIdentitySpec spec(Declared identity) {
    return ((Declared.NonHumanIdentity) identity.content()).spec();
  }

  private static NonHumanIdentitySpec with(
      NonHumanIdentitySpec spec,
      NonHumanIdentitySpec.@Nullable Type type,
      NonHumanIdentitySpec state,
      List<NonHumanIdentitySpec.Credential> credentials) {
    return new NonHumanIdentitySpec(
        type,
        spec.owner(),
        spec.purpose(),
        spec.environment(),
        state.state(),
        spec.expiresAt(),
        credentials,
        spec.grants(),
        spec.constraints(),
        null);
  }

  private static Declared with(Declared object, Declared.Content content) {
    return new Declared(object.key(), object.created(), object.generation(), content);
  }

  /**
   * Of an identity that fails the state and the credentials are the new ones all the same, and what
   * it may do is what both allow.
   */
  private static Declared kept(Declared good, Declared failed) {
    if (!(good.content() instanceof Declared.NonHumanIdentity(var held))) {
      return good;
    }
    NonHumanIdentitySpec wanted = spec(failed);
    return with(
        good,
        new Declared.NonHumanIdentity(
            new NonHumanIdentitySpec(
                held.type(),
                held.owner(),
                held.purpose(),
                held.environment(),
                wanted.state(),
                Stream.of(held.expiresAt(), wanted.expiresAt())
                    .filter(Objects::nonNull)
                    .min(Comparator.comparing(text -> OffsetDateTime.parse(text).toInstant()))
                    .orElse(null),
                wanted.credentials(),
                new NonHumanIdentitySpec.Grants(
                    held.grants().scopes().stream()
                        .filter(wanted.grants().scopes()::contains)
                        .toList()),
                held.constraints(),
                null)));
  }

  // ---- the properties

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void stepByStepComesToTheSameAsAtOnce(
      @ForAll("histories") List<List<Edit>> history, @ForAll("asks") List<Worlds.Ask> asks) {
    Compilation stepped = Compilation.EMPTY;
    Map<ObjectKey, Declared> state = new LinkedHashMap<>();
    Map<ObjectKey, Declared> lastGood = new HashMap<>();
    for (List<Edit> step : history) {
      stepped = Compiler.compile(changes(step), stepped);
      for (Edit edit : step) {
        if (edit.gone()) {
          state.remove(edit.object().key());
          lastGood.remove(edit.object().key());
        } else {
          state.put(edit.object().key(), edit.object());
        }
      }
      Compilation now = atOnce(List.copyOf(state.values()));
      for (Declared object : state.values()) {
        if (isInForce(object, now)) {
          lastGood.put(object.key(), object);
        } else {
          lastGood.computeIfPresent(object.key(), (_, good) -> kept(good, object));
        }
      }
    }
    List<Declared> end = List.copyOf(state.values());
    List<Declared> enforced =
        end.stream()
            .map(object ->
                isInForce(object, atOnce(end))
                    ? object
                    : lastGood.getOrDefault(object.key(), object))
            .toList();
    Compilation expected = atOnce(enforced);
    if (enforced.stream()
        .anyMatch(object -> lastGood.containsKey(object.key()) && !isInForce(object, expected))) {
      // What it refers to changed since it was good: nothing to compare with.
      return;
    }
    assertThat(answers(stepped, asks)).isEqualTo(answers(expected, asks));
    assertThat(stepped.snapshot().issuers().all())
        .containsExactlyInAnyOrderElementsOf(expected.snapshot().issuers().all());
    if (enforced.equals(end)) {
      assertThat(texts(stepped.diagnostics())).isEqualTo(texts(expected.diagnostics()));
      assertThat(stepped.policies()).isEqualTo(expected.policies());
      assertThat(stepped.identities(Worlds.NOW)).isEqualTo(expected.identities(Worlds.NOW));
    }
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void theOrderOfObjectsDoesNotMatter(
      @ForAll("histories") List<List<Edit>> history, @ForAll("asks") List<Worlds.Ask> asks) {
    Map<ObjectKey, Declared> state = new LinkedHashMap<>();
    history.forEach(step -> step.forEach(edit -> state.put(edit.object().key(), edit.object())));
    List<Declared> objects = List.copyOf(state.values());

    Compilation forwards = atOnce(objects);
    Compilation backwards = atOnce(objects.reversed());

    assertThat(answers(backwards, asks)).isEqualTo(answers(forwards, asks));
    assertThat(texts(backwards.diagnostics())).isEqualTo(texts(forwards.diagnostics()));
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void whoseDiagnosticsChangedIsAffected(@ForAll("histories") List<List<Edit>> history) {
    Compilation previous = Compilation.EMPTY;
    Map<ObjectKey, Declared> state = new HashMap<>();
    for (List<Edit> step : history) {
      Compilation next = Compiler.compile(changes(step), previous);
      step.forEach(edit -> state.put(edit.object().key(), edit.object()));
      for (ObjectKey key : state.keySet()) {
        if (!texts(next.diagnostics(key)).equals(texts(previous.diagnostics(key)))) {
          assertThat(next.affected()).contains(key);
        }
      }
      previous = next;
    }
  }

  @Example
  void anEditCompilesOneObjectAndSharesTheOthers() {
    Compilation many = atOnce(CaseObjects.parse(many("path: /x")));
    List<Declared> edited =
        CaseObjects.parse(many("path: /y")).stream()
            .filter(object -> object.key().name().equals("p-17"))
            .toList();
    assertThat(edited).hasSize(1);

    Compilation after = Compiler.compile(new Changes(edited, List.of()), many);

    assertThat(compiledPolicies(many, after))
        .containsExactly(new ObjectKey("ApiPolicy", "default", "p-17"));
    assertThat(compiledIdentities(many, after)).isEmpty();
    assertThat(after.snapshot().identities()).isSameAs(many.snapshot().identities());
    assertThat(after.snapshot().issuers()).isSameAs(many.snapshot().issuers());
  }

  @Example
  void anEditOfAnIdentityCompilesNoPolicy() {
    Compilation many = atOnce(CaseObjects.parse(many("path: /x")));
    List<Declared> edited =
        CaseObjects.parse(many("path: /x").replace("state: Active", "state: Revoked")).stream()
            .filter(object -> object.key().name().equals("i-3"))
            .toList();
    assertThat(edited).hasSize(1);

    Compilation after = Compiler.compile(new Changes(edited, List.of()), many);

    assertThat(after.snapshot().policies()).isSameAs(many.snapshot().policies());
    assertThat(compiledIdentities(many, after))
        .containsExactly(new ObjectKey("NonHumanIdentity", "default", "i-3"));
  }

  @Example
  void anEditOfASecretCompilesWhoReferToIt() {
    Compilation many = atOnce(CaseObjects.parse(many("path: /x")));
    Declared secret =
        new Declared(
            new ObjectKey("Secret", "default", "s"),
            Instant.EPOCH,
            2,
            new Declared.Secret(Map.of("k", "other".getBytes(StandardCharsets.UTF_8))));

    Compilation after = Compiler.compile(new Changes(List.of(secret), List.of()), many);

    assertThat(compiledIdentities(many, after))
        .containsExactly(new ObjectKey("NonHumanIdentity", "default", "from-secret"));
    assertThat(after.snapshot().policies()).isSameAs(many.snapshot().policies());
  }

  // ---- how they are compared

  private static String many(String path) {
    StringBuilder objects = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      objects.append(
          """
          - kind: ApiPolicy
            metadata: {name: p-%1$d}
            spec:
              hosts: [h-%1$d.test, shared.test]
              authentication: {methods: [{name: keys, apiKey: {header: X-Key}}]}
              operations: [{name: x, match: [{methods: [GET], %2$s}]}]
          - kind: NonHumanIdentity
            metadata: {name: i-%1$d}
            spec:
              type: Partner
              owner: {team: t}
              state: Active
              credentials: [{name: k, apiKey: {sha256: %3$s}}]
          """
              .formatted(i, path, ReferenceDecider.sha256("key-" + i)));
    }
    return objects
        + """
        - {kind: Secret, metadata: {name: s}, data: {k: a2V5}}
        - kind: NonHumanIdentity
          metadata: {name: from-secret}
          spec:
            type: Partner
            owner: {team: t}
            credentials: [{name: k, apiKey: {secretRef: {name: s, key: k}}}]
        """;
  }

  /** The policies whose compiled form is another object than before. */
  private static List<ObjectKey> compiledPolicies(Compilation before, Compilation after) {
    Set<Entry> same = Collections.newSetFromMap(new IdentityHashMap<>());
    same.addAll(before.snapshot().policies().entries());
    return after.snapshot().policies().entries().stream()
        .filter(entry -> !same.contains(entry))
        .map(entry -> entry.claim().key())
        .toList();
  }

  private static List<ObjectKey> compiledIdentities(Compilation before, Compilation after) {
    Set<Registration> same = Collections.newSetFromMap(new IdentityHashMap<>());
    same.addAll(before.snapshot().identities().registrations());
    return after.snapshot().identities().registrations().stream()
        .filter(registration -> !same.contains(registration))
        .map(registration -> registration.identity().key())
        .toList();
  }

  private static Changes changes(List<Edit> step) {
    return new Changes(
        step.stream().filter(edit -> !edit.gone()).map(Edit::object).toList(),
        step.stream().filter(Edit::gone).map(edit -> edit.object().key()).toList());
  }

  private static Compilation atOnce(List<Declared> objects) {
    return Compiler.compile(new Changes(objects, List.of()), Compilation.EMPTY);
  }

  private static boolean isInForce(Declared object, Compilation compilation) {
    ObjectKey key = object.key();
    return switch (object.content()) {
      case Declared.ApiPolicy _ ->
          compilation.snapshot().policies().entry(key) instanceof Entry.Ready;
      case Declared.NonHumanIdentity _ ->
          compilation.snapshot().identities().registration(key) != null;
      case Declared.TokenIssuer _ -> compilation.snapshot().issuers().find(key).isPresent();
      case Declared.Secret _,
          Declared.ConfigMap _,
          Declared.DetectionPolicy _,
          Declared.Document _,
          Declared.Route _,
          Declared.Unreadable _ ->
          true;
    };
  }

  private static List<String> texts(List<Diagnostic> diagnostics) {
    return diagnostics.stream().map(Objects::toString).sorted().toList();
  }

  /** What each request gets; a limit's counters begin anew. */
  private static List<String> answers(Compilation compilation, List<Worlds.Ask> asks) {
    Pipeline pipeline =
        new Pipeline(
            Verifiers.of(KeySource.NONE, Worlds.REVIEWER),
            new SourceLocator(0, "x-region", RegionRanges.of(Map.of()), RegionSource.NONE),
            new SlowQuotaStore(() -> Worlds.NOW));
    return asks.stream()
        .map(ask -> {
          Decision decision =
              ((Pipeline.Answer.Decided)
                      pipeline.decide(
                          ask.inbound(),
                          compilation.snapshot(),
                          Patience.until(Worlds.NOW.plusSeconds(1))))
                  .decision();
          return decision.verdict() + " " + decision.facts();
        })
        .toList();
  }
}
