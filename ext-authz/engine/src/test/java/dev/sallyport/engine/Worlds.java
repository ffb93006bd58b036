package dev.sallyport.engine;

import static java.util.stream.Collectors.toMap;

import com.nimbusds.jose.jwk.JWKSet;
import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicySpec.Ambiguity;
import dev.sallyport.crd.ApiPolicySpec.Authentication;
import dev.sallyport.crd.ApiPolicySpec.Credentials;
import dev.sallyport.crd.ApiPolicySpec.Dpop;
import dev.sallyport.crd.ApiPolicySpec.IdentityNamespaces;
import dev.sallyport.crd.ApiPolicySpec.Match;
import dev.sallyport.crd.ApiPolicySpec.Method;
import dev.sallyport.crd.ApiPolicySpec.Operation;
import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.crd.ApiPolicySpec.Paths;
import dev.sallyport.crd.ApiPolicySpec.Preflight;
import dev.sallyport.crd.ApiPolicySpec.Registered;
import dev.sallyport.crd.ApiPolicySpec.RequestRules;
import dev.sallyport.crd.ApiPolicySpec.TargetRef;
import dev.sallyport.crd.ApiPolicySpec.TrailingSlash;
import dev.sallyport.crd.ApiPolicySpec.Undeclared;
import dev.sallyport.crd.Enforcement;
import dev.sallyport.crd.LocalRef;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.NonHumanIdentitySpec.Constraints;
import dev.sallyport.crd.NonHumanIdentitySpec.Credential;
import dev.sallyport.crd.NonHumanIdentitySpec.CredentialState;
import dev.sallyport.crd.NonHumanIdentitySpec.Grants;
import dev.sallyport.crd.NonHumanIdentitySpec.OnViolation;
import dev.sallyport.crd.NonHumanIdentitySpec.Owner;
import dev.sallyport.crd.NonHumanIdentitySpec.SenderConstrained;
import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.crd.RateLimitSpec.Dimension;
import dev.sallyport.engine.CaseTokens.Says;
import dev.sallyport.engine.authenticate.CertificateReader;
import dev.sallyport.engine.authenticate.KeySet;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.Possession;
import dev.sallyport.engine.authenticate.TokenIntrospector;
import dev.sallyport.engine.authenticate.TokenVerifier;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/**
 * Random objects and requests from alphabets so small that they meet: few hosts, few segments, few
 * keys.
 */
final class Worlds {
  static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

  private static final List<String> AUDIENCES = List.of("api");

  private static final List<Method> METHODS =
      List.of(
          method("header", "X-Key", null, null, null),
          method("prefixed", "Authorization", "ApiKey ", null, null),
          method("query", null, null, "key", null),
          method("cookie", null, null, null, "key"),
          method("session", null, null, null, "sid"),
          new Method("workloads", null, null, new ApiPolicySpec.ServiceAccount(AUDIENCES), null),
          new Method(
              "mesh",
              null,
              null,
              null,
              new ApiPolicySpec.Mtls(List.of("none", WorldCertificates.TRUST_DOMAIN))),
          new Method("certificates", null, null, null, new ApiPolicySpec.Mtls(List.of())));

  /** Two of one issuer in different places, and of issuers that can't be asked or are not there. */
  private static final List<Method> TOKEN_METHODS =
      List.of(
          token("corp", "corp", null, null, null),
          token("corp-again", "corp", null, null, null),
          token("own", "own", null, null, null),
          token("own-header", "own", "X-Token", null, null),
          token("corp-query", "corp", null, "access_token", null),
          token("corp-cookie", "corp", null, null, "tok"),
          token("away", "away", null, null, null),
          token("lost", "lost", null, null, null));

  private static final CaseKey SIGNER = CaseKey.of("corp", CaseKey.Algorithm.RS256);
  private static final CaseKey STRANGER = CaseKey.of("stranger", CaseKey.Algorithm.RS256);
  private static final CaseKey DEVICE = CaseKey.of("device", CaseKey.Algorithm.RS256);
  private static final CaseKey THIEF = CaseKey.of("thief", CaseKey.Algorithm.RS256);
  private static final String KEY_SET = new JWKSet(SIGNER.jwk()).toString();

  /** In either namespace; the keys of {@code own} are each object's own. */
  static final List<Declared> ISSUERS =
      Stream.of("a", "b")
          .flatMap(namespace ->
              CaseObjects.parse(
                  """
                  - {kind: TokenIssuer, metadata: {name: corp, namespace: %1$s}, spec: {issuer: 'https://corp.test', jwks: {uri: 'https://corp.test/keys'}}}
                  - {kind: TokenIssuer, metadata: {name: own, namespace: %1$s}, spec: {issuer: 'https://own.test', jwks: {inline: %2$s}}}
                  - {kind: TokenIssuer, metadata: {name: away, namespace: %1$s}, spec: {issuer: 'https://away.test', jwks: {uri: 'https://away.test/keys'}}}
                  """
                      .formatted(namespace, KEY_SET))
                  .stream())
          .toList();

