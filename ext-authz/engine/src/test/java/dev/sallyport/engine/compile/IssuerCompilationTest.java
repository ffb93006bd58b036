package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.crd.TokenIssuerSpec.Claims;
import dev.sallyport.crd.TokenIssuerSpec.Jwks;
import dev.sallyport.crd.TokenIssuerSpec.Profile;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Keys;
import dev.sallyport.engine.compile.IssuerCompilation.Compiled;
import dev.sallyport.engine.compile.IssuerCompilation.Refused;
import dev.sallyport.engine.decision.ObjectKey;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pcollections.HashTreePMap;

class IssuerCompilationTest {
  private static final ObjectKey KEY = new ObjectKey("TokenIssuer", "payments", "corp");
  private static final Jwks REMOTE = new Jwks("https://corp.example/jwks", null);
  private static final Map<String, Object> ED25519 =
      Map.of("kty", "OKP", "crv", "Ed25519", "x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");

  private static TokenIssuerSpec spec(Jwks jwks) {
    return spec(jwks, List.of(), Profile.Generic);
  }

  private static TokenIssuerSpec spec(Jwks jwks, List<String> algorithms, Profile profile) {
    return new TokenIssuerSpec(
        "https://corp.example",
        jwks,
        null,
        null,
        List.of("payments"),
        algorithms,
        profile,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  private static TokenIssuerSpec durations(String skew, String maxAge, String staleFor) {
    return new TokenIssuerSpec(
        "https://corp.example",
        REMOTE,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        skew,
        maxAge,
        staleFor,
        null);
  }

  private static IssuerCompilation compile(TokenIssuerSpec spec) {
    return IssuerCompilation.compile(
        spec, KEY, new References(HashTreePMap.empty(), new Shelf(Shelf.EMPTY)));
  }

  private static CompiledIssuer compiled(TokenIssuerSpec spec) {
    assertThat(compile(spec)).isInstanceOf(Compiled.class);
    return ((Compiled) compile(spec)).issuer();
  }

  /** {@code field code: message} of each diagnostic. */
  private static List<String> refused(TokenIssuerSpec spec) {
    assertThat(compile(spec)).isInstanceOf(Refused.class);
    return ((Refused) compile(spec))
        .diagnostics().stream().map(d -> d.field() + " " + d.code() + ": " + d.message()).toList();
  }

  @Test
  void absentFieldsHaveTheirDefaults() {
    CompiledIssuer issuer = compiled(spec(REMOTE));

    assertThat(issuer.authority())
        .isEqualTo(new Keys.Remote(URI.create("https://corp.example/jwks"), Duration.ofHours(1)));
    assertThat(issuer.algorithms()).isEqualTo(CompiledIssuer.DEFAULT_ALGORITHMS);
    assertThat(issuer.scopeClaims()).containsExactly("scope", "scp");
    assertThat(issuer.identityClaims()).containsExactly("azp", "client_id", "sub");
    assertThat(issuer.clockSkew()).isEqualTo(Duration.ofSeconds(30));
    assertThat(issuer.maxTokenAge()).isEmpty();
  }

  @Test
  void inlineKeysAreAnObjectOrItsText() {
    Map<String, Object> set = Map.of("keys", List.of(ED25519));
    String text =
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + ED25519.get("x") + "\"}]}";

    for (Object inline : List.of(set, text)) {
      assertThat(compiled(spec(new Jwks(null, inline))).authority())
          .isInstanceOf(Keys.Inline.class);
    }
  }

  @Test
  void inlineKeyThatIsLeftOutIsAWarningAndNoneLeftAnError() {
    Map<String, Object> symmetric = Map.of("kty", "oct", "k", "c2VjcmV0LXZhbHVl");

    IssuerCompilation some =
        compile(spec(new Jwks(null, Map.of("keys", List.of(symmetric, ED25519)))));
    assertThat(((Compiled) some).warnings())
        .singleElement()
        .satisfies(warning -> assertThat(warning.message()).contains("keys[0] is symmetric"));

    assertThat(refused(spec(new Jwks(null, Map.of("keys", List.of(symmetric))))))
        .singleElement()
        .asString()
        .startsWith("spec.jwks.inline Invalid: it has no key to verify with")
        .doesNotContain("c2VjcmV0LXZhbHVl");
    assertThat(refused(spec(new Jwks(null, 5)))).hasSize(1);
    assertThat(refused(spec(new Jwks(null, "rubbish")))).hasSize(1);
  }

  @Test
  void exactlyOneSourceOfKeysIsNeeded() {
    assertThat(refused(spec(null))).singleElement().asString().startsWith("spec.jwks Invalid");
    assertThat(refused(spec(new Jwks(null, null)))).hasSize(1);
    assertThat(refused(spec(new Jwks("https://corp.example/", Map.of())))).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://corp.example/jwks",
        "http://localhost/jwks",
        "http://127.0.0.1.evil.example/jwks",
        "http://127.0.0.1@evil.example/jwks",
        "https://user:secret@corp.example/jwks",
        "https://corp.example/jwks#x",
        "https:///jwks",
        "https://corp.example:0/jwks",
        "https://corp.example:65536/jwks",
        "https:corp",
        "file:///etc/jwks",
        "ftp://corp.example/",
        "corp.example/jwks",
        "https://corp example/",
        ""
      })
  void otherAddressesOfKeysAreRefused(String uri) {
    assertThat(refused(spec(new Jwks(uri, null))))
        .singleElement()
        .asString()
        .startsWith("spec.jwks.uri Invalid");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://127.0.0.1:8080/jwks", "http://[::1]/jwks", "HTTPS://corp.example"})
  void httpsAndLoopbackAreTaken(String uri) {
    assertThat(compiled(spec(new Jwks(uri, null))).authority()).isInstanceOf(Keys.Remote.class);
  }

  @ParameterizedTest
  @CsvSource({
    "none,unsigned",
    "NONE,unsigned",
    "HS256,secret",
    "HS512,secret",
    "RS1,not known",
    "rs256,not known"
  })
  void algorithmsThatProveNothingAreRefused(String name, String why) {
    assertThat(refused(spec(REMOTE, List.of("RS256", name), Profile.Generic)))
        .singleElement()
        .asString()
        .startsWith("spec.algorithms[1] Invalid")
        .contains(why);
  }

  @Test
  void svidsAreSignedByRsaOrEcdsaOnly() {
    assertThat(compiled(spec(REMOTE, List.of(), Profile.JwtSvid)).algorithms())
        .containsExactlyInAnyOrder(JWSAlgorithm.RS256, JWSAlgorithm.PS256, JWSAlgorithm.ES256);
    assertThat(refused(spec(REMOTE, List.of("EdDSA"), Profile.JwtSvid))).hasSize(1);
  }

  @Test
  void durationsAreRead() {
    CompiledIssuer issuer = compiled(durations("0s", "1h", "0s"));

    assertThat(issuer.clockSkew()).isZero();
    assertThat(issuer.maxTokenAge()).contains(Duration.ofHours(1));
    assertThat(((Keys.Remote) issuer.authority()).staleFor()).isZero();
  }

  @Test
  void everyWrongDurationIsNamed() {
    assertThat(refused(durations("11m", "0s", "soon")))
        .satisfiesExactlyInAnyOrder(
            error -> assertThat(error).startsWith("spec.clockSkew Invalid: `11m`"),
            error -> assertThat(error).startsWith("spec.maxTokenAge Invalid"),
            error -> assertThat(error).startsWith("spec.staleFor Invalid: `soon`"));
  }

  @Test
  void textsThatAreEmptyAreRefused() {
    TokenIssuerSpec spec =
        new TokenIssuerSpec(
            " ",
            REMOTE,
            null,
            null,
            List.of(""),
            null,
            null,
            new Claims("", ""),
            Map.of("", "x"),
            null,
            null,
            null,
            null);

    assertThat(refused(spec)).hasSize(5);
  }
}
