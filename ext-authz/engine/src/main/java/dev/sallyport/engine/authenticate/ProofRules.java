package dev.sallyport.engine.authenticate;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.engine.receive.Request;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What proofs of possession a policy takes (RFC 9449).
 *
 * @param origins where callers reach the API, normalised: lower-case scheme and host, no default
 *     port, then what a gateway puts before the path, without a slash at its end; never empty
 * @param algorithms the only ones that are taken; never empty
 * @param maxAge how old a proof may be, and how far ahead; more than zero
 * @param nonceRequired whether a proof must hold a nonce that was given
 */
public record ProofRules(
    List<String> origins, Set<JWSAlgorithm> algorithms, Duration maxAge, boolean nonceRequired) {
  /** What a policy takes where it lists nothing. */
  public static final Set<JWSAlgorithm> DEFAULT_ALGORITHMS =
      Set.of(JWSAlgorithm.ES256, JWSAlgorithm.EdDSA, JWSAlgorithm.RS256);

  private static final Pattern SLASHES_AT_END = Pattern.compile("/+$");

  public ProofRules {
    origins = List.copyOf(origins);
    algorithms = Set.copyOf(algorithms);
    if (origins.isEmpty()
        || algorithms.isEmpty()
        || !CompiledIssuer.SUPPORTED_ALGORITHMS.containsAll(algorithms)) {
      throw new IllegalArgumentException("proofs need an origin and asymmetric signatures");
    }
    if (!origins.stream().allMatch(origin -> Optional.of(origin).equals(origin(origin)))) {
      throw new IllegalArgumentException("origins are compared as text: normalise them");
    }
    if (!maxAge.isPositive()) {
      throw new IllegalArgumentException("a proof needs some time to arrive");
    }
  }

  /**
   * The normal form of an origin.
   *
   * @return empty where it is no {@code https} URI, or has a user, a query or a fragment
   */
  public static Optional<String> origin(String uri) {
    if (uri.indexOf('?') >= 0 || uri.indexOf('#') >= 0) {
      return Optional.empty();
    }
    return TargetUri.read(uri)
        .map(TargetUri::text)
        .map(text -> SLASHES_AT_END.matcher(text).replaceFirst(""));
  }

  /**
   * Whether a proof was made for this request. Which of its origins a caller used nobody can see,
   * unless one of them is on the request's own host: then it is one of those.
   *
   * @param htu as the proof has it
   */
  boolean isTarget(String htu, Request request) {
    String requested = request.inbound().path();
    int question = requested.indexOf('?');
    String path = question < 0 ? requested : requested.substring(0, question);
    Optional<String> target = TargetUri.read(htu).map(TargetUri::text);
    Optional<String> suffix = path.startsWith("/") ? TargetUri.path(path) : Optional.empty();
    if (target.isEmpty() || suffix.isEmpty()) {
      return false;
    }
    String host = request.host().name();
    boolean own = origins.stream().anyMatch(origin -> isOn(host, origin));
    return origins.stream()
        .filter(origin -> !own || isOn(host, origin))
        .anyMatch(origin -> target.get().equals(origin + suffix.get()));
  }

  private static boolean isOn(String host, String origin) {
    int end = TargetUri.SCHEME.length() + host.length();
    return origin.startsWith(host, TargetUri.SCHEME.length())
        && (origin.length() == end || origin.charAt(end) == ':' || origin.charAt(end) == '/');
  }
}
