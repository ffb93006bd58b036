package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Reason;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens that only somebody without the key would make, from the request to the verdict. */
class ForgedTokensTest {
  private static final SigningKey EC = SigningKey.ec("e");
  private static final SigningKey RSA = SigningKey.rsa("r", "RS256");
  private static final SigningKey STRANGER = SigningKey.ec("stranger");

  /** The order of P-256 (FIPS 186-5). */
  private static final String ORDER =
      "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

  private static final String OBJECTS =
      """
      - {kind: TokenIssuer, metadata: {name: corp}, spec: {issuer: 'https://corp.example', audiences: [api], jwks: {inline: '%s'}}}
      - {kind: ApiPolicy, metadata: {name: api}, spec: {hosts: [api.example.com], authentication: {methods: [{name: corp, jwt: {issuerRef: {name: corp}}}], registered: Optional}, operations: [{name: read, match: [{methods: [GET], path: /x}]}]}}
      """
          .formatted(SigningKey.set(EC, RSA));

  private static final String CLAIMS =
      "{\"iss\":\"https://corp.example\",\"aud\":\"api\",\"client_id\":\"acme\",\"exp\":"
          + (TokenRequest.NOW.getEpochSecond() + 60)
          + "}";

  private static void assertRefused(String token) {
    Decision decision = TokenRequest.decide(OBJECTS, token);

    assertThat(decision.allowed()).isFalse();
    assertThat(decision.reason()).isEqualTo(Reason.CREDENTIAL_INVALID);
    assertThat(decision.toString()).doesNotContain("acme");
  }

