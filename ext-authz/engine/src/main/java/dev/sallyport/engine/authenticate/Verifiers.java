package dev.sallyport.engine.authenticate;

/**
 * All that stage 4 judges credentials with.
 *
 * @param tokens judges JWTs and opaque tokens
 * @param reviewer judges service-account tokens
 * @param certificates reads the caller's certificate
 * @param possession judges whether a token is its bearer's
 */
public record Verifiers(
    TokenVerifier tokens,
    TokenReviewer reviewer,
    CertificateReader certificates,
    Possession possession) {
  /** Judges what needs no introspection and no proof: those are unavailable. */
  public static Verifiers of(KeySource keys, TokenReviewer reviewer) {
    return new Verifiers(
        new TokenVerifier(keys, TokenIntrospector.NONE),
        reviewer,
        CertificateReader.OF_CONNECTION,
        new Possession(ReplayStore.NONE, NonceSource.NONE));
  }
}
