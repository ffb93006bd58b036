package dev.sallyport.engine.authenticate;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a token is bound to (RFC 7800): who presents it must show that it is theirs.
 *
 * @param certificate {@code x5t#S256} (RFC 8705 section 3.1), base64url of a SHA-256; empty where
 *     it is bound to none
 * @param key {@code jkt} (RFC 9449 section 6.1), base64url of a SHA-256; empty where it is bound to
 *     none
 */
public record Confirmation(Optional<String> certificate, Optional<String> key) {
  /** Whoever presents it may use it. */
  public static final Confirmation NONE = new Confirmation(Optional.empty(), Optional.empty());

  /** 32 bytes, without padding and without stray bits. */
  private static final Pattern SHA_256 = Pattern.compile("[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]");

  private static final String CERTIFICATE = "x5t#S256";
  private static final String KEY = "jkt";

  /**
   * Reads {@code cnf}.
   *
   * @param cnf the claim; null where the token has none
   * @return empty where it binds the token in a way that nobody here can prove
   */
  static Optional<Confirmation> read(@Nullable Object cnf) {
    if (cnf == null) {
      return Optional.of(NONE);
    }
    if (!(cnf instanceof Map<?, ?> members)
        || members.isEmpty()
        || !Set.of(CERTIFICATE, KEY).containsAll(members.keySet())
        || !members.values().stream().allMatch(Confirmation::isDigest)) {
      return Optional.empty();
    }
    return Optional.of(new Confirmation(text(members, CERTIFICATE), text(members, KEY)));
  }

  private static boolean isDigest(@Nullable Object member) {
    return member instanceof String text && SHA_256.matcher(text).matches();
  }

  private static Optional<String> text(Map<?, ?> members, String name) {
    return members.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  /** Never prints a claim. */
  @Override
  public String toString() {
    return "Confirmation[certificate=" + certificate.isPresent() + ", key=" + key.isPresent() + "]";
  }
}
