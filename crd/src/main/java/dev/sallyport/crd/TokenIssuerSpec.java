package dev.sallyport.crd;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whose tokens are believed.
 *
 * @param issuer the exact {@code iss}
 * @param jwks the key set (RFC 7517), inline or at a URI
 * @param audiences used where a method names none
 * @param algorithms JWS algorithms (RFC 7518); RS256, PS256, ES256, EdDSA where it is empty
 * @param profile which rules beyond RFC 7519 a token must meet
 * @param requiredClaims claims with exact values
 * @param clockSkew how far clocks may differ, {@code 30s} where it is null
 * @param maxTokenAge oldest {@code iat}; any where it is null
 * @param staleFor how long keys are kept through an outage, {@code 1h} where it is null
 */
public record TokenIssuerSpec(
    @Nullable String issuer,
    @Nullable Jwks jwks,
    @Nullable Map<String, Object> discovery,
    @Nullable Map<String, Object> introspection,
    List<String> audiences,
    List<String> algorithms,
    Profile profile,
    Claims claims,
    Map<String, String> requiredClaims,
    @Nullable String clockSkew,
    @Nullable String maxTokenAge,
    @Nullable String staleFor,
    @Nullable Tls tls) {
  public TokenIssuerSpec {
    audiences = Defaults.list(audiences);
    algorithms = Defaults.list(algorithms);
    profile = Defaults.or(profile, Profile.Generic);
    claims = Defaults.or(claims, new Claims(null, null));
    requiredClaims = Defaults.map(requiredClaims);
  }

  /**
   * A key set; exactly one of the two.
   *
   * @param uri an https URI, or http to a loopback address
   * @param inline the key set as a JSON object, or as its text
   */
  public record Jwks(@Nullable String uri, @Nullable Object inline) {}

  /** Rules beyond RFC 7519. */
  public enum Profile {
    Generic,
    /** RFC 9068. */
    AccessToken,
    /** SPIFFE JWT-SVID. */
    JwtSvid
  }

  /** Which claims hold what. */
  public record Claims(@Nullable String scopes, @Nullable String identity) {}

  /** TLS to the issuer. */
  public record Tls(@Nullable KeyRef caRef) {}
}
