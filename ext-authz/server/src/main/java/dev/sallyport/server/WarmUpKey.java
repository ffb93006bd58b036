package dev.sallyport.server;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.time.Instant;
import java.util.Base64;

/**
 * A key that signs what {@link WarmUp} presents: the tokens of an issuer, and proofs of possession
 * of a caller. Made anew for each process, and forgotten.
 */
record WarmUpKey(KeyPair pair) {
  private static final int COORDINATE_BYTES = 32;

  static WarmUpKey generate() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return new WarmUpKey(generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has P-256", e);
    }
  }

  /** Its public half (RFC 7517), with its members in the order of RFC 7638. */
  String jwk() {
    ECPoint point = ((ECPublicKey) pair.getPublic()).getW();
    return "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}"
        .formatted(coordinate(point.getAffineX()), coordinate(point.getAffineY()));
  }

  private static String coordinate(BigInteger number) {
    byte[] shortest = number.toByteArray();
    byte[] fixed = new byte[COORDINATE_BYTES];
    // Its sign may take a byte more, leading zeros are left out.
    int length = Math.min(shortest.length, COORDINATE_BYTES);
    System.arraycopy(shortest, shortest.length - length, fixed, COORDINATE_BYTES - length, length);
    return base64Url(fixed);
  }

  /** RFC 7638. */
  String thumbprint() {
    return digest(jwk());
  }

  /** A token with these claims. */
  String token(String claims) {
    return signed("{\"alg\":\"ES256\"}", claims);
  }

  /** A proof for a GET (RFC 9449 section 4.2). */
  String proof(String token, String target, Instant now) {
    return signed(
        "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":" + jwk() + "}",
        "{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":\"%s\",\"iat\":%d,\"ath\":\"%s\"}"
            .formatted(target, now.getEpochSecond(), digest(token)));
  }

  private String signed(String header, String claims) {
    String input = base64Url(bytes(header)) + '.' + base64Url(bytes(claims));
    try {
      Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
      signature.initSign(pair.getPrivate());
      signature.update(bytes(input));
      return input + '.' + base64Url(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform signs with P-256", e);
    }
  }

  private static String digest(String text) {
    try {
      return base64Url(MessageDigest.getInstance("SHA-256").digest(bytes(text)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Never prints a key. */
  @Override
  public String toString() {
    return "WarmUpKey[redacted]";
  }
}
