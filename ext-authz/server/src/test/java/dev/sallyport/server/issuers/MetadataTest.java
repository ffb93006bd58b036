package dev.sallyport.server.issuers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.server.issuers.Metadata.Reading;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetadataTest {
  private static final String ISSUER = "https://corp.example/tenant";

  private static Reading read(String json) {
    return read(json, ISSUER);
  }

  private static Reading read(String json, String issuer) {
    return Metadata.read(json.getBytes(StandardCharsets.UTF_8), issuer);
  }

  private static String document(String issuer, String keys) {
    return "{\"issuer\":\"" + issuer + "\",\"jwks_uri\":\"" + keys + "\",\"x\":[1]}";
  }

  @ParameterizedTest
  @CsvSource({
    "https://corp.example,"
        + "https://corp.example/.well-known/openid-configuration,"
        + "https://corp.example/.well-known/oauth-authorization-server",
    "https://corp.example/,"
        + "https://corp.example/.well-known/openid-configuration,"
        + "https://corp.example/.well-known/oauth-authorization-server",
    "https://corp.example:8443/a/b/,"
        + "https://corp.example:8443/a/b/.well-known/openid-configuration,"
        + "https://corp.example:8443/.well-known/oauth-authorization-server/a/b",
    "https://corp.example/a%20b,"
        + "https://corp.example/a%20b/.well-known/openid-configuration,"
        + "https://corp.example/.well-known/oauth-authorization-server/a%20b",
    "http://127.0.0.1:8080/t,"
        + "http://127.0.0.1:8080/t/.well-known/openid-configuration,"
        + "http://127.0.0.1:8080/.well-known/oauth-authorization-server/t",
    "http://[::1]:8080,"
        + "http://[::1]:8080/.well-known/openid-configuration,"
        + "http://[::1]:8080/.well-known/oauth-authorization-server"
  })
  void metadataHasTwoPlaces(String issuer, String first, String second) {
    assertThat(Metadata.places(issuer)).containsExactly(URI.create(first), URI.create(second));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "corp",
        "http://corp.example",
        "http://localhost:8080",
        "http://10.0.0.1",
        "https://corp.example?x=1",
        "https://corp.example#x",
        "https://me@corp.example",
        "spiffe://corp.example",
        "https:corp.example",
        "https://a b",
        ""
      })
  void issuerThatIsNoUrlHasNone(String issuer) {
    assertThat(Metadata.places(issuer)).isEmpty();
  }

  @Test
  void keySetIsWhereTheDocumentSays() {
    assertThat(read(document(ISSUER, "https://keys.example/jwks?v=1")))
        .isEqualTo(new Reading.Read(new Metadata(URI.create("https://keys.example/jwks?v=1"))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://corp.example/tenant/",
        "https://CORP.example/tenant",
        "https://corp.example:443/tenant",
        "https://corp.example/Tenant",
        "http://corp.example/tenant",
        "https://evil.example"
      })
  void issuerIsComparedToTheLetter(String other) {
    assertThat(read(document(other, "https://keys.example/jwks")))
        .isEqualTo(new Reading.Unusable("its `issuer` is another one"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://keys.example/jwks",
        "http://127.0.0.1/jwks",
        "file:///etc/passwd",
        "/jwks",
        "https:///jwks",
        "a b",
        ""
      })
  void keySetIsAtAnHttpsUrl(String keys) {
    assertThat(read(document(ISSUER, keys)))
        .isEqualTo(new Reading.Unusable("its `jwks_uri` is no https URL"));
  }

  @Test
  void keySetOfALoopbackIssuerMayBeThereToo() {
    String issuer = "http://127.0.0.1:8080";

    assertThat(read(document(issuer, "http://127.0.0.1:8081/jwks"), issuer))
        .isInstanceOf(Reading.Read.class);
    assertThat(read(document(issuer, "http://10.0.0.1/jwks"), issuer))
        .isInstanceOf(Reading.Unusable.class);
    assertThat(read(document(issuer, "http://localhost/jwks"), issuer))
        .isInstanceOf(Reading.Unusable.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "<html>",
        "{\"issuer\":\"https://evil.example\",\"issuer\":\"https://corp.example/tenant\"}",
        "{\"issuer\":\"https://corp.example/tenant\",\"jwks_uri\":\"https://k.example/\"} x"
      })
  void whatIsNoStrictJsonIsNoMetadata(String json) {
    assertThat(read(json))
        .isEqualTo(new Reading.Unusable("it is not a JSON object with unique names"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"issuer\":null}", "{\"issuer\":1}", "{\"issuer\":[\"x\"]}"})
  void issuerIsText(String json) {
    assertThat(read(json)).isEqualTo(new Reading.Unusable("its `issuer` is another one"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",\"jwks_uri\":null", ",\"jwks_uri\":[]", ",\"jwks_uri\":1"})
  void keySetHasAPlace(String member) {
    assertThat(read("{\"issuer\":\"" + ISSUER + "\"" + member + "}"))
        .isEqualTo(new Reading.Unusable("it has no `jwks_uri`"));
  }
}