  /** Every access token that is presented, beside what is none. */
  private static final List<AccessToken> ACCESS_TOKENS =
      List.of(
          new AccessToken("client", "corp", "api", 3600, SIGNER, "c1", null, "s t", null),
          new AccessToken("subject", "corp", "api", 3600, SIGNER, "c1", "j1", "s", null),
          new AccessToken("other-client", "corp", "api", 3600, SIGNER, "c2", "j1", "s", null),
          new AccessToken("nobody", "corp", "api", 3600, SIGNER, "c9", "j9", "s", null),
          new AccessToken("of-own", "own", "api", 3600, SIGNER, "c1", null, "s", null),
          new AccessToken("bound", "corp", "api", 3600, SIGNER, "c1", null, "s t", DEVICE),
          new AccessToken("bound-nobody", "corp", "api", 3600, SIGNER, "c9", null, "s", DEVICE),
          new AccessToken("ending", "corp", "api", -29, SIGNER, "c1", null, "s", null),
          new AccessToken("over", "corp", "api", -30, SIGNER, "c1", null, "s", null),
          new AccessToken("elsewhere", "corp", "other", 3600, SIGNER, "c1", null, "s", null),
          new AccessToken("forged", "corp", "api", 3600, STRANGER, "c1", null, "s", null),
          new AccessToken("of-away", "away", "api", 3600, SIGNER, "c1", null, "s", null));

  /** Every proof of possession that is presented, beside what is none. */
  private static final List<Proof> PROOFS =
      List.of(
          new Proof("good", "bound", DEVICE, "GET", "/a", 0),
          new Proof("posted", "bound", DEVICE, "POST", "/a", 0),
          new Proof("of-nobody", "bound-nobody", DEVICE, "GET", "/a", 0),
          new Proof("of-another-token", "client", DEVICE, "GET", "/a", 0),
          new Proof("stolen", "bound", THIEF, "GET", "/a", 0),
          new Proof("old", "bound", DEVICE, "GET", "/a", 61),
          new Proof("almost-old", "bound", DEVICE, "GET", "/a", 60));

  // Signed once: a signature costs more than a world.
  private static final Map<AccessToken, String> TOKEN_TEXTS =
      ACCESS_TOKENS.stream().collect(toMap(token -> token, AccessToken::mint));
  private static final Map<Proof, String> PROOF_TEXTS =
      PROOFS.stream().collect(toMap(proof -> proof, Proof::mint));
  private static final KeySet KEYS = ((KeySet.Parsing.Parsed) KeySet.parse(KEY_SET)).keys();

  /** Every token that is presented, beside what is none. */
  private static final List<PodToken> POD_TOKENS =
      List.of(
          new PodToken("good", "a/app", "api", 3600, Says.Authenticated, "a/app"),
          new PodToken("elsewhere", "b/app", "api", 3600, Says.Authenticated, "b/app"),
          new PodToken("ending", "a/app", "api", 1, Says.Authenticated, "a/app"),
          new PodToken("other", "a/app", "cluster", 3600, Says.NotAsked, "a/app"),
          new PodToken("refused", "a/app", "api", 3600, Says.Refused, "a/app"),
          new PodToken("away", "a/app", "api", 3600, Says.Unavailable, "a/app"),
          new PodToken("changed", "a/app", "api", 3600, Says.Authenticated, "b/app"));

  /** The API server of every world. */
  static final CaseTokens REVIEWER =
      new CaseTokens(POD_TOKENS.stream().map(PodToken::token).toList());

  private static final List<Map.Entry<String, String>> PREFLIGHT =
      List.of(
          Map.entry("origin", "https://o.test"), Map.entry("access-control-request-method", "GET"));

  private static final TargetRef WEB =
      new TargetRef("gateway.networking.k8s.io", "HTTPRoute", "web", null);

  private Worlds() {}

  /**
   * A service-account token.
   *
   * @param account namespace and name in its claims
   * @param seconds after {@link #NOW} at which it is over
   * @param as namespace and name that the API server says
   */
  record PodToken(String name, String account, String audience, int seconds, Says says, String as) {
    Instant expires() {
      return NOW.plusSeconds(seconds);
    }

    CaseTokens.Token token() {
      return CaseTokens.token(name, account, List.of(audience), expires(), Map.of(), as, says);
    }
  }

  /** What a text is; null where it is no service-account token. */
  static @Nullable PodToken podToken(String text) {
    for (PodToken token : POD_TOKENS) {
      if (token.token().text().equals(text)) {
        return token;
      }
    }
    return null;
  }

  /**
   * An access token.
   *
   * @param issuer its {@code TokenIssuer}, whose host it names in {@code iss}
   * @param seconds after {@link #NOW} at which it is over
   * @param boundTo the key that it is bound to
   */
  record AccessToken(
      String name,
      String issuer,
      String audience,
      int seconds,
      CaseKey signer,
      String client,
      @Nullable String subject,
      String scopes,
      @Nullable CaseKey boundTo) {
    boolean forged() {
      return signer.equals(STRANGER);
    }

    private String mint() {
      Map<String, Object> claims = new LinkedHashMap<>();
      claims.put("iss", "https://" + issuer + ".test");
      claims.put("aud", audience);
      claims.put("exp", NOW.plusSeconds(seconds).getEpochSecond());
      claims.put("client_id", client);
      claims.put("scope", scopes);
      if (subject != null) {
        claims.put("sub", subject);
      }
      if (boundTo != null) {
        claims.put("cnf", Map.of("jkt", boundTo.thumbprint()));
      }
      return signer.sign(Map.of("alg", "RS256", "kid", "corp"), claims);
    }
  }

