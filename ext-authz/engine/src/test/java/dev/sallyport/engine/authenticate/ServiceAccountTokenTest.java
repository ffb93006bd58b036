package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.ServiceAccountToken.Reading;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ServiceAccountTokenTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final List<String> AUDIENCES = List.of("payments");

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String token(String claims) {
    return base64("{\"alg\":\"RS256\"}") + '.' + base64(claims) + '.' + base64("signature");
  }

  private static String good() {
    return token(
        """
        {"sub": "system:serviceaccount:payments:exporter", "aud": "payments", "exp": %d}
        """
            .formatted(NOW.getEpochSecond() + 600));
  }

  @Example
  void goodTokenIsReadAndNeverPrinted() {
    Reading reading = ServiceAccountToken.read(good(), AUDIENCES, NOW);
    assertThat(reading).isInstanceOf(Reading.Plausible.class);
    ServiceAccountToken token = ((Reading.Plausible) reading).token();
    assertThat(token.namespace()).isEqualTo("payments");
    assertThat(token.name()).isEqualTo("exporter");
    assertThat(token.expiresAt()).isEqualTo(NOW.plusSeconds(600));
    assertThat(reading.toString()).doesNotContain("eyJ", "payments", "exporter");
    assertThat(token.isOf(new Subject.ServiceAccount("payments", "exporter", "u"))).isTrue();
    assertThat(token.isOf(new Subject.ServiceAccount("payments", "export", "u"))).isFalse();
    assertThat(token.isOf(new Subject.ServiceAccount("payment", "exporter", "u"))).isFalse();
  }

  @Example
  void longestNamesOfKubernetesAreTaken() {
    String longest =
        token(
            "{\"sub\":\"system:serviceaccount:"
                + "n".repeat(63)
                + ":"
                + "a.".repeat(126)
                + "a\",\"aud\":[\"payments\"],\"exp\":"
                + (NOW.getEpochSecond() + 1)
                + "}");
    assertThat(ServiceAccountToken.read(longest, AUDIENCES, NOW))
        .isInstanceOf(Reading.Plausible.class);
    assertThat(
            ServiceAccountToken.read(
                token(
                    "{\"sub\":\"system:serviceaccount:"
                        + "n".repeat(64)
                        + ":a\",\"aud\":[\"payments\"],\"exp\":9999999999}"),
                AUDIENCES,
                NOW))
        .isInstanceOf(Reading.Refused.class);
  }

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> claims =
        Arbitraries.of(
                "{",
                "}",
                "\"sub\":",
                "\"system:serviceaccount:a:b\"",
                "\"aud\":[\"payments\"]",
                "\"exp\":1e400",
                "\"exp\":-1",
                "\"exp\":99999999999999999999",
                "\"exp\":1795611600",
                "\"nbf\":{}",
                ",",
                "[",
                "null")
            .list()
            .ofMaxSize(8)
            .map(parts -> token(String.join("", parts)));
    Arbitrary<String> mutated =
        Arbitraries.integers()
            .between(0, good().length() - 1)
            .flatMap(at ->
                Arbitraries.chars()
                    .range('!', '~')
                    .map(c -> good().substring(0, at) + c + good().substring(at + 1)));
    return Arbitraries.oneOf(claims, mutated, Arbitraries.strings().ascii().ofMaxLength(60));
  }

  @Property(tries = 5000, edgeCases = EdgeCasesMode.NONE)
  void readingThrowsNothingAndTellsNothing(@ForAll("texts") String text) {
    switch (ServiceAccountToken.read(text, AUDIENCES, NOW)) {
      case Reading.Plausible(var token) -> {
        assertThat(token.text()).isEqualTo(text);
        assertThat(token.expiresAt()).isAfter(NOW);
      }
      case Reading.Expired() -> {}
      case Reading.Refused(var why) -> assertThat(why).matches("[a-zA-Z0-9 `'(),.:]+");
    }
  }
}
