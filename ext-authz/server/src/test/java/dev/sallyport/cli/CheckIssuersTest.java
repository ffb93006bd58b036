package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.sallyport.server.issuers.CertificateAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sallyport check} with issuers that have to be asked. */
class CheckIssuersTest {
  private static final Instant NOW = CliRun.NOW;

  @TempDir private Path dir;
  private final Map<String, String> pages = new ConcurrentHashMap<>();
  private HttpServer server;
  private String out = "";
  private String err = "";

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    serve(server);
  }

  private void serve(HttpServer server) {
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            String page = pages.get(exchange.getRequestURI().getPath());
            byte[] bytes = (page == null ? "" : page).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(
                page == null ? 500 : 200, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private String uri(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private void policies(String issuer) throws IOException {
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
          operations: [{name: read, match: [{methods: [GET], path: /x}]}]
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: gateway, namespace: shop}
        stringData: {secret: hunter2}
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: TokenIssuer
        metadata: {name: corp, namespace: shop}
        spec: %s
        """
            .formatted(issuer));
  }

  /** Tokens and secrets go over TLS only. */
  private void introspection() throws IOException {
    CertificateAuthority authority = CertificateAuthority.of("ip:127.0.0.1");
    HttpsServer secure =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    secure.setHttpsConfigurator(new HttpsConfigurator(authority.server()));
    server.stop(0);
    server = secure;
    serve(secure);
    policies(
        "{issuer: 'https://corp.example', tls: {caRef: {name: authorities, key: ca.crt}},"
            + " introspection: {endpoint: 'https://127.0.0.1:"
            + secure.getAddress().getPort()
            + "/introspect', clientId: gateway, clientSecretRef: {name: gateway, key: secret}}}");
    Files.writeString(
        dir.resolve("policies/authorities.yaml"),
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: authorities, namespace: shop}\n"
            + "data:\n  ca.crt: |\n"
            + pem(authority.certificate()).indent(4));
  }

  private static String pem(X509Certificate certificate) {
    try {
      return "-----BEGIN CERTIFICATE-----\n"
          + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
          + "\n-----END CERTIFICATE-----\n";
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }

  private int check(String token) {
    CliRun run =
        CliRun.of(
            "",
            Map.of(),
            "check",
            "--policies",
            dir.resolve("policies").toString(),
            "--url",
            "https://api.example.com/x",
            "--header",
            "Authorization: Bearer " + token);
    out = run.out();
    err = run.err();
    assertThat(out + err).doesNotContain(token, "hunter2");
    return run.exitCode();
  }

  @Test
  void opaqueTokenThatItsIssuerKnowsIsAllowed() throws IOException {
    introspection();
    pages.put(
        "/introspect",
        "{\"active\":true,\"iss\":\"https://corp.example\",\"aud\":\"api\",\"client_id\":\"acme\",\"exp\":"
            + NOW.plusSeconds(60).getEpochSecond()
            + "}");

    assertThat(check("0paque")).as(out + err).isZero();
    assertThat(out).contains("corporate: verified");
  }

  @Test
  void tokenThatItsIssuerDoesNotKnowIsInvalid() throws IOException {
    introspection();
    pages.put("/introspect", "{\"active\":false}");

    assertThat(check("0paque")).isEqualTo(1);
    assertThat(out).contains("credential_invalid");
  }

  @Test
  void issuerThatCanNotBeAskedIsADependency() throws IOException {
    introspection();

    assertThat(check("0paque")).isEqualTo(1);
    assertThat(out).contains("dependency_unavailable");
  }

  @Test
  void keysAreFoundWhereTheMetadataSays() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair pair = generator.generateKeyPair();
    ECKey key =
        new ECKey.Builder(Curve.P_256, (ECPublicKey) pair.getPublic())
            .privateKey((ECPrivateKey) pair.getPrivate())
            .keyID("k1")
            .build();
    policies("{issuer: '" + uri("") + "', discovery: {}}");
    pages.put(
        "/.well-known/openid-configuration",
        "{\"issuer\":\"" + uri("") + "\",\"jwks_uri\":\"" + uri("/jwks") + "\"}");
    pages.put("/jwks", new JWKSet(key).toString(true));
    JWSObject token =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k1").build(),
            new Payload(
                Map.of(
                    "iss",
                    uri(""),
                    "aud",
                    "api",
                    "client_id",
                    "acme",
                    "exp",
                    NOW.plusSeconds(60).getEpochSecond())));
    token.sign(new ECDSASigner(key));

    assertThat(check(token.serialize())).as(out + err).isZero();
    assertThat(out).contains("corporate: verified");
  }
}