  /** What a text is; null where it is no access token. */
  static @Nullable AccessToken accessToken(String text) {
    return named(TOKEN_TEXTS, text);
  }

  /**
   * A proof of possession.
   *
   * @param of the token that it is for
   * @param path at {@code https://x.test}
   * @param seconds before {@link #NOW} at which it was made
   */
  record Proof(String name, String of, CaseKey key, String method, String path, int seconds) {
    private String mint() {
      return key.sign(
          Map.of("typ", "dpop+jwt", "alg", "RS256", "jwk", key.publicMembers()),
          Map.of(
              "jti",
              name,
              "htm",
              method,
              "htu",
              "https://x.test" + path,
              "iat",
              NOW.minusSeconds(seconds).getEpochSecond(),
              "ath",
              CaseCredentials.digest(text(of))));
    }
  }

  /** What a text is; null where it is no proof. */
  static @Nullable Proof proof(String text) {
    return named(PROOF_TEXTS, text);
  }

  private static <T> @Nullable T named(Map<T, String> texts, String text) {
    for (Map.Entry<T, String> each : texts.entrySet()) {
      if (each.getValue().equals(text)) {
        return each.getKey();
      }
    }
    return null;
  }

  private static String text(String token) {
    return TOKEN_TEXTS.entrySet().stream()
        .filter(each -> each.getKey().name.equals(token))
        .findAny()
        .orElseThrow()
        .getValue();
  }

  private static String proofText(String proof) {
    return PROOF_TEXTS.entrySet().stream()
        .filter(each -> each.getKey().name.equals(proof))
        .findAny()
        .orElseThrow()
        .getValue();
  }

  /** Judges what the worlds' callers present. */
  static Verifiers verifiers() {
    CaseProofs proofs = new CaseProofs(false);
    return new Verifiers(
        new TokenVerifier(
            (issuer, _, _) ->
                issuer.key().name().equals("corp")
                    ? new KeySource.Answer.Held(KEYS)
                    : new KeySource.Answer.Unavailable(),
            TokenIntrospector.NONE),
        REVIEWER,
        CertificateReader.OF_CONNECTION,
        new Possession(proofs, proofs));
  }

  /** Objects, at most one a key, and what is asked of them in this order. */
  record World(List<Declared> objects, List<Ask> requests) {}

  /** A request whose headers can be read in a sample. */
  record Ask(
      Instant at,
      String method,
      String target,
      String host,
      List<Map.Entry<String, String>> headers,
      boolean joined,
      Peer peer,
      @Nullable String extension,
      List<Inbound.Route> routes) {
    Inbound inbound() {
      return new Inbound(
          "id",
          at,
          method,
          target,
          host,
          joined ? Headers.joined(map(headers)) : Headers.listed(headers),
          Inbound.Body.NONE,
          peer.address(),
          peer.certificate().isEmpty() ? null : peer.certificate(),
          extension,
          routes);
    }
  }

  /**
   * Who opened the connection.
   *
   * @param certificate empty for none
   */
  record Peer(String address, String certificate) {}

  static Arbitrary<World> worlds() {
    return Combinators.combine(objects(), requests().list().ofMinSize(6).ofMaxSize(12))
        .as((objects, requests) -> new World(objects, thrice(requests)));
  }

  /** Some requests again and again, for the limits. */
  private static List<Ask> thrice(List<Ask> requests) {
    List<Ask> all = new ArrayList<>(requests);
    all.addAll(requests.subList(0, requests.size() / 3));
    all.addAll(requests.subList(0, requests.size() / 3));
    return all;
  }

  static Arbitrary<List<Declared>> objects() {
    return Combinators.combine(
            policies().list().ofMinSize(1).ofMaxSize(4).uniqueElements(Declared::key),
            identities().list().ofMinSize(1).ofMaxSize(4).uniqueElements(Declared::key))
        .as((policies, identities) -> {
          List<Declared> objects = new ArrayList<>(ISSUERS);
          objects.addAll(policies);
          objects.addAll(identities);
          return objects;
        });
  }

  private static Arbitrary<ObjectKey> keys(String kind) {
    return Combinators.combine(Arbitraries.of("a", "a", "b"), Arbitraries.of("p", "px", "q"))
        .as((namespace, name) -> new ObjectKey(kind, namespace, name));
  }

  private static Arbitrary<Instant> creations() {
    return Arbitraries.of(
        Instant.EPOCH,
        Instant.parse("2026-01-01T00:00:00Z"),
        Instant.parse("2026-01-01T00:00:01Z"));
  }

  // ---- policies

  static Arbitrary<Declared> policies() {
    return Combinators.combine(keys("ApiPolicy"), creations(), policySpecs())
        .as((key, created, spec) -> new Declared(key, created, 1, new Declared.ApiPolicy(spec)));
  }

