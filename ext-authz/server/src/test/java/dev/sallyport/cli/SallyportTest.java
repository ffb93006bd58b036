package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.KeyDigest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SallyportTest {
  private static final String KEY = "example-key";

  @TempDir private Path dir;
  private Path policies;
  private final Map<String, String> environment = new HashMap<>();
  private String in = "";
  private String out = "";
  private String err = "";

  @BeforeEach
  void writePolicies() throws IOException {
    policies = Files.createDirectory(dir.resolve("policies"));
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
            - {name: old-keys, apiKey: {header: X-Old-Key}}
          operations:
          - name: read
            match: [{methods: [GET], path: "/v1/payments/{id}"}]
            scopes: [payments:read]
            rateLimits: [{name: per-caller, per: [identity], requests: 20, window: 1m}]
          - name: refund
            match: [{methods: [POST], path: "/v1/payments/{id}/refund"}]
            scopes: [payments:refund]
          - name: ping
            match: [{methods: [POST], path: /ping}]
            authentication: None
            request: {contentTypes: [application/json], maxBytes: 10}
        """);
    write(
        "acme.yaml",
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: acme, namespace: shop}
        spec:
          type: Partner
          owner: {team: integrations, contact: integrations@example.com}
          expiresAt: "2027-06-30T00:00:00Z"
          credentials:
          - {name: primary, apiKey: {sha256: "%s"}}
          grants: {scopes: [payments:read]}
          constraints: {cidrs: [203.0.113.0/24]}
        """
            .formatted(KeyDigest.of(KEY).hex()));
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(policies.resolve(name), text);
  }

  private int run(String... arguments) {
    CliRun run = CliRun.of(in, environment, arguments);
    out = run.out();
    err = run.err();
    return run.exitCode();
  }

  private int check(String... more) {
    String[] arguments = new String[3 + more.length];
    arguments[0] = "check";
    arguments[1] = "--policies";
    arguments[2] = policies.toString();
    System.arraycopy(more, 0, arguments, 3, more.length);
    return run(arguments);
  }

  // ---- usage

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "serve",
        "check",
        "lint",
        "test",
        "keys",
        "keys create",
        "keys hash",
        "version"
      })
  void everyCommandHasHelpWithExamples(String command) {
    String[] arguments = (command + " --help").strip().split(" ", -1);

    assertThat(run(arguments)).isZero();
    assertThat(out).contains("Usage: sallyport").containsPattern("Examples?:\n  \\S*sallyport");
    assertThat(out.lines().allMatch(line -> line.length() <= 100)).isTrue();
    assertThat(err).isEmpty();
  }

  @Test
  void badUsageIsOneLine() {
    assertThat(run()).isEqualTo(2);
    assertThat(err)
        .isEqualTo("sallyport: a command is missing; `sallyport --help` shows what it takes\n");
    assertThat(run("chekc")).isEqualTo(2);
    assertThat(err)
        .isEqualTo("sallyport: unknown command `chekc`; `sallyport --help` shows what it takes\n");
    assertThat(run("lint", "--fast", ".")).isEqualTo(2);
    assertThat(err)
        .isEqualTo(
            "sallyport: unknown option `--fast`; `sallyport lint --help` shows what it takes\n");
    assertThat(run("keys")).isEqualTo(2);
    assertThat(err).startsWith("sallyport: `create` or `hash` is missing").hasLineCount(1);
    assertThat(run("lint")).isEqualTo(2);
    assertThat(err).hasLineCount(1).endsWith("; `sallyport lint --help` shows what it takes\n");
    assertThat(check("--url", "https://a", "--output", "xml")).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("--output").contains("text, json");
    assertThat(check("--url", "https://a", "--peer-address", "203.0.113")).isEqualTo(2);
    assertThat(err)
        .isEqualTo("sallyport: --peer-address takes an IP address such as `203.0.113.7`\n");
    assertThat(out).isEmpty();
  }

  @Test
  void filesThatNobodyMeansAreNotReadToTheirEnd() throws IOException {
    Path huge = dir.resolve("huge.bin");
    try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
      file.setLength(3L << 30);
    }
    for (String option : List.of("--body=@" + huge, "--cert=" + huge)) {
      assertThat(check("--url", "https://a", option)).isEqualTo(2);
      assertThat(err).hasLineCount(1).contains("huge.bin` of --").endsWith("more than 64 MiB\n");
    }
    assertThat(check("--url", "https://a", "--config", huge.toString())).isEqualTo(2);
    assertThat(err).hasLineCount(1).endsWith("huge.bin` has more than 1 MiB\n");
    for (String part :
        List.of(
            "request: {url: 'https://a', bodyFile: huge.bin}",
            "request: {url: 'https://a', certificate: huge.bin}",
            "checkRequest: huge.bin")) {
      Files.writeString(
          dir.resolve("huge.test.yaml"),
          "tests: [{name: a, " + part + ", expect: {verdict: deny}}]");
      assertThat(run("test", dir.resolve("huge.test.yaml").toString())).isEqualTo(2);
      assertThat(err).hasLineCount(1).endsWith("has more than 64 MiB\n");
    }
  }

  @Test
  void versionIsPrinted() {
    assertThat(run("version")).isZero();
    assertThat(out).startsWith("sallyport ");
  }

  @Test
  void serveWithoutPoliciesSaysSo() {
    assertThat(run("serve")).isEqualTo(2);
    assertThat(err)
        .startsWith("sallyport: ")
        .hasLineCount(1)
        .contains("--policies")
        .contains("--kubeconfig");
  }

  @Test
  void serveTellsOfAnUnusableConfiguration() throws IOException {
    Path config = Files.writeString(dir.resolve("config.yaml"), "grcp: {}\n");

    assertThat(run("serve", "--config", config.toString())).isEqualTo(2);
    assertThat(err)
        .startsWith("sallyport: " + config + ":1:1: ")
        .hasLineCount(1)
        .contains("`grcp`");
    assertThat(run("serve", "--policies", dir.resolve("none").toString())).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("none");
    environment.put("SALLYPORT_DRAIN", "5");
    assertThat(run("serve", "--policies", policies.toString())).isEqualTo(2);
    assertThat(err).startsWith("sallyport: SALLYPORT_DRAIN: `drain` `5` ").hasLineCount(1);
  }

  // ---- check

  @Test
  void allowedRequestIsToldStageByStage() {
    int code =
        check(
            "--url",
            "https://Payments.example.com:443/v1/payments/7?hidden=1",
            "--header",
            "X-Old-Key: example-key",
            "--peer-address",
            "203.0.113.7");

    assertThat(err).isEmpty();
    assertThat(out)
        .isEqualTo(
            """
            ALLOWED

            1 receive       passed       GET Payments.example.com:443/v1/payments/7
                                         from 203.0.113.7 (peer), unknown region
            2 policy        passed       shop/payments, found by host
            3 operation     passed       read, matched /v1/payments/{id}
            4 authenticate  passed       keys: absent
                                         old-keys: verified
            5 identity      passed       shop/acme (Partner), by its credential primary
            6 authorize     passed       needed: payments:read
                                         held: payments:read
            7 payload       passed
            8 quota         passed       per-caller: 19 left
            """);
    assertThat(code).isZero();
  }

  @Test
  void deniedRequestIsToldUpToWhereItFell() {
    int code =
        check(
            "--method",
            "POST",
            "--url",
            "https://payments.example.com/v1/payments/7/refund",
            "--header",
            "X-API-Key: example-key",
            "--peer-address",
            "203.0.113.7");

    assertThat(code).isEqualTo(1);
    assertThat(out)
        .startsWith("DENIED scope_insufficient (403): ")
        .contains("6 authorize     denied       scope_insufficient: ")
        .contains("needed: payments:refund\n")
        .contains("held: payments:read\n")
        .contains("7 payload       not reached\n8 quota         not reached\n");
  }

  @Test
  void denialsFallInTheStageThatFoundThem() {
    assertStage("receive", "https://payments.example.com/v1/%zz");
    assertStage("policy", "https://other.example.com/");
    assertStage("operation", "https://payments.example.com/none");
    assertStage("authenticate", "https://payments.example.com/v1/payments/7");
    assertStage("authenticate", "https://payments.example.com/v1/payments/7", "X-API-Key: wrong");
    assertStage(
        "authenticate",
        "https://payments.example.com/v1/payments/7",
        "X-API-Key: a",
        "X-API-Key: b");
    assertStage("identity", "https://payments.example.com/v1/payments/7", "X-API-Key: example-key");
  }

  private void assertStage(String stage, String url, String... headers) {
    String[] arguments = new String[2 + 2 * headers.length];
    arguments[0] = "--url";
    arguments[1] = url;
    for (int i = 0; i < headers.length; i++) {
      arguments[2 + 2 * i] = "--header";
      arguments[3 + 2 * i] = headers[i];
    }
    assertThat(check(arguments)).isEqualTo(1);
    assertThat(out).as(url).containsPattern("\\d " + stage + " +denied");
  }

  @Test
  void bodyComesFromTextOrFile() throws IOException {
    Path body = Files.writeString(dir.resolve("body.json"), "{\"a\": \"too long\"}");
    String[] ping = {
      "--method",
      "POST",
      "--url",
      "https://payments.example.com/ping",
      "--header",
      "Content-Type: application/json",
      "--body"
    };

    assertThat(check(with(ping, "{}"))).isZero();
    assertThat(check(with(ping, "@" + body))).isEqualTo(1);
    assertThat(out).startsWith("DENIED body_too_large (413)");
    assertThat(check(with(ping, "@" + dir.resolve("none")))).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("can't be read");
  }

  /** Good for a hundred years. */
  private static final String CERTIFICATE =
      """
      -----BEGIN CERTIFICATE-----
      MIIB5TCCAYugAwIBAgIUcjoc8O1H0KVLtdqNwLooNdTbtqUwCgYIKoZIzj0EAwIw
      IjENMAsGA1UECgwEQWNtZTERMA8GA1UEAwwIZXhwb3J0ZXIwIBcNMjYxMTI2MDQw
      NzU3WhgPMjEyNjExMDIwNDA3NTdaMCIxDTALBgNVBAoMBEFjbWUxETAPBgNVBAMM
      CGV4cG9ydGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfv9ZkC3jC1ktUugY
      kn3kfpulOIb8gZcYmKnrTYZY2IRR7yFHaeV1m5ABtgD1jlmIv3PMsLspiWKsBesV
      qX+C+qOBnDCBmTAdBgNVHQ4EFgQUVJiC2gaEi5pI57igrkH1rlUE6XcwHwYDVR0j
      BBgwFoAUVJiC2gaEi5pI57igrkH1rlUE6XcwOQYDVR0RBDIwMIYuc3BpZmZlOi8v
      Y2x1c3Rlci5sb2NhbC9ucy9wYXltZW50cy9zYS9leHBvcnRlcjAMBgNVHRMBAf8E
      AjAAMA4GA1UdDwEB/wQEAwIHgDAKBggqhkjOPQQDAgNIADBFAiBq5ztHs3myyCO3
      D77TyAWSexHsDsOp37dFGeZK1u7g+AIhALeihk94PDJJYQI0KYvA9e63DSJ0MmWd
      vE89Fe4Sb9iG
      -----END CERTIFICATE-----
      """;

  @Test
  void certificateIsThatOfTheConnectionOrOfTheHeader() throws IOException {
    write(
        "mesh.yaml",
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: mesh, namespace: shop}
        spec:
          hosts: [mesh.example.com]
          authentication: {methods: [{name: mesh, mtls: {trustDomains: [cluster.local]}}]}
          operations: [{name: read, match: [{methods: [GET], path: /x}]}]
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: exporter, namespace: shop}
        spec:
          type: ServiceAccount
          owner: {team: shop}
          credentials:
          - {name: svid, x509: {spiffeId: spiffe://cluster.local/ns/payments/sa/exporter}}
        """);
    Path chain =
        Files.writeString(dir.resolve("chain.pem"), "Subject: x\n" + CERTIFICATE + CERTIFICATE);
    String[] read = {"--url", "https://mesh.example.com/x", "--at", "2026-12-01T00:00:00Z"};

    assertThat(check(with(read, "--cert", chain.toString()))).isZero();
    assertThat(out).contains("mesh: verified").contains("shop/exporter (ServiceAccount)");
    assertThat(check(read)).isEqualTo(1);
    assertThat(out).startsWith("DENIED credential_missing (401)");
    assertThat(check(with(read, "--cert", dir.resolve("none").toString()))).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("can't be read");
    Path other = Files.writeString(dir.resolve("other.pem"), "-----BEGIN CERTIFICATE-----");
    assertThat(check(with(read, "--cert", other.toString()))).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("holds no certificate");

    String[] forwarded =
        with(
            read,
            "--header",
            "X-Forwarded-Client-Cert: Hash="
                + "0".repeat(64)
                + ";URI=spiffe://cluster.local/ns/payments/sa/exporter");
    assertThat(check(forwarded)).isEqualTo(1);
    environment.put("SALLYPORT_CLIENT_XFCC", "LastHop");
    assertThat(check(forwarded)).isZero();
    assertThat(check(with(read, "--cert", chain.toString()))).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("--cert has no effect");
  }

  private static String[] with(String[] first, String... rest) {
    String[] all = java.util.Arrays.copyOf(first, first.length + rest.length);
    System.arraycopy(rest, 0, all, first.length, rest.length);
    return all;
  }

  @Test
  void timeAndPolicyAndConfigurationCount() throws IOException {
    String[] read = {
      "--url",
      "https://elsewhere/v1/payments/7",
      "--header",
      "X-API-Key: example-key",
      "--policy",
      "shop/payments",
      "--header",
      "X-Forwarded-For: 203.0.113.9, 10.0.0.1"
    };
    Path config = Files.writeString(dir.resolve("config.yaml"), "client: {trustedHops: 2}\n");

    assertThat(check(with(read, "--config", config.toString()))).isZero();
    assertThat(out).contains("found by extension").contains("203.0.113.9 (x-forwarded-for)");
    environment.put("SALLYPORT_CLIENT_TRUSTED_HOPS", "1");
    assertThat(check(with(read, "--config", config.toString()))).isEqualTo(1);
    assertThat(out).startsWith("DENIED network_unapproved");
    environment.clear();
    assertThat(check(with(read, "--config", config.toString(), "--at", "2027-07-01T00:00:00Z")))
        .isEqualTo(1);
    assertThat(out).startsWith("DENIED identity_expired");
    assertThat(check(with(read, "--at", "tomorrow"))).isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("`tomorrow`");
  }

  @Test
  void shadowIsTold() throws IOException {
    write(
        "api.yaml",
        Files.readString(policies.resolve("api.yaml"))
            .replace("spec:\n", "spec:\n  enforcement: Shadow\n"));

    assertThat(check("--url", "https://payments.example.com/none")).isZero();
    assertThat(out)
        .startsWith("ALLOWED in shadow; enforced it would be operation_undeclared (403): ")
        .contains("3 operation     would deny")
        .contains("in shadow: it records and denies nothing");
  }

  @Test
  void decisionIsJsonForPrograms() {
    check(
        "--url",
        "https://payments.example.com/v1/payments/7",
        "--header",
        "X-Old-Key: example-key",
        "--peer-address",
        "203.0.113.7",
        "--output",
        "json");

    JsonNode json = JsonMapper.shared().readTree(out);
    assertThat(json.path("verdict").stringValue()).isEqualTo("allow");
    assertThat(json.path("reason").stringValue()).isEqualTo("allowed");
    assertThat(json.path("policy").stringValue()).isEqualTo("shop/payments");
    assertThat(json.path("identity").stringValue()).isEqualTo("shop/acme");
    assertThat(json.path("stages")).hasSize(8);
    assertThat(json.path("stages").path(7).path("result").stringValue()).isEqualTo("passed");
    assertThat(json.path("attempts").path(1).path("result").stringValue()).isEqualTo("verified");
    assertThat(out).doesNotContain(KEY);
  }

  @Test
  void brokenPoliciesAreMentioned() throws IOException {
    write("broken.yaml", "kind: [\n");

    check("--url", "https://payments.example.com/");
    assertThat(err)
        .isEqualTo(
            "sallyport: 1 error in the policies; `sallyport lint " + policies + "` shows them\n");
  }

  @Test
  void urlAndFolderAndHeaderMustBeUsable() {
    assertThat(check("--url", "payments.example.com/")).isEqualTo(2);
    assertThat(err).isEqualTo("sallyport: --url needs `https://` or `http://` in front\n");
    assertThat(check("--url", "https:///v1")).isEqualTo(2);
    assertThat(check("--url", "https://a", "--header", "example-key")).isEqualTo(2);
    assertThat(err).isEqualTo("sallyport: --header takes `Name: value`\n");
    assertThat(run("check", "--policies", dir.resolve("none").toString(), "--url", "https://a"))
        .isEqualTo(2);
    assertThat(err).hasLineCount(1).contains("is no folder");
  }

  // ---- lint

  @Test
  void goodFolderHasNothingToTell() {
    assertThat(run("lint", policies.toString())).isZero();
    assertThat(out).isEqualTo("0 errors, 0 warnings (2 objects read)\n");
  }

  @Test
  void problemsOfReadingAndCompilingStandTogetherByPlace() throws IOException {
    Path file = policies.resolve("bad.yaml");
    write(
        "bad.yaml",
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: zero}
        spec:
          hosts: [zero.example.com]
          operations:
          - name: read
            match: [{methods: [GET], path: /a}]
            authentication: None
            rateLimits:
            - {name: none, per: [sourceAddress], requests: 0, window: 1m}
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: typo}
        spec: {hsts: []}
        """);

    assertThat(run("lint", policies.toString())).isEqualTo(1);
    List<String> lines = out.lines().toList();
    assertThat(lines.getFirst())
        .startsWith(file + ":11:42: error: spec.operations[0].rateLimits[0].requests: ");
    assertThat(lines.get(1))
        .isEqualTo(file + ":16:8: error: spec: unknown field `hsts`; did you mean `hosts`?");
    assertThat(lines.getLast()).isEqualTo("2 errors, 0 warnings (3 objects read)");
  }

  @Test
  void warningsFailOnlyWhenStrict() throws IOException {
    write("other.yaml", "apiVersion: apps/v1\nkind: Deployment\n");

    assertThat(run("lint", policies.toString())).isZero();
    assertThat(out).contains("warning: kind `Deployment`").contains("0 errors, 1 warning ");
    assertThat(run("lint", "--strict", policies.toString())).isEqualTo(1);
  }

  @Test
  void lintIsJsonForPrograms() throws IOException {
    write("bad.yaml", "a: [\n");

    assertThat(run("lint", "--output", "json", policies.toString())).isEqualTo(1);
    JsonNode json = JsonMapper.shared().readTree(out);
    assertThat(json.path("errors").intValue()).isEqualTo(1);
    JsonNode problem = json.path("problems").path(0);
    assertThat(problem.path("file").stringValue())
        .isEqualTo(policies.resolve("bad.yaml").toString());
    assertThat(problem.path("line").intValue()).isEqualTo(2);
    assertThat(problem.path("severity").stringValue()).isEqualTo("error");
  }

  @Test
  void foldersAreJudgedTogether() throws IOException {
    Path more = Files.createDirectory(dir.resolve("zmore"));
    Files.copy(policies.resolve("acme.yaml"), more.resolve("acme.yaml"));

    assertThat(run("lint", policies.toString(), more.toString())).isEqualTo(1);
    assertThat(out).startsWith(more + "/acme.yaml:3:18: error: metadata.name: ");
    assertThat(run("lint", policies.resolve("acme.yaml").toString())).isZero();
    assertThat(run("lint", dir.resolve("none").toString())).isEqualTo(2);
    assertThat(err).hasLineCount(1).endsWith("does not exist\n");
  }

  // ---- keys

  @Test
  void createdKeyIsShownOnceWithItsDigest() throws IOException {
    assertThat(run("keys", "create")).isZero();
    String key = out.substring("key:    ".length(), out.indexOf("   (shown once)"));
    assertThat(key).matches("slp_[0-9A-Za-z]{43}");
    assertThat(out).contains("sha256: " + KeyDigest.of(key).hex());

    String snippet = out.substring(out.indexOf("  credentials:"));
    write(
        "new.yaml",
        "apiVersion: sallyport.dev/v1alpha1\nkind: NonHumanIdentity\nmetadata: {name: new}\n"
            + "spec:\n  type: Agent\n  owner: {team: a, contact: b}\n"
            + snippet);
    run("lint", policies.resolve("new.yaml").toString());
    assertThat(out).startsWith("0 errors, ");
  }

  @Test
  void createdKeyHasOtherForms() {
    assertThat(run("keys", "create", "--prefix", "acme", "--output", "json")).isZero();
    JsonNode json = JsonMapper.shared().readTree(out);
    String key = json.path("key").stringValue();
    assertThat(key).startsWith("acme_");
    assertThat(json.path("sha256").stringValue()).isEqualTo(KeyDigest.of(key).hex());
    assertThat(run("keys", "create", "--output", "yaml", "--name", "second")).isZero();
    assertThat(out).startsWith("key: slp_").contains("credentials:\n- name: second\n");
    assertThat(run("keys", "create", "--prefix", "no good")).isEqualTo(2);
    assertThat(err).hasLineCount(1);
  }

  @Test
  void hashIsOfTheKeyWithoutOneLineBreak() throws IOException {
    String digest = KeyDigest.of(KEY).hex() + '\n';
    for (String text : List.of(KEY, KEY + '\n', KEY + "\r\n")) {
      in = text;
      assertThat(run("keys", "hash")).isZero();
      assertThat(out).isEqualTo(digest);
      Path file = Files.writeString(dir.resolve("key"), text);
      assertThat(run("keys", "hash", file.toString())).isZero();
      assertThat(out).isEqualTo(digest);
    }
    assertThat(run("keys", "hash", "-")).isZero();
  }

  @Test
  void keyThatNoRequestCanPresentIsRefused() {
    for (String text : List.of("", "\n", KEY + "\n\n", "a b", "schlüssel", "a".repeat(20_000))) {
      in = text;
      assertThat(run("keys", "hash")).as(text).isEqualTo(2);
      assertThat(err).hasLineCount(1);
      assertThat(out).isEmpty();
    }
  }

  @Test
  void keyGivenByMistakeAsArgumentIsNotRepeated() {
    assertThat(run("keys", "hash", "slp_secret")).isEqualTo(2);
    assertThat(err).doesNotContain("slp_secret").hasLineCount(1);
  }

  @Test
  void publicEntryRunsTheSame() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    assertThat(Sallyport.run(new String[] {"version"}, stream, stream)).isZero();
  }
}
