package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.e2e.EnvoyProcess.CertificateForwarding;
import dev.sallyport.e2e.EnvoyProcess.ClientCertificates;
import dev.sallyport.e2e.EnvoyProcess.Front;
import dev.sallyport.e2e.EnvoyProcess.FrontTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Callers that show a certificate, to Envoy or to a proxy before it, and tokens bound to one. */
class PeerCertificateIT {
  private static final String XFCC = "x-forwarded-client-cert";
  private static final String EXPORTER_ID = "spiffe://cluster.local/ns/payments/sa/exporter";
  private static final RawRequest AS_WORKLOAD = RawRequest.get("svid.example.com", "/v1/items");
  private static final RawRequest AS_CERTIFICATE = RawRequest.get("named.example.com", "/v1/items");
  private static final TokenServer.Client CLIENT =
      TokenServer.Client.of("settlement", "example-secret-settlement", "items:read");

  private static final List<AutoCloseable> STARTED = new ArrayList<>();

  private static CertificateAuthority authority;
  private static Certificates exporter;
  private static Certificates billing;
  private static Certificates pinned;
  private static TokenServer tokens;

  /** Sallyport believes Envoy's connection; Envoy passes on whatever a client says of another. */
  private static Boundary direct;

  /** Sallyport believes the last hop; Envoy is that hop, and appends what it saw. */
  private static Boundary lastHop;

  /** The same Sallyport behind an Envoy that has a proxy before it, which is the test. */
  private static EnvoyProcess behindProxy;

  @BeforeAll
  static void start(@TempDir Path work) throws IOException {
    authority = CertificateAuthority.create(work.resolve("certificates"), "mesh");
    exporter = workload("exporter", "san=uri:" + EXPORTER_ID + ",dns:exporter.acme.example");
    billing = authority.issue("billing", "CN=billing,O=Acme", "san=dns:billing.acme.example");
    pinned = authority.issue("pinned", "CN=pinned", "ku=dS");
    tokens =
        TokenServer.start(TokenServer.Settings.of(work.resolve("tokens"), "items").with(CLIENT));
    STARTED.add(tokens);
    Path policies = Files.createDirectories(work.resolve("policies"));
    Files.writeString(policies.resolve("policies.yaml"), policies());
    Front front =
        Front.CLEARTEXT.withTls(
            new FrontTls(
                authority.server("front"),
                authority.certFile(),
                // What has expired is Sallyport's to refuse here.
                ClientCertificates.EVEN_EXPIRED));
    direct =
        Boundary.start(
            work.resolve("direct"),
            policies,
            ExampleIssuers::of,
            envoy -> envoy.with(front.forwarding(CertificateForwarding.ALWAYS_FORWARD_ONLY)));
    STARTED.add(direct);
    lastHop =
        Boundary.start(
            work.resolve("last-hop"),
            policies,
            sallyport -> ExampleIssuers.of(sallyport).with("client", "{xfcc: LastHop}"),
            envoy -> envoy.with(front.forwarding(CertificateForwarding.APPEND_FORWARD)));
    STARTED.add(lastHop);
    behindProxy =
        EnvoyProcess.start(
            EnvoyProcess.Settings.of(
                    work.resolve("behind-proxy"), lastHop.upstream(), lastHop.sallyport().address())
                .with(Front.CLEARTEXT.forwarding(CertificateForwarding.ALWAYS_FORWARD_ONLY)));
    STARTED.add(behindProxy);
  }

  @AfterAll
  static void end() throws Exception {
    for (AutoCloseable started : STARTED.reversed()) {
      started.close();
    }
  }

  private static Certificates workload(String name, String names) {
    return authority.issue(name, "O=Acme", names, "ku:c=dS", "bc:c=ca:false");
  }

  @Test
  void aWorkloadIsWhoItsSpiffeIdSays() {
    Upstream.Seen seen = direct.send(showing(exporter), AS_WORKLOAD).seen().orElseThrow();

    assertThat(seen.all("x-sallyport-identity")).containsExactly("certificates/exporter");
  }

  @Test
  void aCertificateIsKnownByDnsNameBySubjectAndByDigest() {
    assertThat(identity(direct.send(showing(billing), AS_CERTIFICATE)))
        .isEqualTo("certificates/billing");
    assertThat(
            identity(
                direct.send(
                    showing(authority.issue("audit", "CN=audit,OU=Risk,O=Acme", "ku=dS")),
                    AS_CERTIFICATE)))
        .isEqualTo("certificates/audit");
    assertThat(identity(direct.send(showing(pinned), AS_CERTIFICATE)))
        .isEqualTo("certificates/pinned");
  }