  private static Arbitrary<ApiPolicySpec> policySpecs() {
    Arbitrary<List<String>> hosts =
        Arbitraries.of(
                "x.test", "x.test", "Y.x.test", "*.x.test", "*.x.test", "*.y.x.test", "*.test")
            .list()
            .ofMinSize(2)
            .ofMaxSize(4)
            .uniqueElements();
    Arbitrary<Tuple.Tuple3<Preflight, Undeclared, Enforcement>> choices =
        Combinators.combine(
                Arbitraries.of(Preflight.class),
                mostly(Undeclared.Deny, Undeclared.Allow),
                mostly(Enforcement.Enforce, Enforcement.Shadow))
            .as(Tuple::of);
    return Combinators.combine(
            hosts,
            mostly(List.<TargetRef>of(), List.of(WEB)),
            mostly("", "prod"),
            choices,
            paths(),
            authentications(),
            operations(),
            limits())
        .as((names, refs, environment, choice, paths, authentication, operations, limits) ->
            new ApiPolicySpec(
                names,
                refs,
                environment.isEmpty() ? null : environment,
                choice.get3(),
                paths,
                choice.get1(),
                authentication,
                choice.get2(),
                operations,
                null,
                null,
                limits));
  }

  private static <T> Arbitrary<T> mostly(T usual, T rare) {
    return Arbitraries.frequency(Tuple.of(5, usual), Tuple.of(1, rare));
  }

  private static Arbitrary<Paths> paths() {
    return Combinators.combine(
            Arbitraries.of(Ambiguity.class),
            Arbitraries.of(Ambiguity.class),
            Arbitraries.of(Ambiguity.class),
            Arbitraries.of(TrailingSlash.class))
        .as(Paths::new);
  }

  private static Arbitrary<Authentication> authentications() {
    List<Method> all = new ArrayList<>(METHODS);
    all.addAll(TOKEN_METHODS);
    Arbitrary<List<Method>> methods =
        Arbitraries.frequencyOf(
            Tuple.of(6, some(METHODS)),
            Tuple.of(3, some(TOKEN_METHODS)),
            Tuple.of(4, Arbitraries.just(TOKEN_METHODS.subList(0, 2))),
            Tuple.of(4, some(all)));
    return Combinators.combine(
            methods,
            Arbitraries.of(IdentityNamespaces.class),
            mostly(Credentials.Strip, Credentials.Forward),
            Arbitraries.of(Registered.Required, Registered.Required, Registered.Optional),
            Arbitraries.frequency(
                Tuple.of(2, List.<String>of()),
                Tuple.of(4, List.of("https://X.test:443")),
                Tuple.of(1, List.of("https://y.x.test"))))
        .as((list, namespaces, credentials, registered, origins) ->
            new Authentication(
                list,
                registered,
                namespaces,
                credentials,
                origins.isEmpty() ? null : new Dpop(origins, List.of(), null, null),
                null));
  }

  private static Arbitrary<List<Method>> some(List<Method> methods) {
    return Arbitraries.shuffle(methods)
        .flatMap(order ->
            Arbitraries.frequency(
                    Tuple.of(1, 0), Tuple.of(12, 1), Tuple.of(6, 2), Tuple.of(3, order.size()))
                .map(count -> order.subList(0, count)));
  }

  private static Method token(
      String name,
      String issuer,
      @Nullable String header,
      @Nullable String query,
      @Nullable String cookie) {
    return new Method(
        name,
        null,
        new ApiPolicySpec.Jwt(new LocalRef(issuer), AUDIENCES, header, null, query, cookie),
        null,
        null);
  }

  private static Method method(
      String name,
      @Nullable String header,
      @Nullable String prefix,
      @Nullable String query,
      @Nullable String cookie) {
    return new Method(
        name, new ApiPolicySpec.ApiKey(header, prefix, query, cookie), null, null, null);
  }

  private static Arbitrary<List<Operation>> operations() {
    return Combinators.combine(
            Arbitraries.of("read", "write", "op", "more"),
            Arbitraries.frequencyOf(
                Tuple.of(4, matches().list().ofSize(1)), Tuple.of(1, matches().list().ofSize(2))),
            Arbitraries.frequency(
                Tuple.of(6, OperationAuthentication.Required),
                Tuple.of(1, OperationAuthentication.Optional),
                Tuple.of(2, OperationAuthentication.None)),
            scopes(),
            scopes(),
            rules(),
            limits())
        .as(Worlds::operation)
        .list()
        .ofMinSize(2)
        .ofMaxSize(4)
        .uniqueElements(Operation::name)
        .uniqueElements(operation -> String.valueOf(operation.match().getFirst().path()));
  }

  private static Operation operation(
      String name,
      List<Match> matches,
      OperationAuthentication authentication,
      List<String> scopes,
      List<String> anyScope,
      Tuple.Tuple1<@Nullable RequestRules> rules,
      List<RateLimitSpec> limits) {
    boolean open = authentication == OperationAuthentication.None;
    return new Operation(
        name,
        matches,
        authentication,
        open ? List.of() : scopes,
        open ? List.of() : anyScope,
        null,
        List.of(),
        rules.get1(),
        limits);
  }

