package dev.sallyport.crd;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may call, who answers for it, and what it was granted.
 *
 * @param expiresAt RFC 3339; the offboarding date
 * @param grants what API keys, certificates and service accounts carry; a ceiling for tokens
 */
public record NonHumanIdentitySpec(
    @Nullable Type type,
    @Nullable Owner owner,
    @Nullable String purpose,
    @Nullable String environment,
    State state,
    @Nullable String expiresAt,
    List<Credential> credentials,
    Grants grants,
    Constraints constraints,
    @Nullable Rotation rotation) {
  public NonHumanIdentitySpec {
    state = Defaults.or(state, State.Active);
    credentials = Defaults.list(credentials);
    grants = Defaults.or(grants, new Grants(List.of()));
    constraints = Defaults.or(constraints, Constraints.NONE);
  }

  /** What kind of caller it is. */
  public enum Type {
    Partner,
    Agent,
    Pipeline,
    Application,
    ServiceAccount
  }

  /** Who answers for the identity. */
  public record Owner(@Nullable String team, @Nullable String contact) {}

  /** Whether the identity may call at all. */
  public enum State {
    Active,
    Suspended,
    Revoked
  }

  /** Whether one credential may be used. */
  public enum CredentialState {
    Active,
    Revoked
  }

  /** One credential; exactly one of the five kinds is set. */
  public record Credential(
      String name,
      CredentialState state,
      @Nullable ApiKey apiKey,
      @Nullable OauthClient oauthClient,
      @Nullable JwtSubject jwtSubject,
      @Nullable ServiceAccount serviceAccount,
      @Nullable X509 x509) {
    public Credential {
      name = Defaults.or(name, "");
      state = Defaults.or(state, CredentialState.Active);
    }
  }

  /**
   * An API key; exactly one of sha256 and secretRef.
   *
   * @param sha256 lower-case hexadecimal SHA-256 of the whole key
   * @param secretRef a Secret that holds the key itself
   * @param expiresAt RFC 3339
   * @param notBefore RFC 3339
   */
  public record ApiKey(
      @Nullable String sha256,
      @Nullable KeyRef secretRef,
      @Nullable String expiresAt,
      @Nullable String notBefore) {}

  /** An OAuth client of an issuer. */
  public record OauthClient(@Nullable LocalRef issuerRef, @Nullable String clientId) {}

  /** A subject of an issuer's tokens. */
  public record JwtSubject(@Nullable LocalRef issuerRef, @Nullable String subject) {}

  /** A Kubernetes service account. */
  public record ServiceAccount(@Nullable String namespace, @Nullable String name) {}

  /** A client certificate; exactly one of the three. */
  public record X509(
      @Nullable String spiffeId, @Nullable String sha256, @Nullable String subject) {}

  /** What was granted. */
  public record Grants(List<String> scopes) {
    public Grants {
      scopes = Defaults.list(scopes);
    }
  }

  /** Whether only sender-constrained credentials are taken. */
  public enum SenderConstrained {
    Optional,
    Required
  }

  /** What a call from elsewhere gets. */
  public enum OnViolation {
    Deny,
    Flag
  }

  /**
   * Where and how the identity may call.
   *
   * @param regions region names; any where it is empty, else an unknown region is refused
   * @param cidrs networks in CIDR form; any where it is empty
   */
  public record Constraints(
      List<String> regions,
      List<String> cidrs,
      SenderConstrained senderConstrained,
      OnViolation onViolation) {
    /** Nothing is constrained. */
    public static final Constraints NONE =
        new Constraints(List.of(), List.of(), SenderConstrained.Optional, OnViolation.Deny);

    public Constraints {
      regions = Defaults.list(regions);
      cidrs = Defaults.list(cidrs);
      senderConstrained = Defaults.or(senderConstrained, SenderConstrained.Optional);
      onViolation = Defaults.or(onViolation, OnViolation.Deny);
    }
  }

  /** When keys should be rotated; durations as {@code 90d}. */
  public record Rotation(@Nullable String maxAge, @Nullable String warnBefore) {}
}