  @Test
  void aWorkloadOfADomainThatIsNotTrustedIsRefused() {
    Certificates foreign =
        workload("foreign", "san=uri:spiffe://elsewhere.example/ns/payments/sa/exporter");

    isRefused(direct.send(showing(foreign), AS_WORKLOAD));
  }

  @Test
  void twoNamesInOneCertificateAreNoName() {
    Certificates two =
        workload("two", "san=uri:" + EXPORTER_ID + ",uri:spiffe://cluster.local/ns/a/sa/b");

    isRefused(direct.send(showing(two), AS_WORKLOAD));
  }

  @Test
  void anAuthorityIsNoWorkload() {
    Certificates signer =
        authority.issue(
            "signer", "O=Acme", "san=uri:" + EXPORTER_ID, "ku:c=dS,kCS", "bc:c=ca:true");

    isRefused(direct.send(showing(signer), AS_WORKLOAD));
  }

  @Test
  void aWorkloadThatNobodyRegisteredIsDenied() {
    Certificates unknown = workload("unknown", "san=uri:spiffe://cluster.local/ns/a/sa/unknown");

    Reply reply = direct.send(showing(unknown), AS_WORKLOAD);

    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.reason()).isEqualTo("identity_unregistered");
  }

  @Test
  void aSpiffeIdCountsOnlyWhereItsDomainIsTrusted() {
    Certificates onlyId = workload("only-id", "san=uri:" + EXPORTER_ID);

    assertThat(direct.send(showing(onlyId), AS_CERTIFICATE).reason())
        .isEqualTo("identity_unregistered");
  }

  @Test
  void aCertificateThatRanOutIsRefused() {
    Certificates old = authority.expired("old", "O=Acme", "san=uri:" + EXPORTER_ID);

    Reply reply = direct.send(showing(old), AS_WORKLOAD);

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.reason()).isEqualTo("credential_expired");
  }

  @Test
  void withoutACertificateNothingWasPresented() {
    Reply reply = direct.send(nobody(), AS_WORKLOAD);

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.reason()).isEqualTo("credential_missing");
    assertThat(reply.all("www-authenticate")).hasSize(1);
    assertThat(reply.all("www-authenticate").getFirst()).doesNotContain("error");
  }

  @Test
  void whatAClientSaysOfItsCertificateIsNotBelieved() {
    RawRequest claiming = AS_WORKLOAD.with(XFCC, element(exporter, EXPORTER_ID));

    assertThat(direct.send(nobody(), claiming).reason()).isEqualTo("credential_missing");
    // Neither does it make a good certificate another.
    assertThat(
            identity(direct.send(showing(exporter), AS_WORKLOAD.with(XFCC, element(billing, "")))))
        .isEqualTo("certificates/exporter");
    assertThat(lastHop.send(nobody(), claiming).reason()).isEqualTo("credential_missing");
    assertThat(
            lastHop
                .send(
                    showing(workload("spoofer", "san=uri:spiffe://cluster.local/ns/a/sa/spoofer")),
                    claiming)
                .reason())
        .isEqualTo("identity_unregistered");
  }

  @Test
  void theLastHopIsBelievedWhereTheConfigurationSaysSo() {
    assertThat(identity(lastHop.send(showing(exporter), AS_WORKLOAD)))
        .isEqualTo("certificates/exporter");
    assertThat(identity(lastHop.send(showing(pinned), AS_CERTIFICATE)))
        .isEqualTo("certificates/pinned");

    RawRequest twoHops =
        AS_WORKLOAD.with(
            XFCC,
            "By=spiffe://a/b;Hash="
                + "0".repeat(64)
                + ";Subject=\"O=\\\"x,y;z\\\"\";URI="
                + "spiffe://cluster.local/ns/a/sa/somebody,"
                + element(exporter, EXPORTER_ID));
    assertThat(identity(behindProxy.send(twoHops))).isEqualTo("certificates/exporter");
    assertThat(behindProxy.send(AS_WORKLOAD).reason()).isEqualTo("credential_missing");
  }

  @Test
  void aLastHopThatCanNotBeReadIsNobody() {
    String good = element(exporter, EXPORTER_ID);
    List<String> odd =
        List.of(
            good + ",",
            good + ";URI=spiffe://cluster.local/ns/a/sa/b",
            good + ";Hash=" + billing.sha256(),
            good + ";Subject=\"open",
            "URI=" + EXPORTER_ID,
            "Hash=xyz;URI=" + EXPORTER_ID,
            "nonsense");
    for (String value : odd) {
      Reply reply = behindProxy.send(AS_WORKLOAD.with(XFCC, value));
      assertThat(reply.seen()).as(value).isEmpty();
      assertThat(reply.status()).as(value).isIn(400, 401);
    }
  }

  @Test
  void aTokenBoundToACertificateIsWorthNothingWithoutIt() {
    String bound = TokenRequest.of(CLIENT).boundTo(exporter).send(tokens);
    RawRequest request =
        RawRequest.get("bound.example.com", "/v1/items").with("Authorization", "Bearer " + bound);

    Upstream.Seen seen = direct.send(showing(exporter), request).seen().orElseThrow();
    assertThat(seen.all("x-sallyport-identity")).containsExactly("certificates/settlement");
    assertThat(seen.all("authorization")).isEmpty();
    assertThat(identity(lastHop.send(showing(exporter), request)))
        .isEqualTo("certificates/settlement");

    for (Reply reply :
        List.of(direct.send(showing(billing), request), direct.send(nobody(), request))) {
      isRefused(reply);
      assertThat(reply.first("www-authenticate"))
          .hasValueSatisfying(
              it -> assertThat(it).startsWith("Bearer ").contains("error=\"invalid_token\""));
      assertThat(reply.body()).doesNotContain("x5t");
    }
    assertThat(direct.sallyport().process().output()).doesNotContain(bound);
  }

  @Test
  void whoMustShowThatATokenIsItsOwnCanNotUseOneThatAnybodyCould() {
    String plain = TokenRequest.of(CLIENT).send(tokens);
    RawRequest request =
        RawRequest.get("bound.example.com", "/v1/items").with("Authorization", "Bearer " + plain);

    Reply reply = direct.send(showing(exporter), request);

    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.reason()).isEqualTo("sender_constraint_failed");
  }

  private static TlsClient nobody() {
    return TlsClient.trusting(authority.certFile());
  }

  private static TlsClient showing(Certificates own) {
    return TlsClient.trusting(authority.certFile(), own);
  }

  /** As Envoy writes it. */
  private static String element(Certificates certificates, String uri) {
    return "Hash=" + certificates.sha256() + ";Subject=\"O=Acme\";URI=" + uri;
  }

  private static String identity(Reply reply) {
    return reply
        .seen()
        .flatMap(seen -> seen.first("x-sallyport-identity"))
        .orElseGet(() -> "nobody: " + reply);
  }

  private static void isRefused(Reply reply) {
    assertThat(reply.status()).as("%s", reply).isEqualTo(401);
    assertThat(reply.reason()).isEqualTo("credential_invalid");
    assertThat(reply.seen()).isEmpty();
  }

  private static String policies() {
    return TestPolicies.issuer(tokens, "certificates", "discovery: {}")
        + """
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: svid, namespace: certificates}
        spec:
          hosts: [svid.example.com]
          authentication: {methods: [{name: mesh, mtls: {trustDomains: [cluster.local]}}]}
          operations: [{name: list, match: [{methods: [GET], path: /v1/items}], scopes: [items:read]}]
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: named, namespace: certificates}
        spec:
          hosts: [named.example.com]
          authentication: {methods: [{name: certificates, mtls: {}}]}
          operations: [{name: list, match: [{methods: [GET], path: /v1/items}], scopes: [items:read]}]
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: bound, namespace: certificates}
        spec:
          hosts: [bound.example.com]
          authentication: {methods: [{name: tokens, jwt: {issuerRef: {name: corp}}}]}
          operations: [{name: list, match: [{methods: [GET], path: /v1/items}], scopes: [items:read]}]
        %s
        """
            .formatted(
                identity("exporter", "x509: {spiffeId: '" + EXPORTER_ID + "'}", "")
                    + identity("billing", "x509: {dnsName: billing.acme.example}", "")
                    + identity("audit", "x509: {subject: 'CN=audit,OU=Risk,O=Acme'}", "")
                    + identity("pinned", "x509: {sha256: " + pinned.sha256() + "}", "")
                    + identity(
                        "settlement",
                        "oauthClient: {issuerRef: {name: corp}, clientId: settlement}",
                        "constraints: {senderConstrained: Required}"));
  }

  private static String identity(String name, String credential, String more) {
    return """
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: %s, namespace: certificates}
    spec:
      type: Application
      owner: {team: e2e, contact: e2e@example.com}
      credentials: [{name: only, %s}]
      grants: {scopes: [items:read]}
      %s
    """
        .formatted(name, credential, more);
  }
}