  private static Arbitrary<List<String>> scopes() {
    return Arbitraries.frequency(
        Tuple.of(3, List.of()),
        Tuple.of(2, List.of("s")),
        Tuple.of(1, List.of("t")),
        Tuple.of(1, List.of("s", "t")));
  }

  private static Arbitrary<Match> matches() {
    Arbitrary<Match> http =
        Combinators.combine(
                Arbitraries.frequency(
                    Tuple.of(5, List.of("GET", "POST")),
                    Tuple.of(4, List.of("GET")),
                    Tuple.of(2, List.of("POST")),
                    Tuple.of(1, List.of("OPTIONS"))),
                templates())
            .as((methods, template) -> new Match(methods, template, null));
    Arbitrary<Match> grpc =
        Arbitraries.of("a/b", "a/*", "pkg.S/b").map(name -> new Match(List.of(), null, name));
    return Arbitraries.frequencyOf(Tuple.of(14, http), Tuple.of(1, grpc));
  }

  private static Arbitrary<String> templates() {
    Arbitrary<String> random =
        Arbitraries.of("a", "b", "ab", "{p}", "{q}", "a b", "a;b", "**", "")
            .list()
            .ofMinSize(1)
            .ofMaxSize(4)
            .map(segments -> "/" + String.join("/", segments));
    return Arbitraries.frequencyOf(
        Tuple.of(
            4,
            Arbitraries.of(
                "/a",
                "/b",
                "/a/b",
                "/{p}",
                "/a/{p}",
                "/{p}/b",
                "/{p}/{q}",
                "/a/**",
                "/{p}/**",
                "/**",
                "/a/",
                "/")),
        Tuple.of(1, random));
  }

  private static Arbitrary<Tuple.Tuple1<@Nullable RequestRules>> rules() {
    RequestRules json = new RequestRules(List.of("application/json"), List.of(), null, null, null);
    RequestRules small =
        new RequestRules(List.of("application/json"), List.of("gzip"), 10L, null, null);
    RequestRules size = new RequestRules(List.of(), List.of(), 10L, null, null);
    return Arbitraries.frequency(
        Tuple.of(4, Tuple.of((@Nullable RequestRules) null)),
        Tuple.of(1, Tuple.of((@Nullable RequestRules) json)),
        Tuple.of(1, Tuple.of((@Nullable RequestRules) small)),
        Tuple.of(1, Tuple.of((@Nullable RequestRules) size)));
  }

  private static Arbitrary<List<RateLimitSpec>> limits() {
    Arbitrary<RateLimitSpec> limit =
        Combinators.combine(
                Arbitraries.of("x", "xx"),
                Arbitraries.of(Dimension.class).set().ofMinSize(1).ofMaxSize(2),
                Arbitraries.of(1L, 2L),
                mostly(Enforcement.Enforce, Enforcement.Shadow))
            .as((named, per, burst, enforcement) ->
                new RateLimitSpec(named, List.copyOf(per), 60L, "1m", burst, enforcement));
    return Arbitraries.frequencyOf(
        Tuple.of(2, Arbitraries.just(List.of())),
        Tuple.of(1, limit.list().ofMinSize(1).ofMaxSize(2).uniqueElements(RateLimitSpec::name)));
  }

  // ---- identities

  static Arbitrary<Declared> identities() {
    return Combinators.combine(keys("NonHumanIdentity"), creations(), identitySpecs())
        .as((key, created, spec) ->
            new Declared(key, created, 1, new Declared.NonHumanIdentity(spec)));
  }

  private static Arbitrary<NonHumanIdentitySpec> identitySpecs() {
    return Combinators.combine(
            Arbitraries.of("prod", "prod", "prod", "test", ""),
            Arbitraries.frequency(
                Tuple.of(8, State.Active),
                Tuple.of(1, State.Suspended),
                Tuple.of(1, State.Revoked)),
            times(),
            credentials(),
            Arbitraries.of(
                List.of("s"), List.of("s"), List.of("s", "t"), List.of("t"), List.of("S")),
            constraints())
        .as((environment, state, expiresAt, credentials, scopes, constraints) ->
            new NonHumanIdentitySpec(
                NonHumanIdentitySpec.Type.Partner,
                new Owner("team", null),
                null,
                environment.isEmpty() ? null : environment,
                state,
                expiresAt.isEmpty() ? null : expiresAt,
                credentials,
                new Grants(scopes),
                constraints,
                null));
  }

  private static Arbitrary<String> times() {
    return Arbitraries.frequency(
        Tuple.of(12, ""),
        Tuple.of(1, "2026-11-25T12:00:00Z"),
        Tuple.of(1, "2026-11-25T13:00:01+01:00"),
        Tuple.of(1, "2100-01-01T00:00:00Z"));
  }

  private static Arbitrary<List<Credential>> credentials() {
    return Arbitraries.frequencyOf(
            Tuple.of(5, apiKeys()),
            Tuple.of(1, serviceAccounts()),
            Tuple.of(5, oauthClients()),
            Tuple.of(3, jwtSubjects()),
            Tuple.of(3, certificates()))
        .list()
        .ofMinSize(1)
        .ofMaxSize(2)
        .uniqueElements(Credential::name);
  }

