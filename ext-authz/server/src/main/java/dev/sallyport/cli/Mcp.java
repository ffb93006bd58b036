package dev.sallyport.cli;

import dev.sallyport.engine.compile.HostPattern;
import dev.sallyport.engine.json.Json;
import dev.sallyport.engine.json.JsonReader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sallyport mcp}: policies of MCP servers. */
@Command(
    name = "mcp",
    synopsisSubcommandLabel = "COMMAND",
    description = "Make policies of MCP servers (Model Context Protocol).",
    footer = {"", "Examples:", "  sallyport mcp import tools.json --host mcp.example.com"})
final class Mcp implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "`import` is missing");
    }
  }

  /** {@code sallyport mcp import}. */
  @Command(
      name = "import",
      description = {
        "Make a first policy of what an MCP server answers to `tools/list`: each of its tools, and"
            + " what its arguments may be. Look through it before you apply it: it allows every"
            + " tool, and the scopes that it suggests are comments."
      },
      footer = {
        "",
        "Examples:",
        "  sallyport mcp import tools.json --host mcp.example.com --name logistics > policy.yaml",
        "  sallyport mcp import tools.json --config-map logistics-tools -n agents |"
            + " kubectl apply -f -",
        "",
        "FILE holds the result, {\"tools\": [...]}, or the whole JSON-RPC response around it."
      })
  static final class Import implements Callable<Integer> {
    private static final JsonReader.Limits LIMITS = JsonReader.Limits.BODY;

    @Parameters(
        paramLabel = "FILE",
        description = "The saved `tools/list` result; `-` for standard input.")
    private Path file = Path.of("-");

    @Option(
        names = "--host",
        paramLabel = "HOST",
        defaultValue = "mcp.example.com",
        description = "The host of the server (${DEFAULT-VALUE}).")
    private String host = "mcp.example.com";

    @Option(
        names = "--path",
        paramLabel = "PATH",
        defaultValue = "/mcp",
        description = "The path of its endpoint (${DEFAULT-VALUE}).")
    private String path = "/mcp";

    @Option(
        names = "--name",
        paramLabel = "NAME",
        defaultValue = "mcp",
        description = "The name of the policy (${DEFAULT-VALUE}).")
    private String name = "mcp";

    @Option(
        names = {"-n", "--namespace"},
        paramLabel = "NAME",
        description = "The namespace of the policy.")
    private @Nullable String namespace;

    @Option(
        names = "--config-map",
        paramLabel = "NAME",
        description = "Keep the schemas in a ConfigMap of this name, to which the policy refers.")
    private @Nullable String configMap;

    private final Surroundings around;

    Import(Surroundings around) {
      this.around = around;
    }

    @Override
    public Integer call() throws Failure {
      if (!HostPattern.isHost(host)) {
        throw new Failure("--host takes a host without a port, as mcp.example.com");
      }
      if (!path.matches("/[A-Za-z0-9._~/-]{0,1023}")) {
        throw new Failure("--path takes a path as /mcp");
      }
      ObjectName.check("--name", name);
      ObjectName.checkNamespace("--namespace", namespace);
      ObjectName.check("--config-map", configMap);
      InputFile input = new InputFile(file);
      JsonNode tools = tools(input, input.read(around, Math.toIntExact(LIMITS.bytes())));
      around
          .out()
          .print(
              new ToolsPolicy(host, path, name, namespace, configMap)
                  .written(input.toString(), tools));
      return 0;
    }

    private static JsonNode tools(InputFile input, byte[] bytes) throws Failure {
      return switch (new JsonReader(LIMITS).read(bytes)) {
        case Json.Faulty(var why, var offset) ->
            throw new Failure(
                input
                    + " can't be read: "
                    + why
                    + (offset < 0 ? "" : ", at byte " + offset)
                    + "; of a stream of events save what follows `data:`");
        case Json.Value(var document) -> {
          if (document.path("error").isObject()) {
            throw new Failure(
                input
                    + " holds an error of the server; ask it for `tools/list` as a client does, with"
                    + " `initialize` first where it wants that");
          }
          JsonNode result = document.path("result").isObject() ? document.path("result") : document;
          if (!result.path("tools").isArray()) {
            throw new Failure(
                input
                    + " is no `tools/list` result; save what the server answers, {\"tools\":"
                    + " [...]}");
          }
          yield result;
        }
      };
    }
  }
}
