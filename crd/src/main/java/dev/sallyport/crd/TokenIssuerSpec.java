package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whose tokens are believed. */
@ValidationRule(
    value =
        "(has(self.jwks) ? 1 : 0) + (has(self.discovery) ? 1 : 0)"
            + " + (has(self.introspection) ? 1 : 0) == 1",
    message = "an issuer has exactly one of `jwks`, `discovery` and `introspection`")
@ValidationRule(
    value =
        "self.profile != 'JwtSvid' || !has(self.algorithms)"
            + " || !self.algorithms.exists(a, a == 'EdDSA' || a == 'Ed25519')",
    message = "a JWT-SVID is signed with RSA or ECDSA, not with `EdDSA` or `Ed25519`",
    fieldPath = ".algorithms")
@ValidationRule(
    value = "!has(self.introspection) || self.profile != 'JwtSvid'",
    message = "a JWT-SVID is verified by keys: use `jwks` or `discovery`, or another profile",
    fieldPath = ".profile")
@ValidationRule(
    value =
        "!has(self.discovery) || (self.issuer.matches(r'"
            + Bounds.ISSUER_URI
            + "') && !self.issuer.contains('?'))",
    message =
        "with `discovery` the issuer's metadata is asked there: an https URI without a query, or"
            + " http to `127.0.0.1` or `[::1]`",
    fieldPath = ".issuer")
@ValidationRule(
    value = "!has(self.requiredClaims) || self.requiredClaims.all(name, name.matches('\\\\S'))",
    message = "a claim's name is needed",
    fieldPath = ".requiredClaims")
@ValidationRule(
    value =
        "!has(self.requiredClaims) || self.requiredClaims.all(name, !name.startsWith('/') || "
            + "!name.matches('"
            + Bounds.STRAY_TILDE
            + "'))",
    message = Bounds.POINTER_MESSAGE,
    fieldPath = ".requiredClaims")
@ValidationRule(
    value =
        "[self.clockSkew].all(d, " + Bounds.NO_DURATION + " || " + Bounds.MILLIS + " <= 600000)",
    message = "must be at most `10m`",
    fieldPath = ".clockSkew")
@ValidationRule(
    value =
        "!has(self.maxTokenAge) || [self.maxTokenAge].all(d, "
            + Bounds.NO_DURATION
            + " || "
            + Bounds.MILLIS
            + " > 0)",
    message = "`0` would refuse every token",
    fieldPath = ".maxTokenAge")
@ValidationRule(
    value = "!has(self.maxTokenAge) || [self.maxTokenAge].all(d, " + Bounds.IN_LIFE + ")",
    message = "must be at most `36500d`",
    fieldPath = ".maxTokenAge")
@ValidationRule(
    value = "!has(self.staleFor) || [self.staleFor].all(d, " + Bounds.IN_LIFE + ")",
    message = "must be at most `36500d`",
    fieldPath = ".staleFor")
