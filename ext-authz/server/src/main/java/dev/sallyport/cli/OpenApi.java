package dev.sallyport.cli;

import dev.sallyport.engine.compile.HostPattern;
import dev.sallyport.engine.json.DocumentText;
import dev.sallyport.engine.openapi.OpenApiDocument;
import dev.sallyport.engine.openapi.Remark;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sallyport openapi}: policies from OpenAPI documents. */
@Command(
    name = "openapi",
    synopsisSubcommandLabel = "COMMAND",
    description = "Make policies of OpenAPI documents.",
    footer = {"", "Example:", "  sallyport openapi import payments.openapi.yaml"})
final class OpenApi implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "`import` is missing");
    }
  }

  /** {@code sallyport openapi import}. */
  @Command(
      name = "import",
      description = {
        "Print a first ApiPolicy for the API of an OpenAPI 3.0 or 3.1 document: its hosts, the"
            + " methods of authentication that it names, and a reference to the document, of which"
            + " operations, scopes and schemas are taken. What can't be enforced stands in comments."
      },
      footer = {
        "",
        "Examples:",
        "  sallyport openapi import policies/payments.openapi.yaml > policies/payments.yaml",
        "  sallyport openapi import payments.json --host payments.example.com --config-map |",
        "    kubectl apply -n payments -f -"
      })
  static final class Import implements Callable<Integer> {
    /** What a ConfigMap takes, less what is left for its name. */
    private static final int MOST_IN_CONFIG_MAP = 1_000_000;

    @Parameters(
        paramLabel = "FILE",
        description = "The document, YAML or JSON; `-` for standard input.")
    private Path file = Path.of("");

    @Option(
        names = "--host",
        paramLabel = "HOST",
        description = "A host of the API; those of the document's servers where it is left out.")
    private List<String> hosts = List.of();

    @Option(
        names = "--name",
        paramLabel = "NAME",
        description = "The policy's name; made of the document's title where it is left out.")
    private @Nullable String name;

    @Option(
        names = {"-n", "--namespace"},
        paramLabel = "NAME",
        description = "The policy's namespace.")
    private @Nullable String namespace;

    @Option(
        names = "--config-map",
        description = "Print a ConfigMap with the document too, for a cluster.")
    private boolean configMap;

    private final Surroundings around;

    Import(Surroundings around) {
      this.around = around;
    }

    @Override
    public Integer call() throws Failure {
      ObjectName.check("--name", name);
      ObjectName.checkNamespace("--namespace", namespace);
      for (String host : hosts) {
        if (!HostPattern.isHost(host)) {
          throw new Failure("--host takes `api.example.com` or `*.example.com`, without a port");
        }
      }
      InputFile input = new InputFile(file);
      String text = text(input);
      OpenApiDocument document = document(input, text);
      String policy = name == null ? PolicyDraft.name(document.title()) : name;
      if (configMap && text.getBytes(StandardCharsets.UTF_8).length > MOST_IN_CONFIG_MAP) {
        throw new Failure(
            "the document is larger than the 1 MiB of a ConfigMap; read policies from a folder, or"
                + " take descriptions and answers out of it");
      }
      PolicyDraft draft = new PolicyDraft(document, policy, namespace, hosts, text);
      around.out().print(configMap ? draft.withConfigMap() : draft.withFile(input.name()));
      return 0;
    }

    private String text(InputFile input) throws Failure {
      byte[] bytes = input.read(around, DocumentText.MOST_BYTES);
      try {
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        return text.startsWith("\ufeff") ? text.substring(1) : text;
      } catch (CharacterCodingException _) {
        throw new Failure(input + " is not UTF-8 text");
      }
    }

    private static OpenApiDocument document(InputFile input, String text) throws Failure {
      return switch (DocumentText.read(text)) {
        case DocumentText.Reading.Faulty faulty ->
            throw new Failure(input + " can't be read: " + faulty.told());
        case DocumentText.Reading.Tree(var tree) ->
            switch (OpenApiDocument.read(tree)) {
              case OpenApiDocument.Reading.Usable(var document) -> document;
              case OpenApiDocument.Reading.Refused(var faults) ->
                  throw new Failure(input + " can't be used: " + told(faults));
            };
      };
    }

    private static String told(List<Remark> faults) {
      String first = PolicyDraft.oneLine(faults.getFirst().told());
      return faults.size() == 1
          ? first
          : String.format(Locale.ROOT, "%s (and %d more)", first, faults.size() - 1);
    }
  }
}
