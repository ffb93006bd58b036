package dev.sallyport.benchmarks;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.sallyport.server.issuers.NativeSignatures;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * An issuer with a key of each of the usual kinds, which serves its key set until it is closed and
 * goes on minting after.
 */
final class TokenMint implements AutoCloseable {
  static final String ISSUER = "https://issuer.example.com/realms/partners";
  static final String CLIENT = "acme-settlement";

  private final RSAKey rsa;
  private final ECKey ec;
  private final JWSSigner rsaSigner;
  private final JWSSigner ecSigner;
  private final HttpServer server;

  private TokenMint(RSAKey rsa, ECKey ec, HttpServer server) throws JOSEException {
    this.rsa = rsa;
    this.ec = ec;
    this.rsaSigner = new RSASSASigner(rsa);
    this.ecSigner = new ECDSASigner(ec);
    this.server = server;
  }

  /**
   * Serves the key set on a free port of 127.0.0.1.
   *
   * @param maxAge how long it may be kept without asking again
   */
  static TokenMint start(Duration maxAge) throws IOException {
    NativeSignatures.install();
    try {
      RSAKey rsa = new RSAKeyGenerator(2048).keyID("rsa-1").generate();
      ECKey ec = new ECKeyGenerator(Curve.P_256).keyID("ec-1").generate();
      byte[] keys =
          new JWKSet(List.of(rsa.toPublicJWK(), ec.toPublicJWK()))
              .toString()
              .getBytes(StandardCharsets.UTF_8);
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 16);
      server.createContext(
          "/jwks",
          exchange -> {
            exchange.getResponseHeaders().set("content-type", "application/jwk-set+json");
            exchange.getResponseHeaders().set("cache-control", "max-age=" + maxAge.toSeconds());
            exchange.sendResponseHeaders(200, keys.length);
            exchange.getResponseBody().write(keys);
            exchange.close();
          });
      server.start();
      return new TokenMint(rsa, ec, server);
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Where the key set is. */
  String keySet() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/jwks";
  }

  /** A token that no other is like, for an hour: about 700 characters by RSA. */
  String token(JWSAlgorithm algorithm) {
    boolean byRsa = JWSAlgorithm.Family.RSA.contains(algorithm);
    Instant now = Instant.now();
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(algorithm)
                .type(new JOSEObjectType("at+jwt"))
                .keyID(byRsa ? rsa.getKeyID() : ec.getKeyID())
                .build(),
            new JWTClaimsSet.Builder()
                .issuer(ISSUER)
                .subject("2f1d6a1e-6b0b-4c6e-9a35-1b2f6f1f3c55")
                .audience("https://api.example.com")
                .claim("client_id", CLIENT)
                .claim("azp", CLIENT)
                .claim("scope", "items:read items:list offline_access")
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(Duration.ofHours(1))))
                .jwtID(UUID.randomUUID().toString())
                .build());
    try {
      token.sign(byRsa ? rsaSigner : ecSigner);
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
    return token.serialize();
  }

  /** One whose signature is another's: it takes all the work of a new one, each time. */
  String forged(JWSAlgorithm algorithm) {
    String one = token(algorithm);
    String other = token(algorithm);
    return one.substring(0, one.lastIndexOf('.')) + other.substring(other.lastIndexOf('.'));
  }

  /** So many of them, minted by all cores. */
  List<String> tokens(JWSAlgorithm algorithm, int count) {
    return IntStream.range(0, count).parallel().mapToObj(_ -> token(algorithm)).toList();
  }

  /** The outage: nobody answers any more. */
  @Override
  public void close() {
    server.stop(0);
  }
}