public record TokenIssuerSpec(
    @JsonPropertyDescription("The exact iss of its tokens.")
        @Required
        @Size(min = 1, max = Bounds.URI_LENGTH)
        @Pattern("^\\S(.*\\S)?$")
        @Nullable String issuer,
    // Of free-form fields, as inline is, rules know nothing.
    @JsonPropertyDescription("Its key set (RFC 7517): exactly one of uri and inline.")
        @Size(min = 1, max = 1)
        @Nullable Jwks jwks,
    @JsonPropertyDescription(
            "Its keys are found through its metadata (OpenID Connect Discovery or RFC 8414).")
        @Nullable Discovery discovery,
    @JsonPropertyDescription("It is asked about every token (RFC 7662): for opaque tokens.")
        @Nullable Introspection introspection,
    @JsonPropertyDescription(
            "What aud must hold one of, where a policy's method names none. An audience is needed,"
                + " here or there.")
        @ListSet
        @Size(max = Bounds.MOST_AUDIENCES)
        List<@Size(min = 1, max = Bounds.AUDIENCE_LENGTH) @Pattern("\\S") String> audiences,
    @JsonPropertyDescription(
            "Signatures that are believed (RFC 7518). Absent: RS256, PS256, ES256 and EdDSA.")
        @ListSet
        @OneOf({
          "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
          "Ed25519"
        })
        @Size(max = 16)
        List<@Size(max = 16) String> algorithms,
    @JsonPropertyDescription(
            "Rules beyond RFC 7519: Generic (none), AccessToken (RFC 9068: typ is at+jwt) or"
                + " JwtSvid (SPIFFE).")
        @Default("Generic")
        Profile profile,
    @JsonPropertyDescription(
            "Which claims hold the scopes and the identity. A name that begins with / is a JSON"
                + " Pointer, as /realm_access/roles.")
        Claims claims,
    @JsonPropertyDescription(
            "Claims that a token must have with exactly these values, as repository and ref for"
                + " tokens of a pipeline. A name that begins with / is a JSON Pointer.")
        @Size(max = 32)
        Map<String, @Size(max = Bounds.TEXT_LENGTH) String> requiredClaims,
    @JsonPropertyDescription("How far clocks may differ, 0s to 10m.")
        @Default("30s")
        @Size(max = Bounds.DURATION_LENGTH)
        @Pattern(Bounds.DURATION)
        @Nullable String clockSkew,
    @JsonPropertyDescription("The oldest iat, as 1h. Absent: any.")
        @Size(max = Bounds.DURATION_LENGTH)
        @Pattern(Bounds.DURATION)
        @Nullable String maxTokenAge,
    @JsonPropertyDescription(
            "How long keys are believed while the issuer does not answer. Absent: 1h.")
        @Size(max = Bounds.DURATION_LENGTH)
        @Pattern(Bounds.DURATION)
        @Nullable String staleFor,
    @JsonPropertyDescription("TLS to the issuer.") @Nullable Tls tls) {
  public TokenIssuerSpec {
    audiences = Defaults.list(audiences);
    algorithms = Defaults.list(algorithms);
    profile = Defaults.or(profile, Profile.Generic);
    claims = Defaults.or(claims, new Claims(null, null));
    requiredClaims = Defaults.map(requiredClaims);
  }

  /** A key set; exactly one of the two. */
  public record Jwks(
      @JsonPropertyDescription("An https URI, or http to 127.0.0.1 or [::1].")
          @Size(max = Bounds.URI_LENGTH)
          @Pattern(Bounds.ISSUER_URI)
          @Nullable String uri,
      @JsonPropertyDescription("The key set as an object, or as its JSON text. Public keys only.")
          @Nullable Object inline) {}

  /** Metadata under the issuer's well-known path; it has no settings. */
  public record Discovery() {}

  /** Token introspection (RFC 7662). */
  @ValidationRule(
      value = "!has(self.cacheFor) || [self.cacheFor].all(d, " + Bounds.IN_LIFE + ")",
      message = "must be at most `36500d`",
      fieldPath = ".cacheFor")
  public record Introspection(
      @JsonPropertyDescription("The endpoint: an https URI.")
          @Required
          @Size(max = Bounds.URI_LENGTH)
          @Pattern(Bounds.HTTPS_URI)
          String endpoint,
      @JsonPropertyDescription(
              "Sallyport's client id at the issuer (client_secret_basic). Absent: the secret is"
                  + " presented as a Bearer token.")
          @Size(min = 1, max = 256)
          @Pattern("^[ -~]+$")
          @Nullable String clientId,
      @JsonPropertyDescription("The Secret that holds Sallyport's client secret.") @Required
          @Nullable KeyRef clientSecretRef,
      @JsonPropertyDescription(
              "How long an answer is believed, and never past exp, as 1m; 0s asks every time.")
          @Default("30s")
          @Size(max = Bounds.DURATION_LENGTH)
          @Pattern(Bounds.DURATION)
          @Nullable String cacheFor) {}

  /** Rules beyond RFC 7519. */
  public enum Profile {
    Generic,
    /** RFC 9068. */
    AccessToken,
    /** SPIFFE JWT-SVID. */
    JwtSvid
  }

  /** Which claims hold what. */
  @ValidationRule(
      value =
          "!has(self.scopes) || !self.scopes.startsWith('/') || !self.scopes.matches('"
              + Bounds.STRAY_TILDE
              + "')",
      message = Bounds.POINTER_MESSAGE,
      fieldPath = ".scopes")
  @ValidationRule(
      value =
          "!has(self.identity) || !self.identity.startsWith('/') || !self.identity.matches('"
              + Bounds.STRAY_TILDE
              + "')",
      message = Bounds.POINTER_MESSAGE,
      fieldPath = ".identity")
  public record Claims(
      @JsonPropertyDescription("The claim that holds the scopes. Absent: scope, else scp.")
          @Size(min = 1, max = 256)
          @Pattern("\\S")
          @Nullable String scopes,
      @JsonPropertyDescription(
              "The claim that names the caller. Absent: azp, else client_id, else sub.")
          @Size(min = 1, max = 256)
          @Pattern("\\S")
          @Nullable String identity) {}

  /** TLS to the issuer. */
  public record Tls(
      @JsonPropertyDescription(
              "The ConfigMap, or Secret where there is no such ConfigMap, that holds the"
                  + " certificate authorities in PEM. Absent: those"
                  + " of the system.")
          @Nullable KeyRef caRef) {}
}
