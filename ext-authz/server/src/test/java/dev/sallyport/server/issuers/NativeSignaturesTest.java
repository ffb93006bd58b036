package dev.sallyport.server.issuers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.KeySet;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.TokenIntrospector;
import dev.sallyport.engine.authenticate.TokenVerifier;
import dev.sallyport.engine.authenticate.Verification;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The native code is another implementation: it has to refuse what the JDK's refuses. */
class NativeSignaturesTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

  @BeforeAll
  static void install() {
    NativeSignatures.install();
    assumeTrue(Security.getProvider("Conscrypt") != null, "SKIPPED: no native signatures here");
  }

  @AfterAll
  static void remove() {
    Security.removeProvider("Conscrypt");
  }

  private enum Kind {
    ES256("secp256r1", "SHA256withECDSAinP1363Format", 32),
    ES384("secp384r1", "SHA384withECDSAinP1363Format", 48),
    ES512("secp521r1", "SHA512withECDSAinP1363Format", 66);

    final String jdkCurve;
    final String signature;
    final int bytes;

    Kind(String jdkCurve, String signature, int bytes) {
      this.jdkCurve = jdkCurve;
      this.signature = signature;
      this.bytes = bytes;
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void onlyTheRightSignatureIsTaken(Kind kind) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(kind.jdkCurve));
    KeyPair pair = generator.generateKeyPair();
    ECKey jwk =
        new ECKey.Builder(Curve.forStdName(kind.jdkCurve), (ECPublicKey) pair.getPublic()).build();
    CompiledIssuer issuer = issuer(kind, "{\"keys\":[" + jwk + "]}");
    String input =
        base64("{\"alg\":\"" + kind + "\"}")
            + "."
            + base64(
                "{\"iss\":\"corp\",\"aud\":\"a\",\"exp\":" + (NOW.getEpochSecond() + 60) + "}");
    Signature signing = Signature.getInstance(kind.signature);
    signing.initSign(pair.getPrivate());
    signing.update(input.getBytes(StandardCharsets.US_ASCII));
    byte[] good = signing.sign();

    assertThat(verify(issuer, input, good)).isInstanceOf(Verification.Verified.class);
    for (byte[] bad : wrong(kind, good, ((ECPublicKey) pair.getPublic()).getParams().getOrder())) {
      assertThat(verify(issuer, input, bad)).isInstanceOf(Verification.Untrusted.class);
    }
  }

  /** Zeros (CVE-2022-21449), the group's order, bits turned, halves swapped, other lengths. */
  private static List<byte[]> wrong(Kind kind, byte[] good, BigInteger order) {
    int half = kind.bytes;
    byte[] turned = good.clone();
    turned[half / 2] ^= 1;
    byte[] swapped = new byte[2 * half];
    System.arraycopy(good, half, swapped, 0, half);
    System.arraycopy(good, 0, swapped, half, half);
    byte[] zeroS = good.clone();
    Arrays.fill(zeroS, half, 2 * half, (byte) 0);
    byte[] zeroR = good.clone();
    Arrays.fill(zeroR, 0, half, (byte) 0);
    byte[] orders = new byte[2 * half];
    byte[] magnitude = order.toByteArray();
    int from = Math.max(0, magnitude.length - half);
    int length = magnitude.length - from;
    System.arraycopy(magnitude, from, orders, half - length, length);
    System.arraycopy(magnitude, from, orders, 2 * half - length, length);
    return List.of(
        turned,
        swapped,
        zeroR,
        zeroS,
        new byte[2 * half],
        orders,
        Arrays.copyOf(good, 2 * half - 1),
        Arrays.copyOf(good, 2 * half + 1),
        new byte[] {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01});
  }

  private static CompiledIssuer issuer(Kind kind, String set) {
    KeySet keys = ((KeySet.Parsing.Parsed) KeySet.parse(set)).keys();
    return new CompiledIssuer(
        new ObjectKey("TokenIssuer", "payments", "corp"),
        "corp",
        new CompiledIssuer.Keys.Inline(keys),
        List.of(),
        Set.of("a"),
        Set.of(JWSAlgorithm.parse(kind.name())),
        CompiledIssuer.Profile.GENERIC,
        List.of("scope"),
        List.of("sub"),
        Map.of(),
        Duration.ZERO,
        Optional.empty());
  }

  private static Verification verify(CompiledIssuer issuer, String input, byte[] signature) {
    String token = input + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
    return new TokenVerifier(KeySource.NONE, TokenIntrospector.NONE)
        .verify(token, issuer, List.of(), NOW, Patience.until(NOW.plusSeconds(1)));
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
