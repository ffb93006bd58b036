package dev.sallyport.engine.authenticate;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;

/** An issuer's private key: signs with the JDK, not with the library that verifies. */
record SigningKey(String id, String algorithm, KeyPair pair, String jwk) {
  static SigningKey ec(String id) {
    KeyPair pair = generate("EC", "secp256r1");
    String jwk =
        new ECKey.Builder(Curve.P_256, (ECPublicKey) pair.getPublic()).keyID(id).build().toString();
    return new SigningKey(id, "ES256", pair, jwk);
  }

  static SigningKey rsa(String id, String algorithm) {
    KeyPair pair = generate("RSA", null);
    String jwk = new RSAKey.Builder((RSAPublicKey) pair.getPublic()).keyID(id).build().toString();
    return new SigningKey(id, algorithm, pair, jwk);
  }

  /** One of 1024 bits, that nobody should trust. */
  static SigningKey smallRsa(String id) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(1024);
      KeyPair pair = generator.generateKeyPair();
      String jwk = new RSAKey.Builder((RSAPublicKey) pair.getPublic()).keyID(id).build().toString();
      return new SigningKey(id, "RS256", pair, jwk);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static SigningKey ed25519(String id) {
    KeyPair pair = generate("Ed25519", null);
    byte[] info = pair.getPublic().getEncoded();
    Base64URL raw = Base64URL.encode(Arrays.copyOfRange(info, info.length - 32, info.length));
    String jwk = new OctetKeyPair.Builder(Curve.Ed25519, raw).keyID(id).build().toString();
    return new SigningKey(id, "EdDSA", pair, jwk);
  }

  private static KeyPair generate(String type, String curve) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(type);
      if (curve != null) {
        generator.initialize(new ECGenParameterSpec(curve));
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** A key set of the public halves. */
  static String set(SigningKey... keys) {
    return "{\"keys\":["
        + String.join(",", Arrays.stream(keys).map(SigningKey::jwk).toList())
        + "]}";
  }

  static KeySet keySet(SigningKey... keys) {
    return ((KeySet.Parsing.Parsed) KeySet.parse(set(keys))).keys();
  }

  /** A token with the usual header. */
  String sign(String claims) {
    return sign("{\"alg\":\"" + algorithm + "\",\"kid\":\"" + id + "\"}", claims);
  }

  String sign(String header, String claims) {
    return sign(header.getBytes(StandardCharsets.UTF_8), claims.getBytes(StandardCharsets.UTF_8));
  }

  String sign(byte[] header, byte[] claims) {
    return signInput(base64(header) + "." + base64(claims));
  }

  /** Signs whatever stands before the last dot. */
  String signInput(String input) {
    try {
      Signature signature =
          Signature.getInstance(
              switch (algorithm) {
                case "ES256" -> "SHA256withECDSAinP1363Format";
                case "RS256" -> "SHA256withRSA";
                case "EdDSA" -> "Ed25519";
                default -> throw new AssertionError(algorithm);
              });
      signature.initSign(pair.getPrivate());
      signature.update(input.getBytes(StandardCharsets.UTF_8));
      return input + "." + base64(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
