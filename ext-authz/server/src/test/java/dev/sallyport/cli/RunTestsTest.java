package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.KeyDigest;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RunTestsTest {
  private static final Path REPOSITORY = Path.of("../..");
  private static final String KEY = "example-key";

  @TempDir private Path dir;
  private final Map<String, String> environment = new HashMap<>();
  private String out = "";
  private String err = "";

  @BeforeEach
  void writePolicies() throws IOException {
    write(
        "api.yaml",
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: payments, namespace: shop}
        spec:
          hosts: [payments.example.com]
          authentication:
            methods:
            - {name: keys, apiKey: {header: X-API-Key}}
          operations:
          - name: read
            match: [{methods: [GET], path: "/v1/payments/{id}"}]
            scopes: [payments:read]
            rateLimits: [{name: per-caller, per: [identity], requests: 2, window: 1m}]
          - name: refund
            match: [{methods: [POST], path: "/v1/payments/{id}/refund"}]
            scopes: [payments:refund]
            request: {contentTypes: [application/json], maxBytes: 20}
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: acme, namespace: shop}
        spec:
          type: Partner
          owner: {team: integrations}
          credentials:
          - {name: primary, apiKey: {sha256: "%s"}}
          - {name: lost, state: Revoked, apiKey: {sha256: "%s"}}
          grants: {scopes: [payments:read, payments:refund]}
          constraints: {regions: [DE], cidrs: [198.51.100.0/24]}
        """
            .formatted(KeyDigest.of(KEY).hex(), KeyDigest.of("lost").hex()));
  }

  private void write(String name, String text) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private int run(String... arguments) {
    CliRun run = CliRun.of("", environment, arguments);
    out = run.out();
    err = run.err();
    return run.exitCode();
  }

  private int test(String tests, String... more) throws IOException {
    write("api.test.yaml", tests);
    String[] arguments = new String[2 + more.length];
    arguments[0] = "test";
    arguments[1] = dir.toString();
    System.arraycopy(more, 0, arguments, 2, more.length);
    return run(arguments);
  }

  /** One test with what a caller of everything needs; `%s` stands for more of it. */
  private static String one(String more) {
    return """
    tests:
    - name: the test
      request: {url: "https://payments.example.com/v1/payments/1", region: DE, peer: 198.51.100.7}
    """
        + more.indent(2);
  }

  @Test
  void whatHoldsPasses() throws IOException {
    int exitCode =
        test(
            """
            about: what a partner may
            tests:
            - name: reads with its key
              request:
                url: https://payments.example.com/v1/payments/1?a=b
                headers: {X-API-Key: example-key}
                region: DE
                peer: 198.51.100.7
              expect:
                verdict: allow
                reason: allowed
                status: 200
                policy: shop/payments
                operation: read
                template: /v1/payments/{id}
                identity: shop/acme
                credential: primary
                constraint: null
                scopesNeeded: [payments:read]
                scopesHeld: [payments:read, payments:refund]
                removes: [x-api-key]
                limits: {per-caller: 1 left}
                path: null
                errors: []
            - name: refunds
              as: {identity: acme}
              request: {method: POST, url: "https://payments.example.com/v1/payments/1/refund", region: DE, peer: 198.51.100.7, json: {amount: 1}}
              expect: {verdict: allow, operation: refund}
            """);

    assertThat(err).isEmpty();
    assertThat(out)
        .contains("api.test.yaml: what a partner may\n")
        .contains("  pass  reads with its key   allow   allowed   read\n")
        .contains("2 tests, 2 passed, 0 failed (0.0 s)\n")
        .doesNotContain("\u001b")
        .doesNotContain(KEY);
    assertThat(exitCode).isZero();
  }

  @Test
  void aFailureShowsWhatWasExpectedAndWhy() throws IOException {
    int exitCode =
        test(
            one(
                """
                as: {identity: acme, scopes: []}
                expect: {verdict: allow, operation: refund, scopesHeld: [payments:read]}
                """));

    assertThat(exitCode).isEqualTo(1);
    assertThat(err).isEmpty();
    assertThat(out)
        .contains("  FAIL  the test   deny   scope_insufficient   read\n")
        .contains("        verdict: expected allow, was deny\n")
        .contains("        operation: expected refund, was read\n")
        .contains("        scopesHeld: expected [payments:read], was []\n")
        .contains("api.test.yaml:2\n")
        .contains(
            "        6 authorize     denied       scope_insufficient: the operation needs scopes")
        .contains("1 test, 0 passed, 1 failed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{identity: acme} | {reason: allowed, credential: primary, attempts: {keys: verified}}",
        "{identity: shop/acme} | {reason: allowed, identity: shop/acme}",
        "{identity: acme, scopes: [payments:read, more]} | {reason: allowed, scopesHeld: [payments:read]}",
        "{identity: acme, credential: lost} | {reason: credential_revoked}",
        "{identity: acme, credential: none} | {reason: credential_invalid, identity: null}",
        "{scopes: [payments:read]} | {reason: credential_invalid}",
        "{identity: acme, constraint: dpop} | {reason: allowed, constraint: dpop}"
      })
  void aCallerIsAssumed(String as, String expected) throws IOException {
    assertThat(test(one("as: " + as + "\nexpect: " + expected + '\n'))).as(out + err).isZero();
  }

  @Test
  void whatIsAssumedIsACredentialThatThePolicyTakes() throws IOException {
    int exitCode =
        test(
            """
            objects:
            - kind: TokenIssuer
              metadata: {name: corp, namespace: api}
              spec: {issuer: "https://corp.example", jwks: {uri: "https://corp.example/keys"}, audiences: [api]}
            - kind: TokenIssuer
              metadata: {name: other, namespace: api}
              spec: {issuer: "https://other.example", jwks: {uri: "https://other.example/keys"}, audiences: [api]}
            - kind: ApiPolicy
              metadata: {name: api, namespace: api}
              spec:
                hosts: [api.example.com]
                authentication:
                  registered: Optional
                  methods:
                  - {name: corporate, jwt: {issuerRef: {name: corp}}}
                  - {name: mesh, mtls: {trustDomains: [cluster.local]}}
                operations:
                - {name: read, match: [{methods: [GET], path: /read}], scopes: [read]}
                - {name: open, match: [{methods: [GET], path: /open}], authentication: None}
            - kind: NonHumanIdentity
              metadata: {name: app, namespace: api}
              spec:
                type: Application
                owner: {team: t}
                credentials: [{name: oauth, oauthClient: {issuerRef: {name: corp}, clientId: app}}]
                grants: {scopes: [read]}
            - kind: NonHumanIdentity
              metadata: {name: pod, namespace: api}
              spec:
                type: ServiceAccount
                owner: {team: t}
                credentials: [{name: svid, x509: {spiffeId: "spiffe://cluster.local/ns/api/sa/pod"}}]
                grants: {scopes: [read]}
                constraints: {senderConstrained: Required}
            - kind: NonHumanIdentity
              metadata: {name: stranger, namespace: api}
              spec:
                type: Application
                owner: {team: t}
                credentials: [{name: oauth, oauthClient: {issuerRef: {name: other}, clientId: app}}]
            - kind: NonHumanIdentity
              metadata: {name: app, namespace: elsewhere}
              spec:
                type: Application
                owner: {team: t}
                credentials: [{name: k, apiKey: {sha256: %s}}]
            tests:
            - name: a token
              as: {identity: app}
              request: {url: "https://api.example.com/read"}
              expect: {verdict: allow, identity: api/app, credential: oauth, constraint: null, attempts: {corporate: verified}}
            - name: a certificate is bound to who presents it
              as: {identity: pod}
              request: {url: "https://api.example.com/read"}
              expect: {verdict: allow, credential: svid, constraint: mtls, attempts: {corporate: absent, mesh: verified}}
            - name: unless the test says otherwise
              as: {identity: pod, constraint: none}
              request: {url: "https://api.example.com/read"}
              expect: {reason: sender_constraint_failed}
            - name: a token of an issuer that the policy does not ask
              as: {identity: stranger}
              request: {url: "https://api.example.com/read"}
              expect: {reason: credential_invalid}
            - name: an identity that the policy does not see
              as: {identity: elsewhere/app}
              request: {url: "https://api.example.com/read"}
              expect: {reason: credential_invalid}
            - name: a token of nobody
              as: {scopes: [read]}
              request: {url: "https://api.example.com/read"}
              expect: {verdict: allow, identity: null, unregistered: true, scopesHeld: [read]}
            - name: where nobody looks at credentials
              as: {identity: app}
              request: {url: "https://api.example.com/open"}
              expect: {verdict: allow, identity: null}
            - name: a real token is out of reach
              request: {url: "https://api.example.com/read", headers: {Authorization: "Bearer none"}}
              expect: {reason: credential_invalid}
            """
                .formatted(KeyDigest.of("k").hex()));

    assertThat(exitCode).as(out + err).isZero();
  }

  @Test
  void whoIsAssumedMustExist() throws IOException {
    assertThat(test(one("as: {identity: acne}\nexpect: {verdict: deny}\n"))).isEqualTo(1);
    assertThat(out).contains("as: expected identity acne, was nobody of that name\n");
  }

  @Test
  void whatIsAssumedCoversTheCredentialAlone() throws IOException {
    String elsewhere = one("as: {identity: acme}\nexpect: {reason: region_unapproved}\n");

    assertThat(test(elsewhere.replace("region: DE", "region: BR"))).as(out).isZero();
    assertThat(
            test(elsewhere.replace("198.51.100.7", "203.0.113.9").replace("region_", "network_")))
        .as(out)
        .isZero();
  }

  @Test
  void limitsHoldByTheClockOfTheTest() throws IOException {
    String limited = one("as: {identity: acme}\nrepeat: 3\nexpect: {reason: rate_limited}\n");

    assertThat(test(limited)).as(out).isZero();
    assertThat(
            test(
                one(
                    """
                    as: {identity: acme}
                    repeat: 100
                    every: 30s
                    expect: {verdict: allow}
                    """)))
        .as(out)
        .isZero();
  }

  @Test
  void bodiesComeInEveryForm() throws IOException {
    write("body.json", "{\"amount\": 1}");
    String refund =
        """
        - name: by %s
          as: {identity: acme}
          request:
            {method: POST, url: "https://payments.example.com/v1/payments/1/refund", region: DE, peer: 198.51.100.7, %s}
          expect: %s
        """;
    String allowed = "{verdict: allow}";
    String json = ", headers: {content-type: application/json}";

    int exitCode =
        test(
            "tests:\n"
                + refund.formatted("value", "json: {amount: 1.50}", allowed)
                + refund.formatted("text", "body: '{}'" + json, allowed)
                + refund.formatted("bytes", "base64: e30=" + json, allowed)
                + refund.formatted("file", "bodyFile: body.json" + json, allowed)
                + refund.formatted(
                    "lines",
                    "body: '{}', lines: [[Content-Type, application/json], [Content-Length, '2']]",
                    allowed)
                + refund.formatted(
                    "part", "json: {}, headers: {content-length: 7}, size: 7", allowed)
                + refund.formatted(
                    "size",
                    "json: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]",
                    "{reason: body_too_large, status: 413}"));

    assertThat(exitCode).as(out + err).isZero();
  }

  @Test
  void aCheckRequestIsTakenAsEnvoySendsIt() throws IOException {
    String request =
        """
        {"attributes": {
          "source": {"address": {"socketAddress": {"address": "198.51.100.7", "portValue": 1}}},
          "request": {"http": {"method": "GET", "host": "payments.example.com", "path": "/v1/payments/1",
            "headers": {"x-api-key": "example-key", "x-client-region": "DE"}}}}}
        """;
    write("check.json", request);
    environment.put("SALLYPORT_REGIONS_HEADER", "x-client-region");

    assertThat(
            test(
                """
                tests:
                - {name: from a file, checkRequest: check.json, expect: {verdict: allow, identity: shop/acme}}
                - name: inline
                  checkRequest: %s
                  expect: {verdict: allow, identity: shop/acme}
                """
                    .formatted(request.replace("\n", " "))))
        .as(out + err)
        .isZero();
    assertThat(test("tests: [{name: t, checkRequest: {atributes: {}}, expect: {verdict: allow}}]"))
        .isEqualTo(2);
    assertThat(err)
        .hasLineCount(1)
        .contains("tests[0]: `checkRequest` is no CheckRequest")
        .contains("atributes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "test: []|1:1: error: unknown field `test`; did you mean `tests`?",
        "tests: []|1:1: error: tests: there is no test",
        "tests: [{request: {url: 'https://a'}, expect: {verdict: allow}}]|1:9: error: tests[0]: `name` is missing",
        "tests: [{name: a, expect: {verdict: allow}}]|1:9: error: tests[0]: a test has either `request` or",
        "tests: [{name: a, request: {uri: x}, expect: {verdict: allow}}]|1:29: error: tests[0].request: unknown field `uri`; did you mean `url`?",
        "tests: [{name: a, request: {url: 'https://a'}, expect: {verdict: maybe}}]|1:57: error: tests[0].expect.verdict: `maybe` is not allowed",
        "tests: [{name: a, request: {url: 'https://a'}, expect: {reason: rate_limitted}}]|1:57: error: tests[0].expect.reason: `rate_limitted` is not allowed; did you mean `rate_limited`?",
        "tests: [{name: a, request: {url: 'https://a'}, expect: {verdict: deny, raeson: x}}]|1:72: error: tests[0].expect.raeson: nothing is known of `raeson`; did you mean `reason`?",
        "tests: [{name: a, request: {url: 'https://a'}, expect: {operation: x}}]|1:9: error: tests[0]: `expect` needs a `verdict` or a `reason`",
        "tests: [{name: a, request: {url: 'https://a'}, expect: {reason: schema_violation, errors: [{pionter: /a}]}}]|error: tests[0].expect.errors: nothing is known of `pionter`",
        "tests: [{name: a, as: {}, request: {url: 'https://a'}, expect: {verdict: deny}}]|`as` needs an `identity`",
        "tests: [{name: a, request: {url: 'a'}, expect: {verdict: deny}}]|`url` needs `https://`",
        "tests: [{name: a, request: {url: 'https://a', body: a, json: 1}, expect: {verdict: deny}}]|a request has one of `body`, `base64`",
        "tests: [{name: a, request: {url: 'https://a', bodyFile: none}, expect: {verdict: deny}}]|of `bodyFile` can't be read",
        "tests: [{name: a, at: noon, request: {url: 'https://a'}, expect: {verdict: deny}}]|`at` is a time such as",
        "tests: [{name: a, at: '+12000-01-01T00:00:00Z', request: {url: 'https://a'}, expect: {verdict: deny}}]|`at` is a time such as",
        "tests: [{name: a, repeat: 9, every: 36500d, request: {url: 'https://a'}, expect: {verdict: deny}}]|`every` is a duration such as",
        "tests: [{name: a, repeat: 0, request: {url: 'https://a'}, expect: {verdict: deny}}]|`repeat` is a number from 1",
        "objects: [{kind: ApiPolicy, metadata: {name: a}, spec: {host: [a]}}]|1:57: error: objects[0].spec: unknown field `host`; did you mean `hosts`?",
        "policies: none\\ntests: [{name: a, request: {url: 'https://a'}, expect: {verdict: deny}}]|none` is no folder",
        "a: [|not valid YAML",
        "''|holds no `tests`"
      })
  void whatIsMisspeltIsNamed(String file, String message) throws IOException {
    assertThat(test(file.replace("\\n", "\n"))).isEqualTo(2);
    assertThat(err).hasLineCount(1).startsWith("sallyport: ").contains(message);
    assertThat(out).isEmpty();
  }

  @Test
  void aFaultIsToldAloneAndByTheNameThatItHasInTheFile() throws IOException {
    String tests =
        "tests: [{name: a, request: {url: 'https://a', certificate: none.pem}, expect: {verdict:"
            + " deny}}]";
    assertThat(test(tests)).isEqualTo(2);
    assertThat(err).endsWith("none.pem` of `certificate` can't be read\n");
  }

  @Test
  void noTestAtAllIsBadUsage() {
    assertThat(run("test", dir.toString())).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("no file is named `*.test.yaml`");
    assertThat(run("test", dir.resolve("none").toString())).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("does not exist");
  }

  @Test
  void aFilterChoosesTestsByName() throws IOException {
    String tests =
        """
        tests:
        - {name: first one, request: {url: "https://payments.example.com/"}, expect: {verdict: deny}}
        - {name: other, request: {url: "https://payments.example.com/"}, expect: {verdict: allow}}
        """;

    assertThat(test(tests, "--filter", "^first")).isZero();
    assertThat(out).contains("1 test, 1 passed");
    assertThat(test(tests, "--filter", "third")).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("no test has a name in which `third` is found");
    assertThat(test(tests, "--filter", "(")).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("no regular expression");
  }

  @Test
  void objectsOfTheFileGoBeforeThoseOfTheFolder() throws IOException {
    int exitCode =
        test(
            """
            objects:
            - kind: ApiPolicy
              metadata: {name: payments, namespace: shop}
              spec:
                hosts: [payments.example.com]
                operations: [{name: ping, match: [{methods: [GET], path: /ping}], authentication: None}]
            tests:
            - {name: new, request: {url: "https://payments.example.com/ping"}, expect: {verdict: allow, operation: ping}}
            - {name: old, request: {url: "https://payments.example.com/v1/payments/1"}, expect: {reason: operation_undeclared}}
            """);

    assertThat(exitCode).as(out + err).isZero();
  }

  @Test
  void brokenPoliciesAreTold() throws IOException {
    write("broken.yaml", "apiVersion: sallyport.dev/v1alpha1\nkind: ApiPolicy\n");

    assertThat(test(one("as: {identity: acme}\nexpect: {verdict: allow}\n"))).isZero();
    assertThat(err)
        .isEqualTo("sallyport: 1 error in the policies; `sallyport lint " + dir + "` shows them\n");
  }

  @Test
  void theReportIsJUnits() throws Exception {
    Path report = dir.resolve("out/report.xml");
    int exitCode =
        test(
            """
            tests:
            - {name: "good <&\\"> \\e[31m", as: {identity: acme}, request: {url: "https://payments.example.com/v1/payments/1", region: DE, peer: 198.51.100.7}, expect: {verdict: allow}}
            - {name: bad, request: {url: "https://payments.example.com/v1/payments/1"}, expect: {reason: "allowed"}}
            """,
            "--report",
            report.toString());

    assertThat(exitCode).isEqualTo(1);
    assertThat(out).doesNotContain("\u001b");
    String xml = Files.readString(report);
    assertThat(xml)
        .contains("tests=\"2\" failures=\"1\" errors=\"0\"")
        .contains("timestamp=\"2026-11-25T12:00:00\"")
        .contains("name=\"good &lt;&amp;&quot;&gt; \ufffd[31m\"")
        .contains("<failure message=\"reason: expected allowed, was credential_missing\"")
        .contains("4 authenticate  denied");
    SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
        .newSchema(RunTestsTest.class.getResource("junit.xsd"))
        .newValidator()
        .validate(new StreamSource(new StringReader(xml)));
  }

  @Test
  void coverageNamesWhatNoTestTouched() throws IOException {
    String tests = one("as: {identity: acme}\nexpect: {verdict: allow}\n");

    assertThat(test(tests, "--coverage", "--min-coverage", "75")).isZero();
    assertThat(out)
        .contains("coverage: 3 of 4 (75 %)\n")
        .contains("POLICY          UNTOUCHED   NAME\nshop/payments   operation   refund\n");
    assertThat(test(tests, "--min-coverage", "76")).isEqualTo(1);
    assertThat(out).contains("the tests touch 75 % of the policies, and --min-coverage wants 76 %");
    assertThat(test(tests, "--min-coverage", "101")).isEqualTo(2);
  }

  @Test
  void coverageCountsToolsAndFieldRules() throws IOException {
    write(
        "api.yaml",
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: payments, namespace: shop}
        spec:
          hosts: [payments.example.com]
          authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
          operations:
          - name: read
            match: [{methods: [GET], path: "/v1/payments/{id}"}]
            fields:
              selectors: [{query: fields}]
              available: [id, card.number, card.holder, notes]
              rules:
              - {fields: [card.*], scopes: [payments:card]}
              - {fields: [notes], scopes: [payments:notes]}
          mcp:
            path: /mcp
            tools: [{name: refund}, {name: list}]
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: acme, namespace: shop}
        spec:
          type: Agent
          owner: {team: integrations}
          credentials: [{name: primary, apiKey: {sha256: "%s"}}]
          grants: {scopes: [payments:card, payments:notes]}
        """
            .formatted(KeyDigest.of(KEY).hex()));
    String selected =
        """
        tests:
        - name: a field beyond scope
          as: {identity: acme, scopes: []}
          request: {url: "https://payments.example.com/v1/payments/1?fields=id,card.number"}
          expect: {reason: field_out_of_scope, fieldsDenied: [card.number]}
        - name: a tool
          as: {identity: acme}
          request:
            method: POST
            url: https://payments.example.com/mcp
            json: {jsonrpc: "2.0", id: 1, method: tools/call, params: {name: refund}}
          expect: {verdict: allow, operation: refund, rpc: {method: tools/call, id: 1}}
        """;

    assertThat(test(selected, "--coverage")).as(out + err).isZero();
    assertThat(out)
        .contains("coverage: 4 of 6 (66 %)\n")
        .contains("shop/payments   field rule   read/notes\n")
        .contains("shop/payments   tool         list\n");
    assertThat(
            test(
                selected
                    + """
                    - name: what is selected without a word is what may be seen
                      as: {identity: acme, scopes: [payments:card]}
                      request: {url: "https://payments.example.com/v1/payments/1?page=2"}
                      expect: {verdict: allow, query: "page=2&fields=id,card.number,card.holder"}
                    """,
                "--coverage"))
        .as(out + err)
        .isZero();
    assertThat(out).contains("coverage: 5 of 6 (83 %)\n");
  }

  @ParameterizedTest
  @MethodSource("examples")
  void everyExampleHasTestsThatHold(Path example) {
    assertThat(run("test", "--coverage", "--min-coverage", "100", example.toString()))
        .as(out + err)
        .isZero();
    assertThat(err).isEmpty();
  }

  static Stream<Path> examples() throws IOException {
    try (Stream<Path> all = Files.list(REPOSITORY.resolve("examples"))) {
      return all
          .filter(folder -> Files.exists(folder.resolve(folder.getFileName() + ".test.yaml")))
          .sorted()
          .toList()
          .stream();
    }
  }

  @Test
  void theTestOfTheDocsHolds() throws IOException {
    String page = Files.readString(REPOSITORY.resolve("docs/policy-tests.md"));
    int start = page.indexOf("```yaml\n") + 8;
    write("docs.test.yaml", page.substring(start, page.indexOf("```", start)));

    int exitCode =
        run(
            "test",
            "--policies",
            REPOSITORY.resolve("examples/leaked-key/policies").toString(),
            dir.resolve("docs.test.yaml").toString());

    assertThat(exitCode).as(out + err).isZero();
  }
}
