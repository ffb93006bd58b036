package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class McpImportTest {
  private static final String LIST =
      """
      {"jsonrpc": "2.0", "id": 2, "result": {"tools": [
        {"name": "create_shipment", "description": "Creates a shipment\\n: {not: yaml}",
         "inputSchema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
           "properties": {"country": {"enum": ["DE", "no", "\\u2028\\u007f"]}}, "required": ["country"]}},
        {"name": "track.shipment", "annotations": {"readOnlyHint": true},
         "inputSchema": {"type": "object"}},
        {"name": "yes", "inputSchema": {"type": "object"}},
        {"name": "no name\\n- name: evil", "inputSchema": {"type": "object"}}
      ]}}
      """;

  @TempDir private Path folder = Path.of("");

  private CliRun imported(String list, String... options) throws IOException {
    Path file = Files.writeString(folder.resolve("list.json"), list);
    String[] arguments = new String[3 + options.length];
    arguments[0] = "mcp";
    arguments[1] = "import";
    arguments[2] = file.toString();
    System.arraycopy(options, 0, arguments, 3, options.length);
    return CliRun.of("", Map.of(), arguments);
  }

  private CliRun lint(String policy) throws IOException {
    Path policies = Files.createDirectories(folder.resolve("policies"));
    Files.writeString(policies.resolve("policy.yaml"), policy);
    return CliRun.of("", Map.of(), "lint", "--strict", policies.toString());
  }

  @Test
  void aFirstPolicyHasEachToolAndItsSchemaAndNothingIsWrongWithIt() throws IOException {
    CliRun run = imported(LIST, "--host", "mcp.example.com", "--name", "logistics", "-n", "agents");

    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("- name: create_shipment\n", "# Creates a shipment\n", "- name: \"yes\"\n")
        .contains("# scopes: [shipment:write]", "# scopes: [shipment:read]")
        .contains("# Left out, since it is no name or stands twice: no name\n");
    CliRun lint = lint(run.out());
    assertThat(lint.out()).endsWith("0 errors, 0 warnings (1 object read)\n");
    assertThat(lint.exitCode()).isZero();
  }

  @Test
  void schemasMayStandInAConfigMap() throws IOException {
    CliRun run = imported(LIST, "--config-map", "logistics-tools", "--namespace", "agents");

    assertThat(run.out())
        .contains("toolsRef: {configMap: logistics-tools, key: tools.json}")
        .contains("labels: {sallyport.dev/watch: \"true\"}")
        .doesNotContain("arguments:");
    CliRun lint = lint(run.out());
    // The tool that has no name stays in the list, and can't be called.
    assertThat(lint.out()).endsWith("0 errors, 1 warning (2 objects read)\n");
    assertThat(lint.out()).contains("1 tool of the document is not listed");
  }

  @Test
  void aConfigMapStandsInFrontOfThePolicyThatRefersToIt() throws IOException {
    CliRun run = imported(LIST, "--config-map", "logistics-tools");

    assertThat(run.out()).startsWith("apiVersion: v1\nkind: ConfigMap\n");
    assertThat(run.out()).containsSubsequence("kind: ConfigMap", "\n---\n#", "kind: ApiPolicy");
  }

  @Test
  void whatAServerShouldNotSayOfAToolStaysOutOfItsConfigMap() throws IOException {
    CliRun run =
        imported(
            """
            {"tools": [{"name": "a", "inputSchema": 7}, {"name": "a", "inputSchema": {}},
              {"name": 7}, {"inputSchema": {}}, 7, {"name": "b", "inputSchema": {"type": "object"}}],
             "nextCursor": "2"}
            """,
            "--config-map",
            "tools");

    assertThat(run.out()).contains("# This is only the first page of the list");
    CliRun lint = lint(run.out());
    // Of `a` nobody knows the schema, and the list has more pages.
    assertThat(lint.out()).endsWith("0 errors, 2 warnings (2 objects read)\n");
  }

  @Test
  void theListMayComeOnStandardInput() {
    CliRun run =
        CliRun.of(
            "{\"tools\": [{\"name\": \"a\", \"inputSchema\": {\"type\": \"object\"}}]}",
            Map.of(),
            "mcp",
            "import",
            "-");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith("# A first policy of the tools in standard input.\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"tools\": {}}",
        "event: message",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32600,\"message\":\"no session\"}}",
        "{\"tools\":[],\"tools\":[]}"
      })
  void whatIsNoListIsToldInOneLine(String text) throws IOException {
    CliRun run = imported(text);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines()).singleElement().asString().startsWith("sallyport: `");
  }

  @Test
  void optionsThatWouldBreakThePolicyAreRefused() throws IOException {
    for (List<String> option :
        List.of(
            List.of("--host", "mcp.example.com:443"),
            List.of("--host", "a]b"),
            List.of("--path", "mcp"),
            List.of("--path", "/a b"),
            List.of("--name", "A"),
            List.of("--namespace", "a.b"),
            List.of("--config-map", "a\nb"))) {
      CliRun run = imported(LIST, option.toArray(String[]::new));
      assertThat(run.exitCode()).as("%s", option).isEqualTo(2);
      assertThat(run.err().lines()).hasSize(1);
    }
  }

  @Test
  void aFileThatIsTooLargeIsToldInOneLine() throws IOException {
    assertThat(imported(" ".repeat((1 << 20) + 1)).err())
        .startsWith("sallyport: `")
        .endsWith("list.json` has more than 1 MiB\n");
  }

  @Test
  void aFileThatIsNotThereIsToldInOneLine() {
    CliRun run = CliRun.of("", Map.of(), "mcp", "import", "nowhere.json");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).isEqualTo("sallyport: `nowhere.json` can't be read\n");
  }
}