  private static String base64(String text) {
    return SigningKey.base64(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void signedTokensOfBothKeysAreTaken() {
    for (SigningKey key : List.of(EC, RSA)) {
      assertThat(TokenRequest.decide(OBJECTS, key.sign(CLAIMS)).reason()).isEqualTo(Reason.ALLOWED);
    }
  }

  @Test
  void unsignedTokenIsRefusedWithAndWithoutARest() {
    for (String algorithm : List.of("none", "None", "NONE", "nOnE", "")) {
      String input =
          base64("{\"alg\":\"" + algorithm + "\",\"kid\":\"e\"}") + "." + base64(CLAIMS) + ".";
      assertRefused(input);
      assertRefused(input + EC.sign(CLAIMS).split("\\.", -1)[2]);
    }
  }

  @Test
  void publicKeyIsNoSecretToSignWith() throws GeneralSecurityException {
    RSAPublicKey key = (RSAPublicKey) RSA.pair().getPublic();
    String mime = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded());
    String pem = "-----BEGIN PUBLIC KEY-----\n" + mime + "\n-----END PUBLIC KEY-----";
    List<byte[]> secrets = new ArrayList<>();
    for (String text : List.of(pem, pem + "\n", mime, RSA.jwk(), SigningKey.set(EC, RSA))) {
      secrets.add(text.getBytes(StandardCharsets.UTF_8));
    }
    secrets.add(key.getEncoded());
    secrets.add(key.getModulus().toByteArray());
    for (byte[] secret : secrets) {
      for (String algorithm : List.of("HS256", "RS256")) {
        String input =
            base64("{\"alg\":\"" + algorithm + "\",\"kid\":\"r\"}") + "." + base64(CLAIMS);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        byte[] signature = mac.doFinal(input.getBytes(StandardCharsets.US_ASCII));
        assertRefused(input + "." + SigningKey.base64(signature));
      }
    }
  }

  /** CVE-2022-21449: r and s of nothing satisfied the equation for every message. */
  @ParameterizedTest
  @ValueSource(strings = {"00", "01", "n", "ff"})
  void signatureOfNothingIsNone(String fill) {
    String good = HexFormat.of().formatHex(signature(EC.sign(CLAIMS)));
    String number = fill.equals("n") ? ORDER : fill.repeat(32);
    String input = EC.sign(CLAIMS);
    input = input.substring(0, input.lastIndexOf('.') + 1);
    for (String forged :
        List.of(
            number + number,
            number + good.substring(64),
            good.substring(0, 64) + number,
            number,
            "",
            good + "00",
            "00" + good)) {
      assertRefused(input + SigningKey.base64(HexFormat.of().parseHex(forged)));
    }
  }

  /** ASN.1, as TLS has it, is another text of the same signature. */
  @Test
  void signatureInAnotherFormIsNone() {
    String token = EC.sign(CLAIMS);
    byte[] raw = signature(token);
    byte[] der = new byte[72];
    der[0] = 0x30;
    der[1] = 70;
    for (int part = 0; part < 2; part++) {
      der[2 + part * 35] = 2;
      der[3 + part * 35] = 33;
      System.arraycopy(raw, part * 32, der, 5 + part * 35, 32);
    }
    String input = token.substring(0, token.lastIndexOf('.') + 1);

    assertRefused(input + SigningKey.base64(der));
  }

  private static byte[] signature(String token) {
    return Base64.getUrlDecoder().decode(token.substring(token.lastIndexOf('.') + 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"})
  void keyThatATokenBringsOrPointsAtIsIgnored(String name) {
    String value =
        switch (name) {
          case "jwk" -> STRANGER.jwk();
          case "x5c" -> "[\"AAAA\"]";
          default -> "\"https://evil.example/keys\"";
        };
    for (String kid : List.of(",\"kid\":\"e\"", ",\"kid\":\"stranger\"", "")) {
      String header = "{\"alg\":\"ES256\"" + kid + ",\"" + name + "\":" + value + "}";
      assertRefused(STRANGER.sign(header, CLAIMS));
    }
    String header = "{\"alg\":\"ES256\",\"kid\":\"e\",\"" + name + "\":" + value + "}";
    assertThat(TokenRequest.decide(OBJECTS, EC.sign(header, CLAIMS)).reason())
        .isEqualTo(Reason.ALLOWED);
  }

  @Test
  void tokenInsideOfATokenIsNotLookedAt() {
    for (String header :
        List.of(
            "{\"alg\":\"ES256\",\"kid\":\"e\"}",
            "{\"alg\":\"ES256\",\"kid\":\"e\",\"cty\":\"JWT\"}",
            "{\"alg\":\"ES256\",\"kid\":\"e\",\"cty\":\"application/jwt\"}")) {
      assertRefused(EC.sign(header, EC.sign(CLAIMS)));
    }
    assertRefused(EC.sign("{\"alg\":\"ES256\",\"kid\":\"e\",\"cty\":\"JWT\"}", CLAIMS));
  }

  @Test
  void encryptedTokenIsRefused() {
    for (String algorithm : List.of("RSA-OAEP", "dir", "ECDH-ES", "PBES2-HS256+A128KW")) {
      String header =
          base64(
              "{\"alg\":\""
                  + algorithm
                  + "\",\"enc\":\"A256GCM\",\"zip\":\"DEF\",\"p2c\":2147483647}");
      assertRefused(header + ".." + base64(CLAIMS) + ".AAAA.AAAA");
      assertRefused(header + "." + base64(CLAIMS) + ".AAAA");
    }
  }

  @Test
  void nameThatStandsTwiceIsRefused() {
    assertRefused(EC.sign("{\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"e\"}", CLAIMS));
    assertRefused(EC.sign("{\"alg\":\"ES256\",\"kid\":\"e\",\"\\u0061lg\":\"ES256\"}", CLAIMS));
    assertRefused(EC.sign(CLAIMS.replace("{", "{\"client_id\":\"other\",")));
    assertRefused(EC.sign(CLAIMS.replace("}", ",\"\\u0061ud\":\"api\"}")));
    assertRefused(EC.sign(CLAIMS.replace("}", ",\"x\":{\"y\":1,\"y\":1}}")));
  }

  @Test
  void otherKindsOfTextAreRefused() {
    String token = EC.sign(CLAIMS);
    for (String text :
        List.of(
            "x".repeat(16 * 1024 + 1),
            token + ".".repeat(16 * 1024),
            "A".repeat(16 * 1024 - 2) + "..",
            ".".repeat(16 * 1024),
            EC.sign("{\"alg\":\"ES256\",\"kid\":\"" + "k".repeat(9000) + "\"}", CLAIMS),
            EC.sign("[".repeat(8000), CLAIMS),
            EC.sign("{\"alg\":\"ES256\",\"kid\":\"e\"}", "{\"a\":".repeat(1500)),
            EC.sign(CLAIMS.replace("}", ",\"x\":1" + "0".repeat(5000) + "}")))) {
      assertRefused(text);
    }
  }

  /** Before anybody looks for a token in it. */
  @Test
  void headersOfAMegabyteAreNoRequest() {
    for (String token : List.of("x".repeat(1 << 20), EC.sign(CLAIMS) + ".".repeat(1 << 20))) {
      Decision decision = TokenRequest.decide(OBJECTS, token);

      assertThat(decision.allowed()).isFalse();
      assertThat(decision.reason()).isEqualTo(Reason.REQUEST_MALFORMED);
    }
  }

  @Test
  void tokenInJsonIsRefused() {
    String[] parts = EC.sign(CLAIMS).split("\\.", -1);
    assertRefused(
        "{\"payload\":\""
            + parts[1]
            + "\",\"protected\":\""
            + parts[0]
            + "\",\"signature\":\""
            + parts[2]
            + "\"}");
  }
}
