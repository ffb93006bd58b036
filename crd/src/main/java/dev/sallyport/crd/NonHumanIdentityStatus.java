package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a {@code NonHumanIdentity}. */
public record NonHumanIdentityStatus(
    @JsonPropertyDescription("The metadata.generation that this is said of.") @Min(0)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Whether the identity may call now: Active, Expiring (it expires soon), Expired,"
                + " Suspended, Quarantined or Revoked. Absent before it was looked at.")
        @Nullable Phase phase,
    @JsonPropertyDescription("When it was last used, to the hour. Absent where nobody saw a use.")
        @Size(max = Bounds.TIME_LENGTH)
        @Timestamp
        @Nullable String lastUsed,
    @JsonPropertyDescription("Its credentials, one by one.")
        @ListMap("name")
        @Size(max = Bounds.MOST_CREDENTIALS)
        List<Credential> credentials,
    @JsonPropertyDescription(
            "Least privilege: how much of what was granted is used, and what could be taken away.")
        @Nullable Scopes scopes,
    @JsonPropertyDescription("What is wrong or suspicious.") @Size(max = 128)
        List<Finding> findings,
    @JsonPropertyDescription("How many findings there are. Absent where there are none.") @Min(0)
        @Nullable Long findingCount,
    @JsonPropertyDescription(
            "Accepted: the object is valid. ResolvedRefs: what it refers to is there. Ready: it is"
                + " enforced as it stands. RotationRequired: a credential is older than its"
                + " rotation allows. Quarantined: a detector holds it.")
        @ListMap("type")
        @Size(max = 16)
        List<Condition> conditions) {
  public NonHumanIdentityStatus {
    credentials = Defaults.list(credentials);
    findings = Defaults.list(findings);
    // INVARIANT: it is counted, whatever was passed. No printer column can count.
    findingCount = findings.isEmpty() ? null : Long.valueOf(findings.size());
    conditions = Defaults.list(conditions);
  }

  /** A status whose findings are counted. */
  public NonHumanIdentityStatus(
      @Nullable Long observedGeneration,
      @Nullable Phase phase,
      @Nullable String lastUsed,
      List<Credential> credentials,
      @Nullable Scopes scopes,
      List<Finding> findings,
      List<Condition> conditions) {
    this(observedGeneration, phase, lastUsed, credentials, scopes, findings, null, conditions);
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

  /** One of its credentials. */
  public record Credential(
      @JsonPropertyDescription("The name of the credential in the spec.")
          @Required
          @Size(min = 1, max = Bounds.NAME_LENGTH)
          String name,
      @JsonPropertyDescription("Whether the credential may be used now.") @Nullable Phase phase,
      @JsonPropertyDescription("When it was last used, to the hour. Absent where nobody saw a use.")
          @Size(max = Bounds.TIME_LENGTH)
          @Timestamp
          @Nullable String lastUsed,
      @JsonPropertyDescription("Where it was last used from. Absent where that is not known.")
          @Size(max = 64)
          @Nullable String lastRegion,
      @JsonPropertyDescription("How old it is, as 41d. Absent where nobody knows when it was made.")
          @Size(max = Bounds.DURATION_LENGTH)
          @Nullable String age) {}

  /** Least privilege: how many scopes were granted and used, and which never were. */
  public record Scopes(
      @JsonPropertyDescription("How many scopes it was granted.") @Min(0) @Nullable Long granted,
      @JsonPropertyDescription("How many of them were used.") @Min(0) @Nullable Long used,
      @JsonPropertyDescription("Those that never were: what could be taken away.")
          @ListSet
          @Size(max = Bounds.MOST_GRANTS)
          List<@Size(max = Bounds.SCOPE_LENGTH) String> unused) {
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

  /** Something wrong or suspicious. */
  public record Finding(
      @JsonPropertyDescription("What it is, such as UnapprovedRegion.")
          @Required
          @Size(min = 1, max = 64)
          String type,
      @JsonPropertyDescription("The risk of the OWASP NHI Top 10 (2025), such as NHI2.")
          @Size(max = 16)
          @Nullable String risk,
      @JsonPropertyDescription("How bad it is.") @Nullable Severity severity,
      @JsonPropertyDescription(
              "The name of the credential. Absent where it is of the whole identity.")
          @Size(max = Bounds.NAME_LENGTH)
          @Nullable String credential,
      @JsonPropertyDescription("When it was seen first.") @Size(max = Bounds.TIME_LENGTH) @Timestamp
          @Nullable String firstSeen,
      @JsonPropertyDescription("When it was seen last.") @Size(max = Bounds.TIME_LENGTH) @Timestamp
          @Nullable String lastSeen,
      @JsonPropertyDescription("How often it was seen.") @Min(0) @Nullable Long count,
      @JsonPropertyDescription("What to know and to do, for people.") @Size(max = 1024)
          @Nullable String message) {}
}
