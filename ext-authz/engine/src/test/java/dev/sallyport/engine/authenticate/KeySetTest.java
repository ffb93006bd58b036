package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import dev.sallyport.engine.authenticate.KeySet.Parsing.Parsed;
import dev.sallyport.engine.authenticate.KeySet.Parsing.Unreadable;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeySetTest {
  private static final SigningKey KEY = SigningKey.ec("k1");

  private static Parsed parsed(String... keys) {
    return (Parsed) KeySet.parse("{\"keys\":[" + String.join(",", keys) + "]}");
  }

  private static String with(String member) {
    return KEY.jwk().replaceFirst("\\{", "{" + member + ",");
  }

  @Test
  void publicKeysForSignaturesAreKept() {
    Parsed set = parsed(KEY.jwk(), SigningKey.ed25519("e").jwk(), with("\"use\":\"sig\""));

    assertThat(set.problems()).isEmpty();
    assertThat(set.keys().size()).isEqualTo(2);
    assertThat(set.keys().contains("k1")).isTrue();
    assertThat(set.keys().contains("K1")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"use\":\"enc\"",
        "\"use\":\"x509-svid\"",
        "\"key_ops\":[\"sign\"]",
        "\"alg\":\"ES384\"",
        "\"alg\":\"HS256\"",
        "\"alg\":\"none\""
      })
  void keyOfAnotherPurposeIsLeftOutWithItsPlace(String member) {
    Parsed set = parsed(SigningKey.ed25519("e").jwk(), with(member));

    assertThat(set.keys().size()).isEqualTo(1);
    assertThat(set.problems()).singleElement().asString().startsWith("keys[1] ");
  }

  @Test
  void keyWithItsPrivatePartIsLeftOut() {
    String jwk =
        new ECKey.Builder(Curve.P_256, (ECPublicKey) KEY.pair().getPublic())
            .privateKey((ECPrivateKey) KEY.pair().getPrivate())
            .build()
            .toString();

    Parsed set = parsed(jwk);

    assertThat(set.keys().size()).isZero();
    assertThat(set.problems()).singleElement().asString().contains("private part");
    assertThat(set.problems().toString()).doesNotContain("\"d\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"kty\":\"oct\",\"kid\":\"s\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
        "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}",
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
        "{\"kty\":\"new\"}",
        "{}",
        "1",
        "null",
        "[]"
      })
  void whatVerifiesNoSignatureIsLeftOut(String key) {
    Parsed set = parsed(key, KEY.jwk());

    assertThat(set.keys().size()).isEqualTo(1);
    assertThat(set.problems()).singleElement().asString().startsWith("keys[0] ");
  }

  @Test
  void twoKeysOfOneIdAreBothLeftOut() {
    Parsed set = parsed(KEY.jwk(), SigningKey.ec("k1").jwk(), SigningKey.ec("k2").jwk());

    assertThat(set.keys().contains("k1")).isFalse();
    assertThat(set.keys().contains("k2")).isTrue();
    assertThat(set.problems()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "{}",
        "{\"keys\":{}}",
        "{\"keys\":[],\"keys\":[]}",
        "{\"keys\":[]} {}",
        "<html>",
        "\ufeff{\"keys\":[]}"
      })
  void otherTextIsUnreadable(String text) {
    assertThat(KeySet.parse(text)).isInstanceOf(Unreadable.class);
  }

  @Test
  void sizeAndNumberAreBounded() {
    String hundred =
        IntStream.range(0, 100).mapToObj(_ -> "{}").collect(Collectors.joining(",", "[", "]"));

    assertThat(KeySet.parse("{\"keys\":" + hundred + "}")).isInstanceOf(Parsed.class);
    assertThat(KeySet.parse("{\"keys\":" + hundred.replaceFirst("\\{", "{},{") + "}"))
        .isInstanceOf(Unreadable.class);
    assertThat(KeySet.parse("{\"keys\":[]" + " ".repeat(KeySet.MAX_BYTES) + "}"))
        .isInstanceOf(Unreadable.class);
    assertThat(KeySet.parse("{\"keys\":" + "[".repeat(500_000))).isInstanceOf(Unreadable.class);
  }

  @Test
  void thousandKeysAreTooManyWhateverTheyAre() {
    String keys = String.join(",", Collections.nCopies(1_000, KEY.jwk()));

    assertThat(KeySet.parse("{\"keys\":[" + keys + "]}"))
        .isEqualTo(new Unreadable("it has more than 100 keys"));
  }

  @Test
  void setOfTenMegabytesIsNotEvenRead() {
    byte[] large = new byte[10_000_000];

    assertThat(KeySet.parse(large)).isEqualTo(new Unreadable("it is larger than 1 MiB"));
    assertThat(KeySet.parse(" ".repeat(large.length)))
        .isEqualTo(new Unreadable("it is larger than 1 MiB"));
  }

  @Test
  void mapIsReadAsItsText() {
    Map<String, Object> key =
        Map.of("kty", "OKP", "crv", "Ed25519", "x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");

    assertThat(((Parsed) KeySet.of(Map.of("keys", List.of(key)))).keys().size()).isEqualTo(1);
    assertThat(KeySet.of(Map.of("keys", new Object()))).isInstanceOf(Unreadable.class);
  }
}
