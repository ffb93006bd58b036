package dev.sallyport.engine.authenticate;

import com.nimbusds.jose.JWSAlgorithm;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * What proofs of possession a policy takes (RFC 9449).
 *
 * @param origins where callers reach the API, normalised: lower-case scheme and host, no default
 *     port, then what a gateway puts before the path, without a slash at its end; never empty
 * @param algorithms the only ones that are taken; never empty
 * @param maxAge how old a proof may be, and how far ahead
 * @param nonceRequired whether a proof must hold a nonce that was given
 */
public record ProofRules(
    List<String> origins, Set<JWSAlgorithm> algorithms, Duration maxAge, boolean nonceRequired) {
  /** What a policy takes where it lists nothing. */
  public static final Set<JWSAlgorithm> DEFAULT_ALGORITHMS =
      Set.of(JWSAlgorithm.ES256, JWSAlgorithm.EdDSA, JWSAlgorithm.RS256);

  public ProofRules {
    origins = List.copyOf(origins);
    algorithms = Set.copyOf(algorithms);
    if (origins.isEmpty()
        || algorithms.isEmpty()
        || !CompiledIssuer.SUPPORTED_ALGORITHMS.containsAll(algorithms)) {
      throw new IllegalArgumentException("proofs need an origin and asymmetric signatures");
    }
  }
}
