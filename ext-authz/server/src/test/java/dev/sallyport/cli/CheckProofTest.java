package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.Base64URL;
import dev.sallyport.server.proofs.HmacNonces;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sallyport check} with proofs of possession (RFC 9449). */
class CheckProofTest {
  private static final Instant NOW = CliRun.NOW;
  private static final String URL = "https://api.example.com/x";
  private static final ECKey ISSUER = key("corp");
  private static final ECKey CALLER = key("caller");

  @TempDir private Path dir;
  private final Map<String, String> environment = new HashMap<>();
  private String out = "";
  private String err = "";

  private static ECKey key(String id) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      return new ECKey.Builder(Curve.P_256, (ECPublicKey) pair.getPublic())
          .privateKey((ECPrivateKey) pair.getPrivate())
          .keyID(id)
          .build();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void writePolicies() throws IOException {
    Files.writeString(
        Files.createDirectory(dir.resolve("policies")).resolve("api.yaml"),
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: api, namespace: shop}
        spec:
          hosts: [api.example.com]
          authentication:
            registered: Optional
            methods: [{name: corporate, jwt: {issuerRef: {name: corp}, audiences: [api]}}]
            dpop: {origins: ["https://api.example.com"], nonce: Required}
          operations: [{name: read, match: [{methods: [GET], path: /x}]}]
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: TokenIssuer
        metadata: {name: corp, namespace: shop}
        spec: {issuer: "https://corp.example", jwks: {inline: '%s'}}
        """
            .formatted(new JWKSet(ISSUER).toString(true)));
  }

  private static String token() throws JOSEException {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", "https://corp.example");
    claims.put("aud", "api");
    claims.put("client_id", "acme");
    claims.put("exp", NOW.plusSeconds(600).getEpochSecond());
    claims.put("cnf", Map.of("jkt", CALLER.computeThumbprint().toString()));
    return sign(new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("corp").build(), claims, ISSUER);
  }

  private static String proof(String token, String nonce)
      throws JOSEException, GeneralSecurityException {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("jti", "1");
    claims.put("htm", "GET");
    claims.put("htu", URL);
    claims.put("iat", NOW.getEpochSecond());
    claims.put("nonce", nonce);
    claims.put(
        "ath",
        Base64URL.encode(
                MessageDigest.getInstance("SHA-256")
                    .digest(token.getBytes(StandardCharsets.US_ASCII)))
            .toString());
    return sign(
        new JWSHeader.Builder(JWSAlgorithm.ES256)
            .type(new JOSEObjectType("dpop+jwt"))
            .jwk(CALLER.toPublicJWK())
            .build(),
        claims,
        CALLER);
  }

  private static String sign(JWSHeader header, Map<String, Object> claims, ECKey key)
      throws JOSEException {
    JWSObject signed = new JWSObject(header, new Payload(claims));
    signed.sign(new ECDSASigner(key));
    return signed.serialize();
  }

  private int check(String token, String proof) {
    CliRun run =
        CliRun.of(
            "",
            environment,
            "check",
            "--policies",
            dir.resolve("policies").toString(),
            "--url",
            URL,
            "--header",
            "Authorization: DPoP " + token,
            "--header",
            "DPoP: " + proof);
    out = run.out();
    err = run.err();
    return run.exitCode();
  }

  private Path keyFile(String key) throws IOException {
    Path file = Files.writeString(dir.resolve("nonce.key"), key);
    environment.put("SALLYPORT_DPOP_NONCE_KEY_FILE", file.toString());
    return file;
  }

  @Test
  void proofWithTheNonceOfAServerWithTheSameKeyIsTaken() throws Exception {
    HmacNonces server = HmacNonces.of(keyFile(BigInteger.TEN.pow(48).toString()));
    String token = token();
    assertThat(check(token, proof(token, server.current(NOW)))).as(out + err).isZero();
    assertThat(out).startsWith("ALLOWED").doesNotContain(token);
  }

  @Test
  void proofWithAnotherNonceIsToldWhatIsMissing() throws Exception {
    String token = token();
    String proof = proof(token, "of-another-server");
    assertThat(check(token, proof)).isEqualTo(1);
    assertThat(out)
        .startsWith("DENIED credential_invalid (401)")
        .contains("the proof needs a nonce")
        .doesNotContain(token)
        .doesNotContain(proof);
  }

  @Test
  void keyThatIsTooShortIsBadConfiguration() throws Exception {
    keyFile("short");
    String token = token();
    assertThat(check(token, proof(token, "x"))).isEqualTo(2);
    assertThat(err)
        .startsWith("sallyport: `dpop.nonceKeyFile`: ")
        .contains("holds fewer than 32 bytes")
        .hasLineCount(1);
  }
}
