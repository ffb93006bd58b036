package dev.sallyport.server;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.Enforcement;
import dev.sallyport.crd.LocalRef;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.authenticate.CertificateReader;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.NonceSource;
import dev.sallyport.engine.authenticate.Possession;
import dev.sallyport.engine.authenticate.TokenIntrospector;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.TokenVerifier;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.snapshot.Snapshot;
import dev.sallyport.server.grpc.CheckService;
import dev.sallyport.server.proofs.LocalReplayStore;
import dev.sallyport.server.quota.LocalQuotaStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Decides requests that nobody sent, before the server says that it is ready: the first decision of
 * a JVM loads classes for longer than Envoy waits by default.
 *
 * <p>Its policy, identity and counters are its own, and nobody hears of its decisions.
 */
record WarmUp(
    Pipeline pipeline, Snapshot snapshot, String host, List<Map<String, String>> callers) {
  private static final String NAME = "warm-up";
  private static final String HOST = "warm-up.invalid";
  private static final String ISSUER = "https://issuer.warm-up.invalid";
  private static final String KEY_HEADER = "x-api-key";

  /** What is rehearsed with at a time. */
  static WarmUp at(Instant now, SourceLocator sources) {
    Pipeline pipeline =
        new Pipeline(
            new Verifiers(
                new TokenVerifier(KeySource.NONE, TokenIntrospector.NONE),
                TokenReviewer.NONE,
                CertificateReader.OF_CONNECTION,
                new Possession(new LocalReplayStore(16, 0), NonceSource.NONE)),
            sources,
            new LocalQuotaStore(16, System::nanoTime));
    WarmUpKey key = WarmUpKey.generate();
    return new WarmUp(pipeline, snapshot(key), HOST, callers(key, now));
  }

  /**
   * Takes a moment.
   *
   * @return bytes of the answers that nobody gets
   */
  static long run(CheckService checks, SourceLocator sources, InstantSource clock) {
    WarmUp rehearsed = at(clock.instant(), sources);
    return checks.rehearse(
        rehearsed.pipeline::decide, rehearsed.snapshot, rehearsed.host, rehearsed.callers);
  }

  /** Those with a key many times, those with a token once: their signatures are slow yet. */
  private static List<Map<String, String>> callers(WarmUpKey key, Instant now) {
    List<Map<String, String>> callers = new ArrayList<>();
    for (int i = 0; i < 99; i++) {
      callers.add(Map.of(KEY_HEADER, NAME));
      callers.add(Map.of(KEY_HEADER, "unknown"));
    }
    String claims =
        """
        {"iss":"%s","aud":"%s","sub":"%s","scope":"%s","exp":%d\
        """
            .formatted(ISSUER, NAME, NAME, NAME, now.plusSeconds(3600).getEpochSecond());
    String bound = key.token(claims + ",\"cnf\":{\"jkt\":\"" + key.thumbprint() + "\"}}");
    callers.add(Map.of("authorization", "Bearer " + key.token(claims + "}")));
    callers.add(
        Map.of(
            "authorization",
            "DPoP " + bound,
            "dpop",
            key.proof(bound, "https://" + HOST + "/path", now)));
    return callers;
  }

  private static Snapshot snapshot(WarmUpKey key) {
    RateLimitSpec limit =
        new RateLimitSpec(
            NAME, List.of(RateLimitSpec.Dimension.IDENTITY), 100L, "1m", null, Enforcement.Enforce);
    return Compiler.compile(
            new Changes(
                List.of(
                    declared("ApiPolicy", new Declared.ApiPolicy(policy(limit))),
                    declared("TokenIssuer", new Declared.TokenIssuer(issuer(key))),
                    declared("NonHumanIdentity", new Declared.NonHumanIdentity(identity()))),
                List.of()),
            Compilation.EMPTY)
        .snapshot();
  }

  private static Declared declared(String kind, Declared.Content content) {
    return new Declared(new ObjectKey(kind, NAME, NAME), Instant.EPOCH, 1, content);
  }

  private static ApiPolicySpec policy(RateLimitSpec limit) {
    return new ApiPolicySpec(
        List.of(HOST),
        List.of(),
        null,
        Enforcement.Enforce,
        ApiPolicySpec.Paths.STRICT,
        ApiPolicySpec.Preflight.Evaluate,
        new ApiPolicySpec.Authentication(
            List.of(
                new ApiPolicySpec.Method(
                    NAME, new ApiPolicySpec.ApiKey(KEY_HEADER, null, null, null), null, null, null),
                new ApiPolicySpec.Method(
                    NAME + "-tokens",
                    null,
                    new ApiPolicySpec.Jwt(new LocalRef(NAME), List.of(NAME)),
                    null,
                    null)),
            ApiPolicySpec.Registered.Optional,
            ApiPolicySpec.IdentityNamespaces.Same,
            ApiPolicySpec.Credentials.Strip,
            new ApiPolicySpec.Dpop(
                List.of("https://" + HOST), List.of(), null, ApiPolicySpec.Nonce.Never),
            null),
        ApiPolicySpec.Undeclared.Deny,
        List.of(
            new ApiPolicySpec.Operation(
                NAME,
                List.of(new ApiPolicySpec.Match(List.of("GET"), "/{path}", null)),
                ApiPolicySpec.OperationAuthentication.Required,
                List.of(NAME),
                List.of(),
                null,
                List.of(),
                null,
                List.of(limit))),
        null,
        null,
        List.of());
  }

  private static TokenIssuerSpec issuer(WarmUpKey key) {
    return new TokenIssuerSpec(
        ISSUER,
        new TokenIssuerSpec.Jwks(null, "{\"keys\":[" + key.jwk() + "]}"),
        null,
        null,
        List.of(),
        List.of(),
        TokenIssuerSpec.Profile.Generic,
        new TokenIssuerSpec.Claims(null, null),
        Map.of(),
        null,
        null,
        null,
        null);
  }

  private static NonHumanIdentitySpec identity() {
    return new NonHumanIdentitySpec(
        NonHumanIdentitySpec.Type.Application,
        null,
        null,
        null,
        NonHumanIdentitySpec.State.Active,
        null,
        List.of(
            new NonHumanIdentitySpec.Credential(
                NAME,
                NonHumanIdentitySpec.CredentialState.Active,
                new NonHumanIdentitySpec.ApiKey(KeyDigest.of(NAME).hex(), null, null, null),
                null,
                null,
                null,
                null)),
        new NonHumanIdentitySpec.Grants(List.of(NAME)),
        NonHumanIdentitySpec.Constraints.NONE,
        null);
  }
}
