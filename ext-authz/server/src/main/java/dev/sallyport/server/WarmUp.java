package dev.sallyport.server;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.Enforcement;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.snapshot.Snapshot;
import dev.sallyport.server.grpc.CheckService;
import dev.sallyport.server.quota.LocalQuotaStore;
import java.time.Instant;
import java.util.List;

/**
 * Decides requests that nobody sent, before the server says that it is ready: the first decision of
 * a JVM loads classes for longer than Envoy waits by default.
 *
 * <p>Its policy, identity and counters are its own, and nobody hears of its decisions.
 */
final class WarmUp {
  private static final String NAME = "warm-up";
  private static final String HOST = "warm-up.invalid";

  private WarmUp() {}

  /**
   * Takes a moment.
   *
   * @return bytes of the answers that nobody gets
   */
  static long run(CheckService checks, SourceLocator sources) {
    Pipeline pipeline =
        new Pipeline(
            Verifiers.of(KeySource.NONE, TokenReviewer.NONE),
            sources,
            new LocalQuotaStore(16, System::nanoTime));
    return checks.rehearse(pipeline::decide, snapshot(), HOST, NAME);
  }

  private static Snapshot snapshot() {
    RateLimitSpec limit =
        new RateLimitSpec(
            NAME, List.of(RateLimitSpec.Dimension.IDENTITY), 100L, "1m", null, Enforcement.Enforce);
    return Compiler.compile(
            new Changes(
                List.of(
                    declared("ApiPolicy", new Declared.ApiPolicy(policy(limit))),
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
                    NAME,
                    new ApiPolicySpec.ApiKey("x-api-key", null, null, null),
                    null,
                    null,
                    null)),
            ApiPolicySpec.Registered.Required,
            ApiPolicySpec.IdentityNamespaces.Same,
            ApiPolicySpec.Credentials.Strip),
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
