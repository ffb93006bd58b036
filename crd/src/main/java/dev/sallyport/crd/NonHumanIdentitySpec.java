package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who may call, who answers for it, and what it was granted. */
public record NonHumanIdentitySpec(
    @JsonPropertyDescription(
            "What kind of caller it is: Partner, Agent, Pipeline, Application or ServiceAccount.")
        @Required
        @Nullable Type type,
    @JsonPropertyDescription("Who answers for it. An identity without an owner is a finding.")
        @Nullable Owner owner,
    @JsonPropertyDescription("What it is for, in a sentence.") @Size(max = Bounds.TEXT_LENGTH)
        @Nullable String purpose,
    @JsonPropertyDescription(
            "Where it belongs, as production. A policy with another environment denies it.")
        @Size(min = 1, max = Bounds.ENVIRONMENT_LENGTH)
        @Nullable String environment,
    @JsonPropertyDescription(
            "Active, Suspended (denied until it is Active again) or Revoked (denied for good).")
        @Default("Active")
        State state,
    @JsonPropertyDescription(
            "The date of its offboarding, as 2027-06-30T00:00:00Z; it is denied from then on.")
        @Size(max = Bounds.TIME_LENGTH)
        @Timestamp
        @Nullable String expiresAt,
    @JsonPropertyDescription("What it presents. At most 64; each has a name of its own.")
        @ListMap("name")
        @Size(max = Bounds.MOST_CREDENTIALS)
        List<Credential> credentials,
    @JsonPropertyDescription(
            "What API keys, certificates and service accounts may do. For tokens it is a ceiling: a"
                + " token's scopes count as far as they were granted. Absent: nothing.")
        Grants grants,
    @JsonPropertyDescription("Where and how it may call.") Constraints constraints,
    @JsonPropertyDescription("When its keys should be rotated." + Unavailable.IDLE)
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
  public record Owner(
      @JsonPropertyDescription("The team.") @Size(max = 253) @Nullable String team,
      @JsonPropertyDescription("How to reach it, as a mail address.") @Size(max = 320)
          @Nullable String contact) {}

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
  @ValidationRule(
      value =
          "(has(self.apiKey) ? 1 : 0) + (has(self.oauthClient) ? 1 : 0)"
              + " + (has(self.jwtSubject) ? 1 : 0) + (has(self.serviceAccount) ? 1 : 0)"
              + " + (has(self.x509) ? 1 : 0) == 1",
      message =
          "a credential has exactly one of `apiKey`, `oauthClient`, `jwtSubject`,"
              + " `serviceAccount` and `x509`")
  public record Credential(
      @JsonPropertyDescription("A name that no other credential of the identity has.")
          @Required
          @Size(min = 1, max = Bounds.NAME_LENGTH)
          String name,
      @JsonPropertyDescription("Active or Revoked. Revoked holds from the next request on.")
          @Default("Active")
          CredentialState state,
      @JsonPropertyDescription("An API key.") @Nullable ApiKey apiKey,
      @JsonPropertyDescription("The tokens of an OAuth client.") @Nullable OauthClient oauthClient,
      @JsonPropertyDescription("The tokens of a subject.") @Nullable JwtSubject jwtSubject,
      @JsonPropertyDescription("The tokens of a Kubernetes service account.")
          @Nullable ServiceAccount serviceAccount,
      @JsonPropertyDescription("A client certificate.") @Nullable X509 x509) {
    public Credential {
      name = Defaults.or(name, "");
      state = Defaults.or(state, CredentialState.Active);
    }
  }

  /** An API key; exactly one of sha256 and secretRef. */
  @ValidationRule(
      value = "has(self.sha256) != has(self.secretRef)",
      message = "a key has exactly one of `sha256` and `secretRef`")
  public record ApiKey(
      @JsonPropertyDescription(
              "The SHA-256 of the whole key in 64 lower-case hexadecimal digits, as `sallyport keys"
                  + " hash` prints it. The key itself is never stored.")
          @Size(min = 64, max = 64)
          @Pattern("^[0-9a-f]+$")
          @Nullable String sha256,
      @JsonPropertyDescription("A Secret that holds the key itself.") @Nullable KeyRef secretRef,
      @JsonPropertyDescription("It is refused from then on.")
          @Size(max = Bounds.TIME_LENGTH)
          @Timestamp
          @Nullable String expiresAt,
      @JsonPropertyDescription("It is refused before.") @Size(max = Bounds.TIME_LENGTH) @Timestamp
          @Nullable String notBefore) {}

  /** An OAuth client of an issuer. */
  public record OauthClient(
      @JsonPropertyDescription("The TokenIssuer, in the namespace of this object.") @Required
          @Nullable LocalRef issuerRef,
      @JsonPropertyDescription("The client, as the issuer's tokens name it.")
          @Required
          @Size(min = 1, max = Bounds.TEXT_LENGTH)
          @Nullable String clientId) {}

  /** A subject of an issuer's tokens. */
  public record JwtSubject(
      @JsonPropertyDescription("The TokenIssuer, in the namespace of this object.") @Required
          @Nullable LocalRef issuerRef,
      @JsonPropertyDescription("The exact sub of its tokens.")
          @Required
          @Size(min = 1, max = Bounds.TEXT_LENGTH)
          @Nullable String subject) {}

  /** A Kubernetes service account. */
  public record ServiceAccount(
      @JsonPropertyDescription("Its namespace.") @Required @Size(min = 1, max = 63)
          @Nullable String namespace,
      @JsonPropertyDescription("Its name.")
          @Required
          @Size(min = 1, max = Bounds.OBJECT_NAME_LENGTH)
          @Nullable String name) {}

  /** A client certificate; exactly one of the four. */
  @ValidationRule(
      value =
          "(has(self.spiffeId) ? 1 : 0) + (has(self.sha256) ? 1 : 0)"
              + " + (has(self.subject) ? 1 : 0) + (has(self.dnsName) ? 1 : 0) == 1",
      message = "a certificate has exactly one of `spiffeId`, `sha256`, `subject` and `dnsName`")
  public record X509(
      @JsonPropertyDescription("Its SPIFFE ID, as spiffe://cluster.local/ns/payments/sa/exporter.")
          @Size(min = 1, max = 2048)
          @Pattern(Bounds.SPIFFE_ID)
          @Nullable String spiffeId,
      @JsonPropertyDescription(
              "The SHA-256 of the certificate (DER) in 64 lower-case hexadecimal digits.")
          @Size(min = 64, max = 64)
          @Pattern("^[0-9a-f]+$")
          @Nullable String sha256,
      @JsonPropertyDescription("Its subject, as RFC 4514 writes it.") @Size(min = 1, max = 1024)
          @Nullable String subject,
      @JsonPropertyDescription(
              "A DNS name among its subject alternative names, as exporter.example.com; no"
                  + " wildcard.")
          @Size(min = 1, max = 253)
          @Pattern("^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$")
          @Nullable String dnsName) {}

  /** What was granted. */
  public record Grants(
      @JsonPropertyDescription("Scopes (RFC 6749 section 3.3). At most 256.")
          @ListSet
          @Size(max = Bounds.MOST_GRANTS)
          List<@Size(min = 1, max = Bounds.SCOPE_LENGTH) @Pattern(Bounds.SCOPE) String> scopes) {
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

  /** Where and how the identity may call. */
  @ValidationRule(
      value =
          "!has(self.cidrs) || self.cidrs.all(c, isIP(c) || isCIDR(c) && cidr(c) == cidr(c).masked())",
      message =
          "a network is written as `203.0.113.0/24` or `2001:db8::/32`, without bits after its"
              + " prefix",
      fieldPath = ".cidrs")
  public record Constraints(
      @JsonPropertyDescription(
              "Regions it may call from, as DE or eu-central-1. Any other is unapproved, an unknown"
                  + " one too. Absent: anywhere.")
          @ListSet
          @Size(max = 256)
          List<@Size(min = 1, max = 64) @Pattern("^[A-Za-z0-9._-]+$") String> regions,
      @JsonPropertyDescription(
              "Networks it may call from, as 203.0.113.0/24; an address alone is a network of one."
                  + " Absent: anywhere.")
          @ListSet
          @Size(max = 256)
          List<@Size(min = 2, max = 49) @Pattern("^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$") String> cidrs,
      @JsonPropertyDescription(
              "Required: only certificate-bound (RFC 8705) or DPoP (RFC 9449) tokens and client"
                  + " certificates are taken. Optional: others too. No such credential is available"
                  + " in this version, so with Required every call is denied.")
          @Default("Optional")
          SenderConstrained senderConstrained,
      @JsonPropertyDescription(
              "What a call from elsewhere gets: Deny, or Flag (it passes). A finding is recorded"
                  + " either way.")
          @Default("Deny")
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

  /** When keys should be rotated. */
  @ValidationRule(
      value = "!has(self.maxAge) || [self.maxAge].all(d, " + Bounds.IN_LIFE + ")",
      message = "must be at most `36500d`",
      fieldPath = ".maxAge")
  @ValidationRule(
      value = "!has(self.warnBefore) || [self.warnBefore].all(d, " + Bounds.IN_LIFE + ")",
      message = "must be at most `36500d`",
      fieldPath = ".warnBefore")
  public record Rotation(
      @JsonPropertyDescription("How old a key may get, as 90d.")
          @Size(max = Bounds.DURATION_LENGTH)
          @Pattern(Bounds.DURATION)
          @Nullable String maxAge,
      @JsonPropertyDescription("How long before that it is told, as 14d.")
          @Size(max = Bounds.DURATION_LENGTH)
          @Pattern(Bounds.DURATION)
          @Nullable String warnBefore) {}
}
