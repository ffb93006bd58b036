package dev.sallyport.engine.authenticate;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The SHA-256 of a whole API key, token or certificate (FIPS 180-4), as four big-endian words.
 *
 * <p>Equality needs no constant time: a digest is not secret, and learning how far two digests
 * agree gives nobody a key.
 */
public record KeyDigest(long a, long b, long c, long d) {
  /** Never fed, only copied. */
  private static final MessageDigest SHA256 = newSha256();

  /** The digest of a key's bytes. */
  public static KeyDigest of(byte[] key) {
    return ofBytes(sha256().digest(key));
  }

  private static MessageDigest sha256() {
    try {
      // To copy one costs a fraction of looking for who provides it.
      return (MessageDigest) SHA256.clone();
    } catch (CloneNotSupportedException _) {
      return newSha256();
    }
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The digest of a key's UTF-8 bytes. */
  public static KeyDigest of(String key) {
    return of(key.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads 64 lower-case hexadecimal digits.
   *
   * @throws IllegalArgumentException when it is anything else
   */
  public static KeyDigest parse(String hex) {
    if (hex.length() != 64 || !hex.chars().allMatch(KeyDigest::isLowerHex)) {
      throw new IllegalArgumentException("64 lower-case hexadecimal digits are needed");
    }
    return ofBytes(HexFormat.of().parseHex(hex));
  }

  private static boolean isLowerHex(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }

  private static KeyDigest ofBytes(byte[] digest) {
    return new KeyDigest(word(digest, 0), word(digest, 8), word(digest, 16), word(digest, 24));
  }

  private static long word(byte[] bytes, int from) {
    long word = 0;
    for (int i = from; i < from + 8; i++) {
      word = word << 8 | (bytes[i] & 0xff);
    }
    return word;
  }

  // By hand, here and in the other keys that each decision looks up: what a record has of its own
  // is a chain of method handles, which is seldom inlined whole.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KeyDigest(long w, long x, long y, long z)
        && a == w
        && b == x
        && c == y
        && d == z;
  }

  @Override
  public int hashCode() {
    // Each word of a digest is as good as all of them.
    return Long.hashCode(a);
  }

  /** 64 lower-case hexadecimal digits. */
  public String hex() {
    HexFormat format = HexFormat.of();
    return format.toHexDigits(a)
        + format.toHexDigits(b)
        + format.toHexDigits(c)
        + format.toHexDigits(d);
  }

  /** 43 characters of base64url without padding, as JOSE writes digests. */
  String base64Url() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(
            ByteBuffer.allocate(32).putLong(a).putLong(b).putLong(c).putLong(d).array());
  }
}
