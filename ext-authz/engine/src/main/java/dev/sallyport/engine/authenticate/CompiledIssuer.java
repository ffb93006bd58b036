package dev.sallyport.engine.authenticate;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.engine.decision.ObjectKey;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A {@code TokenIssuer}, ready to judge tokens with.
 *
 * @param key the object it was made of
 * @param issuer the exact {@code iss}
 * @param authority what says whether a token of it is good
 * @param tlsAnchors the certificate authorities that it is asked by TLS with (RFC 5280 section
 *     6.1), each once, by their digests; empty for those of the system
 * @param trust text that two issuers share only if they believe the same tokens: the same {@code
 *     iss}, and the same authority, asked by the same TLS. Keys that stand in an object are that
 *     object's own. Made once, since each decision asks for it
 * @param audiences used where an authentication method names none; may be empty
 * @param algorithms the only ones that are taken; never empty
 * @param scopeClaims the first of these that a token has holds its scopes
 * @param identityClaims the first of these that a token has holds its client
 * @param requiredClaims claims and their exact values, numbers and booleans as JSON writes them
 * @param clockSkew how far clocks may differ
 * @param maxTokenAge the longest that {@code iat} may be past; a token without it is then refused
 */
public record CompiledIssuer(
    ObjectKey key,
    String issuer,
    Authority authority,
    List<X509Certificate> tlsAnchors,
    String trust,
    Set<String> audiences,
    Set<JWSAlgorithm> algorithms,
    Profile profile,
    List<String> scopeClaims,
    List<String> identityClaims,
    Map<String, String> requiredClaims,
    Duration clockSkew,
    Optional<Duration> maxTokenAge) {
  /** What an issuer takes where it lists nothing. */
  public static final Set<JWSAlgorithm> DEFAULT_ALGORITHMS =
      Set.of(JWSAlgorithm.RS256, JWSAlgorithm.PS256, JWSAlgorithm.ES256, JWSAlgorithm.EdDSA);

  /** All that an issuer may list: signatures by a private key, none by a shared one. */
  public static final Set<JWSAlgorithm> SUPPORTED_ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512,
          JWSAlgorithm.EdDSA,
          JWSAlgorithm.Ed25519);

  public CompiledIssuer {
    tlsAnchors = List.copyOf(tlsAnchors);
    audiences = Set.copyOf(audiences);
    algorithms = Set.copyOf(algorithms);
    scopeClaims = List.copyOf(scopeClaims);
    identityClaims = List.copyOf(identityClaims);
    requiredClaims = Map.copyOf(requiredClaims);
    // INVARIANT: no `none`, no algorithm that a public key could be misused for as a secret.
    if (algorithms.isEmpty() || !SUPPORTED_ALGORITHMS.containsAll(algorithms)) {
      throw new IllegalArgumentException("an issuer takes asymmetric signatures only");
    }
  }

  /** With certificate authorities in any order. */
  public CompiledIssuer(
      ObjectKey key,
      String issuer,
      Authority authority,
      List<X509Certificate> tlsAnchors,
      Set<String> audiences,
      Set<JWSAlgorithm> algorithms,
      Profile profile,
      List<String> scopeClaims,
      List<String> identityClaims,
      Map<String, String> requiredClaims,
      Duration clockSkew,
      Optional<Duration> maxTokenAge) {
    this(
        key,
        issuer,
        authority,
        List.copyOf(byDigest(tlsAnchors).values()),
        trust(key, issuer, authority, byDigest(tlsAnchors).keySet()),
        audiences,
        algorithms,
        profile,
        scopeClaims,
        identityClaims,
        requiredClaims,
        clockSkew,
        maxTokenAge);
  }

  private static SortedMap<String, X509Certificate> byDigest(List<X509Certificate> certificates) {
    SortedMap<String, X509Certificate> byDigest = new TreeMap<>();
    certificates.forEach(each -> byDigest.put(ClientCertificate.digest(each).hex(), each));
    return byDigest;
  }

  private static String trust(
      ObjectKey key, String issuer, Authority authority, Set<String> anchors) {
    String place =
        switch (authority) {
          case Keys.Inline _ -> key.toString();
          case Keys.Remote(var uri, _) -> uri.toString();
          case Keys.Discovered _ -> "discovery";
          case Introspection introspection -> "introspection " + introspection.endpoint();
        };
    String tls = anchors.isEmpty() ? "" : ' ' + KeyDigest.of(anchors.toString()).hex();
    // INVARIANT: no space in an issuer can make it and its place another pair.
    return issuer.length() + ":" + issuer + ' ' + place + tls;
  }

  /** What says whether a token of an issuer is good. */
  public sealed interface Authority permits Keys, Introspection {}

  /** The issuer's keys: its tokens are JWTs. */
  public sealed interface Keys extends Authority {
    /** In the object itself. */
    record Inline(KeySet set) implements Keys {}

    /**
     * At a URI.
     *
     * @param staleFor how long keys that could not be fetched again are still good
     */
    record Remote(URI uri, Duration staleFor) implements Keys {}

    /**
     * Where the issuer's metadata says (OpenID Connect Discovery 1.0 section 4, RFC 8414).
     *
     * @param staleFor how long keys that could not be fetched again are still good
     */
    record Discovered(Duration staleFor) implements Keys {}
  }

  /**
   * The issuer itself, asked about each token (RFC 7662); tokens may be opaque.
   *
   * @param clientId for {@code client_secret_basic} (RFC 6749 section 2.3.1); empty where the
   *     secret is presented as a Bearer token (RFC 7662 section 2.1)
   * @param cacheFor how long an answer is believed at most; zero for once
   */
  public record Introspection(
      URI endpoint, Optional<String> clientId, ClientSecret secret, Duration cacheFor)
      implements Authority {}

  /** The rules that a token must meet beyond RFC 7519. */
  public enum Profile {
    /** None but those of RFC 8725: no token of another purpose. */
    GENERIC,
    /** RFC 9068. */
    ACCESS_TOKEN,
    /** SPIFFE JWT-SVID. */
    JWT_SVID
  }
}
