package dev.sallyport.engine.authenticate;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/**
 * The SHA-256 of a whole API key, token or certificate (FIPS 180-4), as four big-endian words.
 *
 * <p>Equality needs no constant time: a digest is not secret, and learning how far two digests
 * agree gives nobody a key.
 */
public record KeyDigest(long a, long b, long c, long d) {
  /** The digest of a key's bytes. */
  public static KeyDigest of(byte[] key) {
    try {
      return ofBytes(MessageDigest.getInstance("SHA-256").digest(key));
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

  @Override
  public int hashCode() {
    return Long.hashCode(a);
  }
}