  private static Arbitrary<Credential> oauthClients() {
    return Combinators.combine(
            Arbitraries.of("one", "two"),
            mostly(CredentialState.Active, CredentialState.Revoked),
            Arbitraries.of("corp", "corp", "corp", "own"),
            Arbitraries.of("c1", "c1", "c1", "c2"))
        .as((name, state, issuer, client) ->
            new Credential(
                name,
                state,
                null,
                new NonHumanIdentitySpec.OauthClient(new LocalRef(issuer), client),
                null,
                null,
                null));
  }

  private static Arbitrary<Credential> jwtSubjects() {
    return Combinators.combine(
            Arbitraries.of("one", "two"),
            mostly(CredentialState.Active, CredentialState.Revoked),
            Arbitraries.of("corp", "corp", "own"))
        .as((name, state, issuer) ->
            new Credential(
                name,
                state,
                null,
                null,
                new NonHumanIdentitySpec.JwtSubject(new LocalRef(issuer), "j1"),
                null,
                null));
  }

  private static Arbitrary<Credential> serviceAccounts() {
    return Combinators.combine(
            Arbitraries.of("one", "two"),
            mostly(CredentialState.Active, CredentialState.Revoked),
            Arbitraries.of("", "a", "b"))
        .as((name, state, namespace) ->
            new Credential(
                name,
                state,
                null,
                null,
                null,
                new NonHumanIdentitySpec.ServiceAccount(
                    namespace.isEmpty() ? null : namespace, "app"),
                null));
  }

  private static Arbitrary<Credential> certificates() {
    return Combinators.combine(
            Arbitraries.of("one", "two"),
            mostly(CredentialState.Active, CredentialState.Revoked),
            WorldCertificates.credentials())
        .as((name, state, x509) -> new Credential(name, state, null, null, null, null, x509));
  }

  private static Arbitrary<Credential> apiKeys() {
    return Combinators.combine(
            Arbitraries.of("one", "two"),
            mostly(CredentialState.Active, CredentialState.Revoked),
            Arbitraries.frequency(Tuple.of(4, "k1"), Tuple.of(2, "k2"), Tuple.of(1, "k3")),
            times(),
            times())
        .as((name, state, key, expiresAt, notBefore) ->
            new Credential(
                name,
                state,
                new NonHumanIdentitySpec.ApiKey(
                    ReferenceDecider.sha256(key),
                    null,
                    expiresAt.isEmpty() ? null : expiresAt,
                    notBefore.isEmpty() ? null : notBefore),
                null,
                null,
                null,
                null));
  }

  private static Arbitrary<Constraints> constraints() {
    Arbitrary<Constraints> some =
        Combinators.combine(
                Arbitraries.of(
                    List.<String>of(), List.<String>of(), List.of("DE"), List.of("DE", "eu-1")),
                Arbitraries.of(
                    List.<String>of(),
                    List.of("192.0.2.0/25"),
                    List.of("10.0.0.1/32"),
                    List.of("0.0.0.0/0", "10.0.0.1/32")),
                Arbitraries.of(SenderConstrained.class),
                mostly(OnViolation.Deny, OnViolation.Flag))
            .as(Constraints::new);
    return Arbitraries.frequencyOf(
        Tuple.of(1, Arbitraries.just(Constraints.NONE)), Tuple.of(1, some));
  }

  // ---- requests

  static Arbitrary<Ask> requests() {
    return Arbitraries.frequencyOf(Tuple.of(7, anyRequests()), Tuple.of(2, tokenRequests()));
  }

  /**
   * A token, with its proof or without: chance brings them to a policy that takes it too seldom.
   */
  private static Arbitrary<Ask> tokenRequests() {
    Arbitrary<List<Map.Entry<String, String>>> proven =
        Arbitraries.of("good", "good", "good", "of-nobody", "old", "almost-old")
            .map(proof ->
                List.of(
                    Map.entry(
                        "authorization",
                        "DPoP " + text(proof.equals("of-nobody") ? "bound-nobody" : "bound")),
                    proofLine(proof)));
    // A bound token is not to be had under Bearer, its proof beside it or not.
    Arbitrary<List<Map.Entry<String, String>>> downgraded =
        Arbitraries.just(List.of(bearerToken("bound"), proofLine("good")));
    Arbitrary<List<Map.Entry<String, String>>> plain =
        Arbitraries.of(ACCESS_TOKENS).map(token -> List.of(bearerToken(token.name)));
    return Combinators.combine(
            Arbitraries.frequencyOf(
                Tuple.of(5, proven), Tuple.of(5, plain), Tuple.of(1, downgraded)),
            Arbitraries.of("/a", "/a", "/a", "/a?x", "/%61", "/b"),
            Arbitraries.of("x.test", "y.x.test"),
            Arbitraries.of("192.0.2.1", "192.0.2.1", "10.0.0.1"),
            Arbitraries.of(0, 0, 500, 70_000))
        .as((headers, target, host, peer, millis) ->
            new Ask(
                NOW.plusMillis(millis),
                "GET",
                target,
                host,
                headers,
                true,
                new Peer(peer, ""),
                null,
                List.of()));
  }

