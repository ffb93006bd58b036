package dev.sallyport.e2e;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * An issuer's keys as it rotates them: a new key is published before it signs, and the old one goes
 * when nothing that it signed is good any more.
 *
 * <p>Any thread may call any method.
 */
public final class SigningKeys {
  private final AtomicReference<Ring> ring;

  private SigningKeys(Ring ring) {
    this.ring = new AtomicReference<>(ring);
  }

  /** What a key is, and what it signs with. */
  public enum Kind {
    RS256,
    ES256;

    /** A new key of this kind, with a name that no other has. */
    public JWK generate() {
      String id = UUID.randomUUID().toString();
      JWSAlgorithm algorithm = JWSAlgorithm.parse(name());
      try {
        return switch (this) {
          case RS256 ->
              new RSAKeyGenerator(2048)
                  .keyID(id)
                  .keyUse(KeyUse.SIGNATURE)
                  .algorithm(algorithm)
                  .generate();
          case ES256 ->
              new ECKeyGenerator(Curve.P_256)
                  .keyID(id)
                  .keyUse(KeyUse.SIGNATURE)
                  .algorithm(algorithm)
                  .generate();
        };
      } catch (JOSEException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /**
   * The keys of one moment.
   *
   * @param published oldest first, the signing one among them
   */
  private record Ring(List<JWK> published, JWK signing) {
    Ring {
      published = List.copyOf(published);
    }
  }

  /** One key that is published and signs. */
  static SigningKeys of(Kind kind) {
    JWK key = kind.generate();
    return new SigningKeys(new Ring(List.of(key), key));
  }

  /** Publishes a new key, which does not sign yet; gives its id. */
  public String announce(Kind kind) {
    JWK key = kind.generate();
    ring.updateAndGet(now ->
        new Ring(Stream.concat(now.published().stream(), Stream.of(key)).toList(), now.signing()));
    return key.getKeyID();
  }

  /** The newest key signs from now on; the others stay published. */
  public void useNewest() {
    ring.updateAndGet(now -> new Ring(now.published(), now.published().getLast()));
  }

  /** Withdraws every key but the one that signs. */
  public void retireOthers() {
    ring.updateAndGet(now -> new Ring(List.of(now.signing()), now.signing()));
  }

  /** The id of the key that signs. */
  public String signingKeyId() {
    return ring.get().signing().getKeyID();
  }

  /** The ids of the keys that are published. */
  public List<String> publishedKeyIds() {
    return ring.get().published().stream().map(JWK::getKeyID).toList();
  }

  /** A token with the key of the moment. */
  public String sign(JOSEObjectType type, JWTClaimsSet claims) {
    return sign(ring.get().signing(), type, claims);
  }

  /** A token with somebody's key. */
  public static String sign(JWK key, JOSEObjectType type, JWTClaimsSet claims) {
    try {
      JWSAlgorithm algorithm = JWSAlgorithm.parse(key.getAlgorithm().getName());
      SignedJWT token =
          new SignedJWT(
              new JWSHeader.Builder(algorithm).type(type).keyID(key.getKeyID()).build(), claims);
      token.sign(new DefaultJWSSignerFactory().createJWSSigner(key, algorithm));
      return token.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The public halves as a JWK Set (RFC 7517 section 5). */
  public String toJson() {
    return new JWKSet(ring.get().published()).toPublicJWKSet().toString();
  }
}
