package dev.sallyport.engine.authenticate;

import com.nimbusds.jose.Algorithm;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.text.ParseException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A public key that may verify signatures (RFC 7517), with its verifier ready.
 *
 * @param id {@code kid}
 * @param thumbprint of the key itself (RFC 7638)
 * @param algorithms those that the key's type and its {@code alg} allow
 * @param svidOnly whether its {@code use} is {@code jwt-svid} (SPIFFE JWT-SVID section 5)
 */
record VerificationKey(
    Optional<String> id,
    String thumbprint,
    Set<JWSAlgorithm> algorithms,
    boolean svidOnly,
    Check check) {
  private static final Set<JWSAlgorithm> RSA =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512);

  /** RFC 7518 section 3.3. */
  private static final Set<JWSAlgorithm> PKCS1 =
      Set.of(JWSAlgorithm.RS256, JWSAlgorithm.RS384, JWSAlgorithm.RS512);

  private static final Map<Curve, Set<JWSAlgorithm>> EC =
      Map.of(
          Curve.P_256, Set.of(JWSAlgorithm.ES256),
          Curve.P_384, Set.of(JWSAlgorithm.ES384),
          Curve.P_521, Set.of(JWSAlgorithm.ES512));
  private static final Set<JWSAlgorithm> ED25519 = Set.of(JWSAlgorithm.EdDSA, JWSAlgorithm.Ed25519);
  private static final KeyUse SVID = new KeyUse("jwt-svid");

  private static final int MIN_RSA_BITS = 2048;

  /** The time to verify grows with the square, and an issuer's key set is not ours. */
  private static final int MAX_RSA_BITS = 8192;

  /** The rest of a SubjectPublicKeyInfo around a raw Ed25519 key (RFC 8410 section 4). */
  private static final String ED25519_INFO = "302a300506032b6570032100";

  /** The signature's mathematics, on a prepared key; any thread may use it. */
  interface Check {
    boolean verifies(JWSAlgorithm algorithm, byte[] signed, Base64URL signature)
        throws JOSEException, GeneralSecurityException;
  }

  /** What a JSON Web Key is, read as a key that verifies. */
  sealed interface Reading {
    /** It is one. */
    record Usable(VerificationKey key) implements Reading {}

    /**
     * It is not one, or not one to trust.
     *
     * @param why completes "this key …"; holds nothing of the key
     */
    record Unusable(String why) implements Reading {}
  }

  /** Reads one JSON Web Key. */
  static Reading read(Map<String, Object> members) {
    try {
      return read(JWK.parse(members));
    } catch (ParseException | JOSEException | GeneralSecurityException | RuntimeException _) {
      // The library also throws unchecked at what others wrote, and its text may quote the key.
      return new Reading.Unusable("is no JSON Web Key of a known type with all its members");
    }
  }

  private static Reading read(JWK jwk) throws JOSEException, GeneralSecurityException {
    if (jwk instanceof OctetSequenceKey) {
      return new Reading.Unusable("is symmetric: whoever can verify with it can also sign");
    }
    if (jwk.isPrivate()) {
      return new Reading.Unusable("shows its private part: replace it, it is no secret any more");
    }
    if (jwk.getKeyRevocation() != null) {
      return new Reading.Unusable("is revoked");
    }
    KeyUse use = jwk.getKeyUse();
    if (use != null && !use.equals(KeyUse.SIGNATURE) && !use.equals(SVID)) {
      return new Reading.Unusable("is not for signatures: see its `use`");
    }
    Set<KeyOperation> operations = jwk.getKeyOperations();
    if (operations != null && !operations.isEmpty() && !operations.contains(KeyOperation.VERIFY)) {
      return new Reading.Unusable("is not for verifying: see its `key_ops`");
    }
    return switch (jwk) {
      case RSAKey rsa -> rsa(rsa);
      case ECKey ec -> ec(ec);
      case OctetKeyPair pair -> ed25519(pair);
      default -> new Reading.Unusable("is of a type that verifies no signature");
    };
  }

  private static Reading rsa(RSAKey jwk) throws JOSEException {
    BigInteger modulus = jwk.getModulus().decodeToBigInteger();
    BigInteger exponent = jwk.getPublicExponent().decodeToBigInteger();
    if (modulus.bitLength() < MIN_RSA_BITS || modulus.bitLength() > MAX_RSA_BITS) {
      return new Reading.Unusable(
          "is RSA of " + modulus.bitLength() + " bits: it takes 2048 to 8192");
    }
    if (!modulus.testBit(0)
        || !exponent.testBit(0)
        || exponent.compareTo(BigInteger.TWO) < 0
        || exponent.bitLength() > 64) {
      return new Reading.Unusable("is RSA with an unsafe modulus or exponent");
    }
    if (RocaFingerprint.marks(modulus)) {
      return new Reading.Unusable("is RSA with a private part that can be found: CVE-2017-15361");
    }
    RSASSAVerifier pss = new RSASSAVerifier(jwk);
    RSASSAVerifier pkcs1 = new RSASSAVerifier(jwk);
    // The JDK's own takes twice as long; PSS has another name there.
    Provider conscrypt = Security.getProvider("Conscrypt");
    if (conscrypt != null) {
      pkcs1.getJCAContext().setProvider(conscrypt);
    }
    return usable(
        jwk,
        RSA,
        (algorithm, signed, signature) ->
            (PKCS1.contains(algorithm) ? pkcs1 : pss)
                .verify(new JWSHeader(algorithm), signed, signature));
  }

  private static Reading ec(ECKey jwk) throws JOSEException {
    Set<JWSAlgorithm> algorithms = EC.get(jwk.getCurve());
    if (algorithms == null) {
      return new Reading.Unusable("is on a curve other than P-256, P-384 and P-521");
    }
    ECDSAVerifier verifier = new ECDSAVerifier(jwk);
    // Many times faster than the JDK's own, where the program has installed it.
    Provider conscrypt = Security.getProvider("Conscrypt");
    if (conscrypt != null) {
      verifier.getJCAContext().setProvider(conscrypt);
    }
    return usable(
        jwk,
        algorithms,
        (algorithm, signed, signature) ->
            verifier.verify(new JWSHeader(algorithm), signed, signature));
  }

  /** The library would need another one for these; the JDK has it. */
  private static Reading ed25519(OctetKeyPair jwk) throws JOSEException, GeneralSecurityException {
    byte[] raw = jwk.getDecodedX();
    if (!Curve.Ed25519.equals(jwk.getCurve()) || raw.length != 32) {
      return new Reading.Unusable("is not an Ed25519 key of 32 bytes");
    }
    byte[] info = HexFormat.of().parseHex(ED25519_INFO + HexFormat.of().formatHex(raw));
    PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(info));
    return usable(
        jwk,
        ED25519,
        (_, signed, signature) -> {
          Signature check = Signature.getInstance("Ed25519");
          check.initVerify(key);
          check.update(signed);
          return check.verify(signature.decode());
        });
  }

  private static Reading usable(JWK jwk, Set<JWSAlgorithm> fitting, Check check)
      throws JOSEException {
    Algorithm only = jwk.getAlgorithm();
    if (only != null && !fitting.contains(JWSAlgorithm.parse(only.getName()))) {
      return new Reading.Unusable("has an `alg` that it can't verify");
    }
    return new Reading.Usable(
        new VerificationKey(
            Optional.ofNullable(jwk.getKeyID()),
            jwk.computeThumbprint().toString(),
            only == null ? fitting : Set.of(JWSAlgorithm.parse(only.getName())),
            SVID.equals(jwk.getKeyUse()),
            check));
  }

  /** Whether it is the same key for the same purpose, whatever set either came in. */
  boolean sameAs(VerificationKey other) {
    return thumbprint.equals(other.thumbprint)
        && id.equals(other.id)
        && svidOnly == other.svidOnly
        && algorithms.equals(other.algorithms);
  }

  /** Whether the token is signed with this key. Costs up to milliseconds. */
  boolean verifies(SignedToken token) {
    return verifies(token.algorithm(), token.signedBytes(), token.signature());
  }

  /**
   * Whether bytes are signed with this key. Costs up to milliseconds.
   *
   * @param signature base64url
   */
  boolean verifies(JWSAlgorithm algorithm, byte[] signed, String signature) {
    if (!algorithms.contains(algorithm)) {
      return false;
    }
    try {
      return check.verifies(algorithm, signed, new Base64URL(signature));
    } catch (JOSEException | GeneralSecurityException | RuntimeException _) {
      // Whatever the mathematics stumbles over, it is not a good signature.
      return false;
    }
  }
}
