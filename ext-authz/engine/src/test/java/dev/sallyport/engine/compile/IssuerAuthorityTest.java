package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.authenticate.ClientSecret;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Introspection;
import dev.sallyport.engine.authenticate.CompiledIssuer.Keys;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.Lookup;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom an issuer believes, and the objects that it is made of beside its own. */
class IssuerAuthorityTest {
  private static final ObjectKey CORP = new ObjectKey("TokenIssuer", "default", "corp");
  private static final ObjectKey SECRET = new ObjectKey("Secret", "default", "client");
  private static final ObjectKey ANCHORS = new ObjectKey("ConfigMap", "default", "ca");
  private static final String ONE = resource("authority-one.pem");
  private static final String TWO = resource("authority-two.pem");

  private static final String ASKED =
      "introspection: {endpoint: 'https://corp.example/introspect', clientSecretRef: {name: client,"
          + " key: secret}";
  private static final String BY_TLS =
      "jwks: {uri: 'https://corp.example/jwks'}, tls: {caRef: {name: ca, key: ca.crt}}";

  private static String resource(String name) {
    try (InputStream in = IssuerAuthorityTest.class.getResourceAsStream("/certificates/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String issuer(String rest) {
    return "- {kind: TokenIssuer, metadata: {name: corp}, spec: {issuer: 'https://corp.example', "
        + rest
        + "}}\n";
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String secret(String value) {
    return "- {kind: Secret, metadata: {name: client}, data: {secret: '" + base64(value) + "'}}\n";
  }

  private static Declared anchors(String text) {
    return anchors("ca.crt", text);
  }

  private static Declared anchors(String key, String text) {
    return new Declared(ANCHORS, Instant.EPOCH, 1, new Declared.ConfigMap(Map.of(key, text)));
  }

  private static Compilation after(Compilation previous, String objects) {
    return Compiler.compile(new Changes(CaseObjects.parse(objects), List.of()), previous);
  }

  private static Compilation after(Compilation previous, Declared anchors) {
    return Compiler.compile(new Changes(List.of(anchors), List.of()), previous);
  }

  /** With the certificate authorities in a ConfigMap. */
  private static Compilation of(Declared anchors, String objects) {
    return after(after(Compilation.EMPTY, anchors), objects);
  }

  private static Compilation of(String objects) {
    return after(Compilation.EMPTY, objects);
  }

  private static Compilation without(Compilation previous, ObjectKey key) {
    return Compiler.compile(new Changes(List.of(), List.of(key)), previous);
  }

  private static Optional<CompiledIssuer> inForce(Compilation compilation) {
    return compilation.snapshot().issuers().find(CORP);
  }

  /** {@code field code: message} of what is said of the issuer. */
  private static List<String> told(Compilation compilation) {
    return compilation.diagnostics(CORP).stream()
        .map(d -> d.severity() + " " + d.field() + " " + d.code() + ": " + d.message())
        .toList();
  }

  private static Introspection asked(Compilation compilation) {
    assertThat(told(compilation)).noneMatch(text -> text.startsWith("ERROR"));
    return (Introspection) inForce(compilation).orElseThrow().authority();
  }

  // ---- discovery

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://corp.example",
        "https://corp.example/",
        "https://corp.example:8443/realms/one",
        "http://127.0.0.1:8080",
        "http://[::1]:8080/realm"
      })
  void issuerIsDiscoveredWhereItsTextSays(String text) {
    Compilation compilation =
        of(issuer("discovery: {}, staleFor: 2h").replace("https://corp.example", text));

    assertThat(told(compilation)).isEmpty();
    assertThat(inForce(compilation).orElseThrow().authority())
        .isEqualTo(new Keys.Discovered(Duration.ofHours(2)));
  }

  @ParameterizedTest
  @CsvSource({
    "corp,a host",
    "urn:corp,a host",
    "http://corp.example,not https",
    "http://localhost:8080,not https",
    "https://corp.example?tenant=1,a query",
    "https://corp.example?,a query",
    "https://corp.example#x,no fragment",
    "https://me@corp.example,no user",
    "https://corp example,not a URI"
  })
  void issuerWhoseTextIsNoPlaceCannotBeDiscovered(String text, String why) {
    Compilation compilation = of(issuer("discovery: {}").replace("https://corp.example", text));

    assertThat(inForce(compilation)).isEmpty();
    assertThat(told(compilation))
        .singleElement()
        .asString()
        .startsWith("ERROR spec.issuer Invalid: with `discovery`")
        .contains(why);
  }

  @Test
  void twoAuthoritiesAreRefused() {
    assertThat(told(of(issuer("discovery: {}, jwks: {uri: 'https://corp.example/jwks'}"))))
        .containsExactly(
            "ERROR spec Invalid: an issuer has exactly one of `jwks`, `discovery` and"
                + " `introspection`");
  }

  // ---- introspection

  @Test
  void endpointIsAskedWithTheSecretOfASecret() {
    Introspection bearer = asked(of(secret("s3cret-token") + issuer(ASKED + "}")));
    Introspection basic =
        asked(of(secret("pass word:%") + issuer(ASKED + ", clientId: 'a:b', cacheFor: 0s}")));

    assertThat(bearer)
        .isEqualTo(
            new Introspection(
                URI.create("https://corp.example/introspect"),
                Optional.empty(),
                new ClientSecret("s3cret-token"),
                Duration.ofSeconds(30)));
    assertThat(basic.clientId()).contains("a:b");
    assertThat(basic.secret()).isEqualTo(new ClientSecret("pass word:%"));
    assertThat(basic.cacheFor()).isZero();
  }

  @Test
  void lineBreakAtASecretsEndIsLeftOutWithAWarning() {
    for (String end : List.of("\n", "\r\n")) {
      Compilation compilation = of(secret("s3cret" + end) + issuer(ASKED + "}"));

      assertThat(asked(compilation).secret()).isEqualTo(new ClientSecret("s3cret"));
      assertThat(told(compilation))
          .singleElement()
          .asString()
          .startsWith("WARNING spec.introspection.clientSecretRef Risky: ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"with space", "s3cret\n\n", "s3cr\u00e9t", "s3cret\u0000", "s3:cret"})
  void secretThatNoHeaderCanHoldIsRefusedUnseen(String value) {
    Compilation compilation = of(secret(value) + issuer(ASKED + "}"));

    assertThat(inForce(compilation)).isEmpty();
    assertThat(told(compilation))
        .anyMatch(text -> text.startsWith("ERROR spec.introspection.clientSecretRef Invalid: "))
        .noneMatch(text -> text.contains("cret\u0000") || text.contains("s3c"));
  }

  @Test
  void changedSecretIsUsedAtOnceAndAMissingOneByNobody() {
    String issuer = issuer(ASKED + "}");
    Compilation first = of(issuer + secret("one"));
    Compilation second = after(first, secret("two"));
    Compilation gone = without(second, SECRET);
    Compilation back = after(gone, secret("three"));

    assertThat(asked(second).secret()).isEqualTo(new ClientSecret("two"));
    assertThat(inForce(gone)).isEmpty();
    assertThat(told(gone))
        .singleElement()
        .asString()
        .startsWith(
            "ERROR spec.introspection.clientSecretRef.name RefNotFound: there is no Secret"
                + " `default/client`");
    assertThat(asked(back).secret()).isEqualTo(new ClientSecret("three"));
    Compilation keyless = after(back, secret("x").replace("secret:", "other:"));
    assertThat(inForce(keyless)).isEmpty();
    assertThat(told(keyless)).singleElement().asString().contains("Ref.key RefNotFound: ");
  }

  @Test
  void secretThatBecameUnusableLeavesTheLastGoodOneInForce() {
    Compilation first = of(issuer(ASKED + "}") + secret("one"));
    Compilation broken = after(first, secret("t w o"));

    assertThat(inForce(broken)).isEqualTo(inForce(first));
    assertThat(told(broken)).singleElement().asString().startsWith("ERROR ");
  }

  @Test
  void whatMakesNoSenseWithIntrospectionIsSaid() {
    assertThat(
            told(
                of(
                    secret("s")
                        + issuer(
                            "algorithms: [RS256], staleFor: 1h, " + ASKED + ", cacheFor: 1h}"))))
        .satisfiesExactlyInAnyOrder(
            text -> assertThat(text).startsWith("WARNING spec.algorithms Unreachable: "),
            text -> assertThat(text).startsWith("WARNING spec.staleFor Unreachable: "),
            text -> assertThat(text).startsWith("WARNING spec.introspection.cacheFor Risky: "));
    assertThat(told(of(secret("s") + issuer("profile: JwtSvid, " + ASKED + "}"))))
        .singleElement()
        .asString()
        .startsWith("ERROR spec.profile Invalid: ");
  }

  @Test
  void everyFaultOfIntrospectionIsNamed() {
    String introspection =
        "introspection: {endpoint: 'http://corp.example/', clientId: \"a\\tb\", cacheFor: soon}";

    assertThat(told(of(issuer(introspection))))
        .satisfiesExactlyInAnyOrder(
            text -> assertThat(text).startsWith("ERROR spec.introspection.endpoint Invalid: "),
            text -> assertThat(text).startsWith("ERROR spec.introspection.clientId Invalid: "),
            text ->
                assertThat(text)
                    .startsWith("ERROR spec.introspection.cacheFor Invalid: `soon` is not"),
            text ->
                assertThat(text).startsWith("ERROR spec.introspection.clientSecretRef Invalid: "));
  }

  @Test
  void tokensAndSecretsGoOverTlsAlone() {
    String introspection =
        ASKED.replace("https://corp.example/introspect", "http://127.0.0.1:15000/quitquitquit");

    assertThat(told(of(secret("s") + issuer(introspection + "}"))))
        .singleElement()
        .asString()
        .startsWith("ERROR spec.introspection.endpoint Invalid: it is not https");
  }

  // ---- certificate authorities

  @Test
  void authoritiesAreOfAConfigMapOrElseOfASecret() {
    String inSecret =
        "- {kind: Secret, metadata: {name: ca}, data: {ca.crt: '" + base64(ONE + TWO) + "'}}\n";
    Compilation bySecret = of(inSecret + issuer(BY_TLS));
    Compilation byMap = after(bySecret, anchors("# one\n" + ONE));

    assertThat(told(bySecret)).isEmpty();
    assertThat(inForce(bySecret).orElseThrow().tlsAnchors()).hasSize(2);
    assertThat(inForce(byMap).orElseThrow().tlsAnchors())
        .singleElement()
        .extracting(ca -> ca.getSubjectX500Principal().getName())
        .isEqualTo("CN=Test authority one");
    // A ConfigMap that is there is the one that is meant.
    assertThat(told(after(byMap, anchors("other", ONE))))
        .singleElement()
        .asString()
        .startsWith("ERROR spec.tls.caRef.key RefNotFound: the ConfigMap `default/ca`");
  }

  @Test
  void orderOfAuthoritiesMeansNothing() {
    assertThat(inForce(of(anchors(ONE + TWO + ONE), issuer(BY_TLS))))
        .isEqualTo(inForce(of(anchors(TWO + ONE), issuer(BY_TLS))));
  }

  @ParameterizedTest
  @CsvSource({
    "'',holds no certificate",
    "rubbish,holds no certificate",
    "-----BEGIN CERTIFICATE-----,does not end",
    "'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',certificate 1 of it is none",
    "'-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----',certificate 1 of it is none",
    "'-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',other than certificates"
  })
  void textWithoutAuthoritiesIsRefusedAndTheLastGoodOnesStay(String text, String why) {
    Compilation good = of(anchors(ONE), issuer(BY_TLS));
    // Text around certificates is a remark, a broken block is not.
    for (String broken : text.startsWith("-") ? List.of(text, ONE + text) : List.of(text)) {
      Compilation compilation = after(good, anchors(broken));

      assertThat(inForce(compilation)).isEqualTo(inForce(good));
      assertThat(told(compilation))
          .singleElement()
          .asString()
          .startsWith("ERROR spec.tls.caRef Invalid: `ca.crt` there ");
    }
    assertThat(told(of(anchors(text), issuer(BY_TLS)))).singleElement().asString().contains(why);
  }

  @Test
  void certificateOfNoAuthorityIsTakenWithAWarning() {
    Compilation compilation = of(anchors(ONE + resource("server.pem")), issuer(BY_TLS));

    assertThat(inForce(compilation).orElseThrow().tlsAnchors()).hasSize(2);
    assertThat(told(compilation))
        .containsExactly(
            "WARNING spec.tls.caRef Risky: certificate 2 is not marked as an authority (CA)");
  }

  @Test
  void authoritiesThatAreGoneAreBelievedNoLonger() {
    Compilation good = of(anchors(ONE), issuer(BY_TLS));
    Compilation gone = without(good, ANCHORS);

    assertThat(inForce(gone)).isEmpty();
    assertThat(told(gone))
        .singleElement()
        .asString()
        .startsWith(
            "ERROR spec.tls.caRef.name RefNotFound: there is no ConfigMap or Secret `default/ca`");
    assertThat(inForce(after(gone, anchors(ONE)))).isEqualTo(inForce(good));
  }

  @Test
  void identityFollowsItsIssuerToNewAuthorities() {
    String identity =
        """
        - kind: NonHumanIdentity
          metadata: {name: acme}
          spec:
            type: Partner
            owner: {team: t}
            credentials: [{name: k, oauthClient: {issuerRef: {name: corp}, clientId: acme}}]
        """;
    Compilation first = of(anchors(ONE), identity + issuer(BY_TLS));
    Compilation rotated = after(first, anchors(ONE + TWO));

    assertThat(rotated.affected())
        .contains(ANCHORS, CORP, new ObjectKey("NonHumanIdentity", "default", "acme"));
    for (Compilation compilation : List.of(first, rotated)) {
      String trust = inForce(compilation).orElseThrow().trust();
      assertThat(
              compilation
                  .snapshot()
                  .identities()
                  .find(new Lookup.ByClient(trust, "acme"), "default", false))
          .isNotNull();
    }
  }

  @Test
  void authoritiesOfKeysThatStandInlineAreOfNoUse() {
    String inline =
        "jwks: {inline: {keys: [{kty: OKP, crv: Ed25519, x:"
            + " 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}]}}, tls: {caRef: {name: ca, key:"
            + " ca.crt}}";

    assertThat(told(of(anchors(ONE), issuer(inline))))
        .singleElement()
        .asString()
        .startsWith("WARNING spec.tls.caRef Unreachable: ");
  }

  // ---- claims inside of claims

  @Test
  void claimIsNamedOrPointedAt() {
    String claims =
        "claims: {scopes: /realm_access/roles, identity: /https:~1~1corp.example~1client}, "
            + "requiredClaims: {'/kubernetes.io/namespace': payments}, ";
    Compilation compilation = of(issuer(claims + "discovery: {}"));

    assertThat(told(compilation)).isEmpty();
    assertThat(inForce(compilation).orElseThrow().scopeClaims())
        .containsExactly("/realm_access/roles");
  }

  @Test
  void pointerWithAStrayTildeIsRefused() {
    String claims =
        "claims: {scopes: /a~2b, identity: '/~'}, requiredClaims: {'/a~': x, 'a~': y}, ";

    assertThat(told(of(issuer(claims + "discovery: {}"))))
        .satisfiesExactlyInAnyOrder(
            text -> assertThat(text).startsWith("ERROR spec.claims.scopes Invalid: `/a~2b`"),
            text -> assertThat(text).startsWith("ERROR spec.claims.identity Invalid: `/~`"),
            text -> assertThat(text).startsWith("ERROR spec.requiredClaims Invalid: `/a~`"));
  }
}