  private static Arbitrary<Ask> anyRequests() {
    Arbitrary<String> methods =
        Arbitraries.frequency(
            Tuple.of(20, "GET"),
            Tuple.of(12, "POST"),
            Tuple.of(8, "OPTIONS"),
            Tuple.of(1, "CONNECT"),
            Tuple.of(1, "get"));
    Arbitrary<String> hosts =
        Arbitraries.frequency(
            Tuple.of(32, "x.test"),
            Tuple.of(24, "y.x.test"),
            Tuple.of(16, "z.y.x.test"),
            Tuple.of(12, "w.x.test"),
            Tuple.of(8, "X.test:80"),
            Tuple.of(8, "Y.X.TEST."),
            Tuple.of(1, "test"),
            Tuple.of(1, "v.test"),
            Tuple.of(1, "other"),
            Tuple.of(1, ""),
            Tuple.of(1, "x.test,y.x.test"),
            Tuple.of(1, "u@x.test"));
    Arbitrary<Instant> times =
        Arbitraries.of(0, 0, 500, 1000, 2000, 70_000).map(millis -> NOW.plusMillis(millis));
    return Combinators.combine(
            methods,
            targets(),
            hosts,
            headers(),
            Combinators.combine(
                    Arbitraries.of("192.0.2.1", "192.0.2.1", "192.0.2.200", "10.0.0.1", "nowhere"),
                    WorldCertificates.presented())
                .as(Peer::new),
            Arbitraries.frequency(
                Tuple.of(30, "-"), Tuple.of(2, "a/p"), Tuple.of(1, "b/px"), Tuple.of(1, "")),
            Arbitraries.frequency(
                Tuple.of(6, List.<Inbound.Route>of()),
                Tuple.of(1, List.of(new Inbound.Route("HTTPRoute", "a", "web"))),
                Tuple.of(1, List.of(new Inbound.Route("HTTPRoute", "b", "other")))),
            times)
        .as((method, target, host, headers, peer, extension, routes, at) ->
            new Ask(
                at,
                method,
                target,
                host,
                headers.get1(),
                headers.get2(),
                peer,
                extension.equals("-") ? null : extension,
                routes));
  }

  private static Arbitrary<String> targets() {
    Arbitrary<String> segments =
        Arbitraries.frequency(
                Tuple.of(60, "a"),
                Tuple.of(40, "b"),
                Tuple.of(10, "ab"),
                Tuple.of(10, "c"),
                Tuple.of(2, ""),
                Tuple.of(2, "%61"),
                Tuple.of(2, "a;b"),
                Tuple.of(1, "a%3bb"),
                Tuple.of(2, "a%20b"),
                Tuple.of(2, "a%2Fb"),
                Tuple.of(1, "a b"),
                Tuple.of(1, ".."),
                Tuple.of(1, "..;b"),
                Tuple.of(1, "..%2fb"),
                Tuple.of(1, "."),
                Tuple.of(1, "%2e"),
                Tuple.of(1, "%zz"),
                Tuple.of(1, "%"),
                Tuple.of(1, "%C3%A9"),
                Tuple.of(1, "%ff"),
                Tuple.of(1, "a\\b"),
                Tuple.of(1, "é"))
            .list()
            .ofMaxSize(4)
            .map(list -> "/" + String.join("/", list));
    Arbitrary<String> paths =
        Arbitraries.frequencyOf(
            Tuple.of(20, segments),
            Tuple.of(40, Arbitraries.of("/a", "/b", "/a/b", "/a/", "/", "/pkg.S/b")),
            Tuple.of(1, Arbitraries.of("", "*", "a")));
    Arbitrary<String> queries =
        Arbitraries.frequency(
            Tuple.of(40, ""),
            Tuple.of(6, "?key=k1"),
            Tuple.of(1, "?x=1&key=k2&y"),
            Tuple.of(1, "?key=k1&key=k1"),
            Tuple.of(1, "?key="),
            Tuple.of(1, "?keys=k1"),
            Tuple.of(6, "?access_token=" + text("client")),
            Tuple.of(1, "?x=1&access%5Ftoken=k1"),
            Tuple.of(1, "?access_token=k1&access_token=k1"),
            Tuple.of(1, "?access_token="),
            Tuple.of(1, "?access_tokens=1"),
            Tuple.of(1, "?a#b"),
            Tuple.of(1, "?"));
    return Combinators.combine(paths, queries).as((path, query) -> path + query);
  }

