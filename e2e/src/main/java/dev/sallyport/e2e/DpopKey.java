package dev.sallyport.e2e;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A caller's key that its tokens are bound to, and the maker of proofs of it (RFC 9449). */
public record DpopKey(JWK key) {
  public static DpopKey generate() {
    return generate(SigningKeys.Kind.ES256);
  }

  public static DpopKey generate(SigningKeys.Kind kind) {
    return new DpopKey(kind.generate());
  }

  /** What a token says that is bound to this key: {@code cnf.jkt}. */
  public String thumbprint() {
    return thumbprint(key);
  }

  static String thumbprint(JWK key) {
    try {
      return key.computeThumbprint().toString();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A proof for a request without a token, such as the one for a token. */
  public Proof proof(String method, String uri) {
    Map<String, Object> claims = new TreeMap<>();
    claims.put("jti", UUID.randomUUID().toString());
    claims.put("htm", method);
    claims.put("htu", uri);
    claims.put("iat", Instant.now().getEpochSecond());
    return new Proof(this, new JOSEObjectType("dpop+jwt"), key.toPublicJWK(), claims);
  }

  /** A proof for a request that carries a token. */
  public Proof proof(String method, String uri, String token) {
    return proof(method, uri).with("ath", hash(token));
  }

  private static String hash(String token) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256")
                  .digest(token.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A proof before it is signed, right unless somebody makes it wrong.
   *
   * @param signer whose key signs
   * @param shown the key in the header
   */
  public record Proof(DpopKey signer, JOSEObjectType type, JWK shown, Map<String, Object> claims) {
    public Proof {
      claims = Map.copyOf(claims);
    }

    /** With a claim of one's own in place of what was there; null for none. */
    public Proof with(String claim, @Nullable Object value) {
      Map<String, Object> changed = new TreeMap<>(claims);
      changed.remove(claim);
      if (value != null) {
        changed.put(claim, value);
      }
      return new Proof(signer, type, shown, changed);
    }

    public Proof ofType(String name) {
      return new Proof(signer, new JOSEObjectType(name), shown, claims);
    }

    /** With another key in the header than the one that signs. */
    public Proof showing(JWK other) {
      return new Proof(signer, type, other, claims);
    }

    /** As it goes into the header {@code DPoP}. */
    public String sign() {
      JWSAlgorithm algorithm = JWSAlgorithm.parse(signer.key().getAlgorithm().getName());
      JWTClaimsSet.Builder body = new JWTClaimsSet.Builder();
      claims.forEach(body::claim);
      try {
        SignedJWT proof =
            new SignedJWT(
                new JWSHeader.Builder(algorithm).type(type).jwk(shown).build(), body.build());
        proof.sign(new DefaultJWSSignerFactory().createJWSSigner(signer.key(), algorithm));
        return proof.serialize();
      } catch (JOSEException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
