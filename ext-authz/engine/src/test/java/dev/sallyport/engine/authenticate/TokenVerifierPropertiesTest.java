package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;

class TokenVerifierPropertiesTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final Patience PATIENT = Patience.until(NOW.plusSeconds(1));
  private static final SigningKey KEY = SigningKey.rsa("k1", "RS256");
  private static final String GOOD =
      KEY.sign(
          "{\"iss\":\"corp\",\"aud\":\"payments\",\"exp\":" + (NOW.getEpochSecond() + 9) + "}");

  private final TokenVerifier verifier = new TokenVerifier(KeySource.NONE, TokenIntrospector.NONE);
  private final CompiledIssuer issuer =
      new CompiledIssuer(
          new ObjectKey("TokenIssuer", "payments", "corp"),
          "corp",
          new CompiledIssuer.Keys.Inline(SigningKey.keySet(KEY)),
          List.of(),
          Set.of("payments"),
          CompiledIssuer.DEFAULT_ALGORITHMS,
          CompiledIssuer.Profile.GENERIC,
          List.of("scope"),
          List.of("sub"),
          Map.of(),
          Duration.ZERO,
          Optional.empty());

  private Verification verify(String token) {
    return verifier.verify(token, issuer, List.of(), NOW, PATIENT);
  }

  @Property(tries = 500)
  void oneOtherCharacterMakesATokenUntrusted(
      @ForAll @IntRange(max = 10_000) int place, @ForAll char other) {
    int at = place % GOOD.length();
    String changed = GOOD.substring(0, at) + other + GOOD.substring(at + 1);

    assertThat(verify(changed))
        .isInstanceOf(
            changed.equals(GOOD) ? Verification.Verified.class : Verification.Untrusted.class);
  }

  @Property(tries = 200)
  void anyTextIsUntrusted(@ForAll @StringLength(max = 200) String text) {
    assertThat(verify(text)).isInstanceOf(Verification.Untrusted.class);
  }

  /** Signed rubbish, as a broken issuer might send it. */
  @Property(tries = 50)
  void anySignedPayloadIsUntrusted(@ForAll byte[] header, @ForAll byte[] payload) {
    String usual = "{\"alg\":\"RS256\",\"kid\":\"k1\"}";

    assertThat(verify(KEY.sign(usual.getBytes(StandardCharsets.UTF_8), payload)))
        .isInstanceOf(Verification.Untrusted.class);
    assertThat(verify(KEY.sign(header, payload))).isInstanceOf(Verification.Untrusted.class);
  }
}