  private static Arbitrary<Tuple.Tuple2<List<Map.Entry<String, String>>, Boolean>> headers() {
    Arbitrary<Map.Entry<String, String>> line =
        Arbitraries.frequency(
            Tuple.of(60, Map.entry("x-key", "k1")),
            Tuple.of(20, Map.entry("x-key", "k2")),
            Tuple.of(4, Map.entry("x-key", "unknown")),
            Tuple.of(2, Map.entry("x-key", "k1,k1")),
            Tuple.of(2, Map.entry("x-key", "")),
            Tuple.of(10, Map.entry("authorization", "ApiKey k1")),
            Tuple.of(5, Map.entry("authorization", "apikey  k3")),
            Tuple.of(8, Map.entry("authorization", "Bearer k1")),
            Tuple.of(30, bearer("good")),
            Tuple.of(8, bearer("elsewhere")),
            Tuple.of(4, bearer("ending")),
            Tuple.of(4, bearer("other")),
            Tuple.of(4, bearer("refused")),
            Tuple.of(8, bearer("away")),
            Tuple.of(4, bearer("changed")),
            Tuple.of(20, bearerToken("client")),
            Tuple.of(16, bearerToken("subject")),
            Tuple.of(8, bearerToken("other-client")),
            Tuple.of(8, bearerToken("nobody")),
            Tuple.of(12, bearerToken("of-own")),
            Tuple.of(6, bearerToken("bound")),
            Tuple.of(4, bearerToken("ending")),
            Tuple.of(4, bearerToken("over")),
            Tuple.of(4, bearerToken("elsewhere")),
            Tuple.of(4, bearerToken("forged")),
            Tuple.of(12, bearerToken("of-away")),
            Tuple.of(2, Map.entry("authorization", "bearer  " + text("client"))),
            Tuple.of(2, Map.entry("authorization", "Bearer k1,k1")),
            Tuple.of(2, Map.entry("authorization", "DPoP k1")),
            Tuple.of(4, Map.entry("authorization", "DPoP " + text("client"))),
            Tuple.of(24, Map.entry("authorization", "DPoP " + text("bound"))),
            Tuple.of(4, Map.entry("authorization", "dpop " + text("bound-nobody"))),
            Tuple.of(30, proofLine("good")),
            Tuple.of(6, proofLine("posted")),
            Tuple.of(4, proofLine("of-nobody")),
            Tuple.of(3, proofLine("of-another-token")),
            Tuple.of(3, proofLine("stolen")),
            Tuple.of(3, proofLine("old")),
            Tuple.of(3, proofLine("almost-old")),
            Tuple.of(2, Map.entry("dpop", "no proof")),
            Tuple.of(8, Map.entry("x-token", text("of-own"))),
            Tuple.of(2, Map.entry("x-token", "Bearer " + text("of-own"))),
            Tuple.of(6, Map.entry("cookie", "tok=" + text("client"))),
            Tuple.of(8, Map.entry("cookie", "key=k1")),
            Tuple.of(2, Map.entry("cookie", "key=k1; key=k2")),
            Tuple.of(5, Map.entry("cookie", "a=1; key=k2")),
            Tuple.of(5, Map.entry("cookie", "sid=k1; key=k2")),
            Tuple.of(2, Map.entry("cookie", "sid=k1; a=1; key=k1")),
            Tuple.of(20, Map.entry("x-region", "DE")),
            Tuple.of(10, Map.entry("x-region", "US")),
            Tuple.of(10, Map.entry("origin", "https://o.test")),
            Tuple.of(10, Map.entry("access-control-request-method", "GET")),
            Tuple.of(15, Map.entry("content-type", "application/json")),
            Tuple.of(2, Map.entry("content-type", "text/plain")),
            Tuple.of(10, Map.entry("content-length", "5")),
            Tuple.of(10, Map.entry("content-length", "11")),
            Tuple.of(4, Map.entry("content-length", "0")),
            Tuple.of(4, Map.entry("content-encoding", "gzip")),
            Tuple.of(1, Map.entry("host", "X.test")),
            Tuple.of(1, Map.entry("x-http-method-override", "GET")));
    Arbitrary<List<Map.Entry<String, String>>> distinct =
        line.list().ofMaxSize(5).uniqueElements(Map.Entry::getKey);
    Arbitrary<List<Map.Entry<String, String>>> twice =
        Combinators.combine(distinct, line)
            .as((lines, other) -> {
              List<Map.Entry<String, String>> all = new ArrayList<>(lines);
              // Two cookie lines are one list (RFC 6265): not what this is about.
              if (!other.getKey().equals("cookie") && !other.getKey().equals("content-length")) {
                all.add(other);
              }
              return all;
            });
    return Arbitraries.frequencyOf(
        Tuple.of(1, Arbitraries.just(Tuple.of(PREFLIGHT, true))),
        Tuple.of(8, distinct.map(lines -> Tuple.of(lines, true))),
        Tuple.of(4, distinct.map(lines -> Tuple.of(lines, false))),
        Tuple.of(2, twice.map(lines -> Tuple.of(lines, false))));
  }

  private static Map.Entry<String, String> bearerToken(String name) {
    return Map.entry("authorization", "Bearer " + text(name));
  }

  private static Map.Entry<String, String> proofLine(String name) {
    return Map.entry("dpop", proofText(name));
  }

  private static Map.Entry<String, String> bearer(String name) {
    return Map.entry("authorization", REVIEWER.written("Bearer <" + name + ">"));
  }

  private static Map<String, String> map(List<Map.Entry<String, String>> lines) {
    return Map.ofEntries(lines.toArray(Worlds::entries));
  }

  @SuppressWarnings("unchecked")
  private static Map.Entry<String, String>[] entries(int count) {
    return (Map.Entry<String, String>[]) new Map.Entry<?, ?>[count];
  }
}
