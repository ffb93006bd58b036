package dev.sallyport.engine.authenticate;

import com.nimbusds.jose.JWSAlgorithm;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A token in JWS compact serialization (RFC 7515 section 7.1), taken apart and not yet believed.
 *
 * @param algorithm {@code alg}, as the token claims it
 * @param keyId {@code kid}
 * @param type {@code typ}
 * @param signingInput header and payload as they were signed, ASCII
 * @param payload base64url
 * @param signature base64url
 */
record SignedToken(
    JWSAlgorithm algorithm,
    Optional<String> keyId,
    Optional<String> type,
    String signingInput,
    String payload,
    String signature) {
  /** Longer ones are not looked at. */
  static final int MAX_CHARS = 16 * 1024;

  static final String TOO_LONG = "the token is longer than " + MAX_CHARS + " characters";

  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  /** What a text is, read as a token. */
  sealed interface Reading {
    /** It has the form. */
    record Read(SignedToken token) implements Reading {}

    /**
     * It has not.
     *
     * @param why for the policy's author; nothing of the token
     */
    record Malformed(String why) implements Reading {}
  }

  /** Reads a token whose every part is canonical: no other text means the same token. */
  static Reading read(String token) {
    if (token.length() > MAX_CHARS) {
      return new Reading.Malformed(TOO_LONG);
    }
    String[] parts = token.split("\\.", 4);
    if (parts.length != 3) {
      return new Reading.Malformed("the token is not a signed JWT: it has not three parts");
    }
    for (String part : parts) {
      if (part.isEmpty() || decode(part).isEmpty()) {
        return new Reading.Malformed("a part of the token is not canonical base64url");
      }
    }
    Optional<Map<String, @Nullable Object>> header = decode(parts[0]).flatMap(StrictJson::object);
    if (header.isEmpty()) {
      return new Reading.Malformed("the token's header is not a JSON object with unique names");
    }
    return read(header.get(), token.substring(0, token.lastIndexOf('.')), parts[1], parts[2]);
  }

  private static Reading read(
      Map<String, @Nullable Object> header, String signingInput, String payload, String signature) {
    for (String refused : new String[] {"crit", "b64", "zip"}) {
      if (header.containsKey(refused)) {
        return new Reading.Malformed("the token's header has `" + refused + "`");
      }
    }
    // Only text will do: a kid of another type is a try, not a token without one.
    for (String textual : new String[] {"kid", "typ", "cty"}) {
      if (header.containsKey(textual) && !(header.get(textual) instanceof String)) {
        return new Reading.Malformed("the token's `" + textual + "` is not text");
      }
    }
    // RFC 7519 section 5.2; what is inside of it is signed by somebody else.
    if (header.get("cty") instanceof String content && shortType(content).equals("jwt")) {
      return new Reading.Malformed("there is another token in the token (`cty`)");
    }
    if (!(header.get("alg") instanceof String algorithm)) {
      return new Reading.Malformed("the token's header has no `alg`");
    }
    return new Reading.Read(
        new SignedToken(
            JWSAlgorithm.parse(algorithm),
            Optional.ofNullable((String) header.get("kid")),
            Optional.ofNullable((String) header.get("typ")),
            signingInput,
            payload,
            signature));
  }

  /** The claims; empty where the payload is no JSON object with unique names. */
  Optional<Map<String, @Nullable Object>> claims() {
    return decode(payload).flatMap(StrictJson::object);
  }

  /** The bytes of a part; empty where another text would mean the same ones. */
  static Optional<byte[]> decode(String part) {
    try {
      byte[] bytes = DECODER.decode(part);
      // INVARIANT: only what encodes to the very same text is taken: no padding, no stray bits.
      return ENCODER.encodeToString(bytes).equals(part) ? Optional.of(bytes) : Optional.empty();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /** A media type in lower case, without what may be left out (RFC 7515 section 4.1.9). */
  static String shortType(String type) {
    String lower = type.toLowerCase(Locale.ROOT);
    return lower.startsWith("application/") ? lower.substring("application/".length()) : lower;
  }

  /** What the signature is over. */
  byte[] signedBytes() {
    return signingInput.getBytes(StandardCharsets.US_ASCII);
  }

  /** Never prints a token. */
  @Override
  public String toString() {
    return "SignedToken[redacted]";
  }
}
