package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class OpenApiTest {
  private static final String DOCUMENT =
      """
      openapi: 3.1.1
      info: {title: 'Payments & more', version: '1'}
      servers: [{url: https://api.example.com/v1}, {url: http://localhost:8080}]
      components:
        securitySchemes:
          partnerKey: {type: apiKey, in: header, name: X-API-Key}
          other: {type: apiKey, in: header, name: Authorization}
          login: {type: openIdConnect, openIdConnectUrl: 'https://login.example.com/.well-known/openid-configuration'}
          oauth: {type: oauth2, flows: {}}
          mesh: {type: mutualTLS}
          basic: {type: http, scheme: basic}
      paths:
        /payments/{id}: {get: {operationId: getPayment, security: [{oauth: [payments:read]}]}}
        /health: {get: {operationId: health, security: []}}
        /a/{b}.json: {get: {operationId: odd}}
      """;

  @TempDir private Path dir;

  private CliRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("openapi", "import"));
    all.addAll(List.of(arguments));
    return CliRun.of("", Map.of(), all.toArray(String[]::new));
  }

  private String write(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text).toString();
  }

  private static List<Object> parsed(String yaml) {
    List<Object> documents = new ArrayList<>();
    new Load(LoadSettings.builder().setCodePointLimit(Integer.MAX_VALUE).build())
        .loadAllFromString(yaml)
        .forEach(documents::add);
    return documents;
  }

  private CliRun lint() {
    return CliRun.of("", Map.of(), "lint", dir.toString());
  }

  @Test
  void aFirstPolicyRefersToTheDocumentAndPassesLint() throws IOException {
    CliRun run = run(write("pay.openapi.yaml", DOCUMENT));
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .isEqualTo(
            """
            # A first policy for Payments & more, of its OpenAPI document with 2 operations.
            apiVersion: sallyport.dev/v1alpha1
            kind: ApiPolicy
            metadata:
              name: payments-more
            spec:
              hosts:
              - api.example.com
              - localhost
              authentication:
                # more tokens: `oauth`; add a method where another issuer makes them
                # not enforced: `basic`, a way to prove who one is that is not known here
                methods:
                - {name: partnerkey, apiKey: {header: X-API-Key}}
                - {name: other, apiKey: {header: Authorization, prefix: "ApiKey "}}
                # the TokenIssuer whose tokens are taken: fill it in; its metadata: https://login.example.com/.well-known/openid-configuration
                - {name: login, jwt: {issuerRef: {name: fill-in}, audiences: [payments-more]}}
                - {name: mesh, mtls: {}}
              openapi:
                file: pay.openapi.yaml
                # what the document does not name is refused; Allow lets it through
                unknownProperties: Deny
              # By the document these need no credential. To let everybody call them:
              # operations:
              # - {name: health, match: [{methods: [GET], path: "/v1/health"}], authentication: None}
              # What of the document can't be enforced as it stands:
              # - `/paths/~1a~1{b}.json/get`: the path needs whole segments as parameters, unlike `{b}.json`; it is left out, and its requests are undeclared, whatever other templates take
              # - `/paths/~1health/get`: it needs no credential there, and one here. Declare it in the policy with `authentication: None` or `Optional` to change that
            """);
    write("policy.yaml", run.out());
    assertThat(lint().exitCode()).as(lint().out()).isZero();
  }

  @Test
  void aConfigMapHoldsTheDocumentAsItIsAndPassesLint() throws IOException {
    CliRun run =
        run(
            write("pay.yaml", DOCUMENT),
            "--config-map",
            "--name",
            "pay",
            "-n",
            "shop",
            "--host",
            "pay.example.com",
            "--host",
            "*.pay.example.com");
    assertThat(run.err()).isEmpty();
    List<Object> objects = parsed(run.out());
    assertThat(objects).hasSize(2);
    assertThat(objects.getLast().toString())
        .contains("hosts=[pay.example.com, *.pay.example.com]")
        .contains("configMapRef={name=pay-openapi, key=openapi.yaml}")
        .contains("namespace=shop");
    // Objects are applied in their order, and the policy looks for the map.
    assertThat(objects.getFirst())
        .isEqualTo(
            Map.of(
                "apiVersion",
                "v1",
                "kind",
                "ConfigMap",
                "metadata",
                Map.of(
                    "name", "pay-openapi",
                    "namespace", "shop",
                    "labels", Map.of("sallyport.dev/watch", "true")),
                "data",
                Map.of("openapi.yaml", DOCUMENT)));
    Files.delete(dir.resolve("pay.yaml"));
    write("policy.yaml", run.out());
    assertThat(lint().exitCode()).as(lint().out()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"openapi\": \"3.0.3\", \"paths\": {}}",
        "  \n  {\"openapi\": \"3.0.3\",\n\n \"paths\": {}}\n\n",
        "openapi: 3.0.3\r\ninfo: {title: \"a\\u0007\"}\r\n",
        "openapi: 3.0.3\n# é \u2028 \t\npaths: {}\n",
        "# a\n\n  \nopenapi: 3.0.3"
      })
  void everyTextComesBackFromItsConfigMap(String text) throws IOException {
    CliRun run = run(write("x.json", text), "--config-map");
    assertThat(run.err()).isEmpty();
    assertThat(((Map<?, ?>) parsed(run.out()).getFirst()).get("data").toString())
        .isEqualTo(
            "{openapi." + (text.strip().startsWith("{") ? "json" : "yaml") + '=' + text + '}');
  }

  @Test
  void aDocumentByAnotherNameIsToBeRenamed() throws IOException {
    assertThat(run(write("swagger-v3.json", "{\"openapi\": \"3.0.3\", \"paths\": {}}")).out())
        .contains(
            """
              openapi:
                # save the document by this name beside the policy
                file: api.openapi.json
            """)
        .contains("  # the document names no host: fill it in\n  hosts:\n  - api.example.com\n")
        .contains("# the document names no way to prove who one is that is known here: choose one");
  }

  @Test
  void nothingOfADocumentBecomesYaml() throws IOException {
    CliRun run =
        run(
            write(
                "x.openapi.json",
                """
                {"openapi": "3.0.3", "info": {"title": "a\\nspec: {hosts: [evil]}\\u2028x: y"},
                 "servers": [{"url": "https://a.example.com/\\nb: c"}],
                 "components": {"securitySchemes": {"a\\nb: c": {"type": "http", "scheme": "x"},
                   "yes": {"type": "apiKey", "in": "header", "name": "X-A\\nb: c"}}},
                 "paths": {"/a\\nb: c/{x}.y": {"get": {"operationId": "x\\ny: z", "security": []}}}}
                """));
    assertThat(run.err()).isEmpty();
    assertThat(((Map<?, ?>) parsed(run.out()).getFirst()).keySet().toString())
        .isEqualTo("[apiVersion, kind, metadata, spec]");
    assertThat(
            ((Map<?, ?>) ((Map<?, ?>) parsed(run.out()).getFirst()).get("spec"))
                .keySet()
                .toString())
        .isEqualTo("[hosts, authentication, openapi]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'swagger: "2.0"'             | can't be used: this is OpenAPI 2.0 (Swagger), which is not read; convert it to 3.0 or 3.1
          'a: [1'                      | can't be read: line 1, column 6: not valid YAML: check the indentation, the quotes and the brackets
          'openapi: 3.1.0\npaths: {/a: {$ref: "b.yaml"}, /c: {$ref: "d.yaml"}}' | can't be used: `/paths/~1a`: the reference leads out of the document, and nothing is fetched; put it all into one document (and 1 more)
          """)
  void whatCannotBeReadIsOneLineAndExitCodeTwo(String text, String message) throws IOException {
    CliRun run = run(write("x.openapi.yaml", text.replace("\\n", "\n")));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .isEqualTo("sallyport: `" + dir.resolve("x.openapi.yaml") + "` " + message + "\n");
  }

  @Test
  void theDocumentMayComeOnStandardInput() {
    CliRun run =
        CliRun.of(DOCUMENT, Map.of(), "openapi", "import", "-", "--name", "pay", "-n", "shop");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("    # save the document by this name beside the policy\n")
        .contains("    file: pay.openapi.yaml\n");
    assertThat(CliRun.of("a: b", Map.of(), "openapi", "import", "-").err())
        .startsWith("sallyport: standard input can't be used: ");
  }

  @Test
  void badOptionsAreOneLineAndExitCodeTwo() throws IOException {
    String file = write("x.openapi.yaml", DOCUMENT);
    assertThat(run(file, "--name", "A_b").err())
        .contains("--name takes a name as Kubernetes has it");
    assertThat(run(file, "--host", "a:80").err()).contains("--host takes `api.example.com`");
    assertThat(run(file, "--host", "a:80").exitCode()).isEqualTo(2);
    assertThat(run(dir.resolve("none").toString()).err()).contains("can't be read");
    assertThat(run().err()).contains("missing required parameter");
    CliRun bare = CliRun.of("", Map.of(), "openapi");
    assertThat(bare.exitCode()).isEqualTo(2);
    assertThat(bare.err()).contains("`import` is missing");
    String large = write("l.yaml", DOCUMENT + "# " + "x".repeat(1 << 20));
    assertThat(run(large, "--config-map").err()).contains("larger than the 1 MiB of a ConfigMap");
  }
}
