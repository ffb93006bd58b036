package dev.sallyport.engine;

import dev.sallyport.engine.authenticate.AuthenticationMethod;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.Confirmation;
import dev.sallyport.engine.authenticate.Scheme;
import dev.sallyport.engine.authenticate.SenderConstraint;
import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.identity.Identity.Credential;
import dev.sallyport.engine.identity.Identity.Enrolled;
import dev.sallyport.engine.identity.IdentityIndex.Registration;
import dev.sallyport.engine.identity.Lookup;
import dev.sallyport.engine.policy.CompiledPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes an {@link Assumption} for what was presented: as if the identity showed one of its
 * credentials and that one were good.
 *
 * <p>Nothing else is assumed. A credential that no method of the policy takes is still none, one
 * that was revoked or has expired is refused, and an identity that the policy can't see is nobody.
 */
final class AssumedCredential implements Attempts {
  private static final String TAKES_NONE = "the identity has no credential that this method takes";

  private final Assumption assumed;

  AssumedCredential(Assumption assumed) {
    this.assumed = assumed;
  }

  @Override
  public Tried attempt(
      AuthenticationMethod method, CredentialCheck.Asked asked, Patience patience) {
    String identity = assumed.identity();
    if (identity == null) {
      return ofNobody(method, asked);
    }
    Registration registration = asked.snapshot().identities().registration(key(identity, asked));
    if (registration == null) {
      return new Tried.Refused(
          Reason.CREDENTIAL_INVALID, "there is no NonHumanIdentity `" + identity + '`');
    }
    if (!isSeen(registration, asked.policy())) {
      return new Tried.Refused(
          Reason.CREDENTIAL_INVALID,
          "the policy takes no identity of the namespace `"
              + registration.identity().key().namespace()
              + '`');
    }
    Credential credential = presented(registration, asked);
    if (credential == null || !takes(method, credential, asked)) {
      return credential == null
          ? new Tried.Refused(Reason.CREDENTIAL_INVALID, TAKES_NONE)
          : new Tried.Absent();
    }
    Enrolled enrolled = new Enrolled(registration.identity(), credential);
    List<String> scopes =
        assumed.scopes() == null ? registration.identity().scopes() : assumed.scopes();
    return switch (asked.holders().judge(subject(scopes, credential), enrolled)) {
      case Tried.Accepted accepted ->
          new Tried.Accepted(accepted.subject(), enrolled, Scheme.OWN, constraint(method), null);
      case Tried refused -> refused;
    };
  }

  /** A good credential that belongs to no identity; a key of nobody is no credential. */
  private Tried ofNobody(AuthenticationMethod method, CredentialCheck.Asked asked) {
    if (!(method instanceof AuthenticationMethod.ApiKey)) {
      return new Tried.Accepted(
          subject(assumed.scopes() == null ? List.of() : assumed.scopes(), null),
          null,
          Scheme.OWN,
          constraint(method),
          null);
    }
    return asked.policy().authentication().methods().stream()
            .allMatch(AuthenticationMethod.ApiKey.class::isInstance)
        ? new Tried.Refused(Reason.CREDENTIAL_INVALID, "no identity has this key")
        : new Tried.Absent();
  }

  private static ObjectKey key(String identity, CredentialCheck.Asked asked) {
    int slash = identity.indexOf('/');
    return new ObjectKey(
        "NonHumanIdentity",
        slash < 0 ? asked.policy().claim().key().namespace() : identity.substring(0, slash),
        identity.substring(slash + 1));
  }

  private static boolean isSeen(Registration registration, CompiledPolicy policy) {
    return policy.authentication().allNamespaces()
        || registration.identity().key().namespace().equals(policy.claim().key().namespace());
  }

  /** The credential that is meant, else the first good one; null where no method takes any. */
  private @Nullable Credential presented(Registration registration, CredentialCheck.Asked asked) {
    Credential first = null;
    for (Credential credential : registration.credentials()) {
      boolean isTaken =
          asked.policy().authentication().methods().stream()
              .anyMatch(method -> takes(method, credential, asked));
      if (!isTaken
          || (assumed.credential() != null && !assumed.credential().equals(credential.name()))) {
        continue;
      }
      if (isGood(credential, asked.now())) {
        return credential;
      }
      first = first == null ? credential : first;
    }
    return first;
  }

  private static boolean isGood(Credential credential, Instant now) {
    return !credential.revoked()
        && (credential.expiresAt() == null || now.isBefore(credential.expiresAt()))
        && (credential.notBefore() == null || !now.isBefore(credential.notBefore()));
  }

  private static boolean takes(
      AuthenticationMethod method, Credential credential, CredentialCheck.Asked asked) {
    return switch (credential.lookup()) {
      case Lookup.ByKey _ -> method instanceof AuthenticationMethod.ApiKey;
      case Lookup.ByClient(var trust, _) -> isOf(method, trust, asked);
      case Lookup.BySubject(var trust, _) -> isOf(method, trust, asked);
      case Lookup.ByServiceAccount _ -> method instanceof AuthenticationMethod.ServiceAccount;
      case Lookup.ByCertificate _,
          Lookup.BySpiffeId _,
          Lookup.ByDnsName _,
          Lookup.ByDistinguishedName _ ->
          method instanceof AuthenticationMethod.Mtls;
    };
  }

  private static boolean isOf(
      AuthenticationMethod method, String trust, CredentialCheck.Asked asked) {
    return method instanceof AuthenticationMethod.Jwt jwt
        && asked
            .snapshot()
            .issuers()
            .find(jwt.issuer())
            .map(CompiledIssuer::trust)
            .filter(trust::equals)
            .isPresent();
  }

  private SenderConstraint constraint(AuthenticationMethod method) {
    if (assumed.constraint() != null) {
      return assumed.constraint();
    }
    return method instanceof AuthenticationMethod.Mtls
        ? SenderConstraint.CERTIFICATE
        : SenderConstraint.NONE;
  }

  /** A token's subject whatever the credential is: of the kinds of subjects it alone has scopes. */
  private static Subject.TokenSubject subject(List<String> scopes, @Nullable Credential of) {
    return new Subject.TokenSubject(
        new ObjectKey("TokenIssuer", "", "assumed"),
        of != null && of.lookup() instanceof Lookup.BySubject(_, var subject) ? subject : null,
        of != null && of.lookup() instanceof Lookup.ByClient(_, var client) ? client : null,
        scopes,
        Instant.MAX,
        Confirmation.NONE,
        Map.of());
  }
}
