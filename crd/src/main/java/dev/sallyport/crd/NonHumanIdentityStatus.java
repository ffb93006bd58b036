package dev.sallyport.crd;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a {@code NonHumanIdentity}.
 *
 * @param observedGeneration the {@code metadata.generation} that this is said of
 * @param phase whether it may call now; null before it was looked at
 * @param lastUsed RFC 3339, to the hour; null where nobody saw a use
 * @param scopes what could be taken away
 * @param findings what is wrong or suspicious
 * @param conditions {@code Accepted}, {@code ResolvedRefs}, {@code Ready}, {@code
 *     RotationRequired}, {@code Quarantined}
 */
public record NonHumanIdentityStatus(
    @Nullable Long observedGeneration,
    @Nullable Phase phase,
    @Nullable String lastUsed,
    List<Credential> credentials,
    @Nullable Scopes scopes,
    List<Finding> findings,
    List<Condition> conditions) {
  public NonHumanIdentityStatus {
    credentials = Defaults.list(credentials);
    findings = Defaults.list(findings);
    conditions = Defaults.list(conditions);
  }

  /** Whether an identity or a credential may be used now. */
  public enum Phase {
    Active,
    /** It expires soon. */
    Expiring,
    Expired,
    Suspended,
    Quarantined,
    Revoked
  }

  /**
   * One of its credentials.
   *
   * @param name as in the spec
   * @param lastUsed RFC 3339, to the hour; null where nobody saw a use
   * @param lastRegion where it was last used from; null where that is not known
   * @param age as {@code 41d}; null where nobody knows when it was made
   */
  public record Credential(
      String name,
      @Nullable Phase phase,
      @Nullable String lastUsed,
      @Nullable String lastRegion,
      @Nullable String age) {}

  /** Least privilege: how many scopes were granted and used, and which never were. */
  public record Scopes(@Nullable Long granted, @Nullable Long used, List<String> unused) {
    public Scopes {
      unused = Defaults.list(unused);
    }
  }

  /** How bad a finding is. */
  public enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical
  }

  /**
   * Something wrong or suspicious.
   *
   * @param type such as {@code UnapprovedRegion}
   * @param risk of the OWASP NHI Top 10 (2025), such as {@code NHI2}
   * @param credential the name of a credential; null where it is of the whole identity
   * @param firstSeen RFC 3339
   * @param lastSeen RFC 3339
   */
  public record Finding(
      String type,
      @Nullable String risk,
      @Nullable Severity severity,
      @Nullable String credential,
      @Nullable String firstSeen,
      @Nullable String lastSeen,
      @Nullable Long count,
      @Nullable String message) {}
}
