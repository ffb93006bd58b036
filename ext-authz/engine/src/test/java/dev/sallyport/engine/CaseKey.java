package dev.sallyport.engine;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A signing key of a case file: of one name and algorithm it is always the same. Signs with the
 * JDK, not with the library that verifies.
 *
 * @param jwk its public half, with its name as {@code kid}
 */
record CaseKey(String name, Algorithm algorithm, KeyPair pair, JWK jwk) {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Map<String, CaseKey> MADE = new ConcurrentHashMap<>();

  /** What a key signs with. */
  enum Algorithm {
    ES256("EC", "SHA256withECDSAinP1363Format"),
    RS256("RSA", "SHA256withRSA"),
    EdDSA("Ed25519", "Ed25519");

    private final String keys;
    private final String signatures;

    Algorithm(String keys, String signatures) {
      this.keys = keys;
      this.signatures = signatures;
    }
  }

  static CaseKey of(String name, Algorithm algorithm) {
    return MADE.computeIfAbsent(
        name + ' ' + algorithm,
        _ -> {
          KeyPair pair = generate(name, algorithm);
          return new CaseKey(name, algorithm, pair, jwk(name, algorithm, pair));
        });
  }

  private static KeyPair generate(String name, Algorithm algorithm) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm.keys);
      switch (algorithm) {
        case ES256 -> generator.initialize(new ECGenParameterSpec("secp256r1"), seeded(name));
        case RS256 -> generator.initialize(2048, seeded(name));
        case EdDSA -> generator.initialize(255, seeded(name));
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static SecureRandom seeded(String seed) throws GeneralSecurityException {
    SecureRandom random = SecureRandom.getInstance("SHA1PRNG");
    random.setSeed(seed.getBytes(StandardCharsets.UTF_8));
    return random;
  }

  private static JWK jwk(String name, Algorithm algorithm, KeyPair pair) {
    return switch (algorithm) {
      case ES256 ->
          new ECKey.Builder(Curve.P_256, (ECPublicKey) pair.getPublic()).keyID(name).build();
      case RS256 -> new RSAKey.Builder((RSAPublicKey) pair.getPublic()).keyID(name).build();
      case EdDSA -> {
        byte[] encoded = pair.getPublic().getEncoded();
        byte[] raw = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
        yield new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(raw)).keyID(name).build();
      }
    };
  }

  /** Its thumbprint (RFC 7638), as {@code jkt} has it. */
  String thumbprint() {
    try {
      return jwk.computeThumbprint().toString();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  /** Its public half as a proof's header holds it. */
  Map<String, Object> publicMembers() {
    Map<String, Object> members = new LinkedHashMap<>(jwk.toPublicJWK().toJSONObject());
    members.remove("kid");
    return members;
  }

  /** Signs a header and claims in the compact form (RFC 7515 section 7.1). */
  String sign(Map<String, ? extends @Nullable Object> header, Map<String, ?> claims) {
    String input =
        base64(JSON.writeValueAsString(header)) + '.' + base64(JSON.writeValueAsString(claims));
    try {
      Signature signature = Signature.getInstance(algorithm.signatures);
      signature.initSign(pair.getPrivate(), seeded(input));
      signature.update(input.getBytes(StandardCharsets.UTF_8));
      return input + '.' + Base64URL.encode(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String base64(String text) {
    return Base64URL.encode(text.getBytes(StandardCharsets.UTF_8)).toString();
  }
}
