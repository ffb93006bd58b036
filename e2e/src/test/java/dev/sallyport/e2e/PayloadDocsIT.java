package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What the README and the pages on payload show can be taken as it stands, and says what it is said
 * to.
 */
class PayloadDocsIT {
  private static final List<String> PAGES =
      List.of("bodies", "schemas", "openapi", "field-scopes", "conditions", "mcp");

  private static final Pattern BLOCK =
      Pattern.compile("^```(\\w+)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

  /** Settings of Envoy, which are shown in between. */
  private static final String OF_ENVOY = "with_request_body:";

  /** Where a page leaves it out. */
  private static final String AUTHENTICATION =
      "  authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}\n";

  private static final String OPENAPI =
      """
      openapi: 3.1.0
      info: {title: Payments, version: '1'}
      servers: [{url: https://payments.example.com}]
      components: {securitySchemes: {key: {type: apiKey, in: header, name: X-API-Key}}}
      security: [{key: []}]
      paths:
        /v1/payments/{paymentId}:
          get:
            operationId: showPayment
            parameters: [{name: paymentId, in: path, required: true, schema: {type: string}}]
            responses: {'200': {description: it}}
        /v1/health:
          get: {security: [], responses: {'200': {description: fine}}}
      """;

  @TempDir private static Path work;

  @BeforeAll
  static void install() {
    Cluster.shared().installDefinitions();
    Cluster.shared().apply("{apiVersion: v1, kind: Namespace, metadata: {name: payments}}");
  }

  /** Others enforce what is on the cluster, whose hosts these would take. */
  @AfterAll
  static void remove() {
    Cluster.shared().kubectl("delete", "apipol,configmap", "--all", "-n", "payments").orThrow();
  }

  private static String page(String name) throws IOException {
    return Files.readString(Checkout.root().resolve("docs/" + name + ".md"));
  }

  /** The code of a page in one language. */
  private static List<String> blocks(String page, String language) {
    return BLOCK
        .matcher(page)
        .results()
        .filter(block -> block.group(1).equals(language))
        .map(block -> block.group(2))
        .toList();
  }

  // ---- objects

  @TestFactory
  Stream<DynamicTest> objectsOfPages() {
    return PAGES.stream().map(name -> DynamicTest.dynamicTest(name, () -> takes(name)));
  }

  private static void takes(String name) throws IOException {
    List<String> policies = policies(page(name));
    assertThat(policies).isNotEmpty();
    String objects = String.join("---\n", policies);
    Path folder = Files.createDirectories(work.resolve(name));
    Files.writeString(folder.resolve("payments.openapi.yaml"), OPENAPI);
    Files.writeString(folder.resolve("map.yaml"), configMap());
    Files.writeString(folder.resolve("page.yaml"), objects);

    CommandRun lint = sh(folder, "sallyport lint .");
    assertThat(lint.output()).contains("0 errors, ");
    Cluster.shared()
        .kubectlReading(objects, "apply", "--dry-run=server", "--validate=strict", "--filename=-")
        .orThrow();
  }

  /** What a page shows of policies, each made whole. */
  private static List<String> policies(String page) {
    List<String> policies = new ArrayList<>();
    for (String yaml : blocks(page, "yaml")) {
      int number = policies.size();
      if (yaml.startsWith("apiVersion:")) {
        policies.add(yaml);
      } else if (yaml.startsWith("spec:\n")) {
        policies.add(spec(number, yaml.substring("spec:\n".length())));
      } else if (yaml.startsWith("operations:\n")) {
        policies.add(spec(number, yaml.indent(2)));
      } else if (yaml.startsWith("body:\n")) {
        policies.add(
            spec(
                number,
                """
                  operations:
                  - name: page
                    match: [{methods: [POST], path: /page}]
                    request:
                """
                    + yaml.indent(6)));
      } else {
        assertThat(yaml).startsWith(OF_ENVOY);
      }
    }
    return policies;
  }

  /** A policy of a spec, with a host and a way to authenticate where that shows none. */
  private static String spec(int number, String rest) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: page-%d, namespace: payments}
    spec:
    %s%s%s\
    """
        .formatted(
            number,
            rest.contains("  hosts:") ? "" : "  hosts: [page-" + number + ".example.com]\n",
            rest.contains("  authentication:\n") ? "" : AUTHENTICATION,
            rest);
  }

  private static String configMap() {
    return """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: payments-openapi, namespace: payments}
    data:
      openapi.yaml: |
    """
        + OPENAPI.indent(4);
  }

  @Test
  void everyFieldOfAPolicyIsNamed() throws IOException {
    StringBuilder pages = new StringBuilder(page("policies"));
    for (String name : PAGES) {
      pages.append(page(name));
    }
    Object definition =
        new Load(LoadSettings.builder().build())
            .loadFromString(
                Files.readString(
                    Checkout.root().resolve("helm/sallyport/crds/apipolicies.sallyport.dev.yaml")));
    Set<String> names = new TreeSet<>();
    collect(
        at(definition, "spec", "versions", "0", "schema", "openAPIV3Schema", "properties"),
        "spec",
        names);
    assertThat(names).contains("unknownProperties", "toolsRef", "maxAliases", "outOfScope");

    // Settings of DPoP, which docs/credentials has.
    names.removeAll(List.of("maxAge", "nonce"));
    assertThat(names)
        .filteredOn(name -> !Pattern.compile("[`. {]" + name + "\\b").matcher(pages).find())
        .isEmpty();
  }

  private static Object at(Object node, String... path) {
    Object found = node;
    for (String step : path) {
      found =
          found instanceof List<?> list
              ? list.get(Integer.parseInt(step))
              : ((Map<?, ?>) found).get(step);
      assertThat(found).as(step).isNotNull();
    }
    return found;
  }

  /** The names of all properties below one of a schema. */
  private static void collect(Object properties, String property, Set<String> names) {
    Object schema = ((Map<?, ?>) properties).get(property);
    while (schema instanceof Map<?, ?> map) {
      if (map.get("properties") instanceof Map<?, ?> inner) {
        for (Object name : inner.keySet()) {
          names.add(name.toString());
          collect(inner, name.toString(), names);
        }
      }
      schema = map.get("items");
    }
  }

  // ---- commands

  /**
   * A command and what is shown of its output.
   *
   * @param command of a shell
   */
  private record Shown(String command, List<String> output) {}

  private static List<Shown> shown(String console) {
    List<Shown> commands = new ArrayList<>();
    Matcher each =
        Pattern.compile("^\\$ ((?:.*\\\\\\n)*.*\\n)((?:(?!\\$ ).*\\n)*)", Pattern.MULTILINE)
            .matcher(console);
    while (each.find()) {
      commands.add(new Shown(each.group(1), each.group(2).lines().toList()));
    }
    assertThat(commands).isNotEmpty();
    return commands;
  }

  /** Runs commands as a reader would, who has {@code sallyport} and {@code kubectl} at hand. */
  private static CommandRun sh(Path folder, String script) {
    return CommandRun.of(
        List.of("sh", "-s"),
        Map.of(
            "PATH",
            Checkout.sallyport().getParent()
                + ":"
                + Checkout.kubectl().getParent()
                + ":"
                + System.getenv("PATH"),
            "SALLYPORT_JAVA",
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "KUBECONFIG",
            Cluster.shared().kubeconfig().toString(),
            "HOME",
            work.toString()),
        "cd '" + folder + "'\n" + script + '\n');
  }

  @TestFactory
  Stream<DynamicTest> commandsSayWhatIsShown() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (String name : List.of("bodies", "field-scopes", "policy-tests")) {
      for (String console : blocks(page(name), "console")) {
        for (Shown shown : shown(console)) {
          tests.add(
              DynamicTest.dynamicTest(
                  name + ": " + shown.command.strip(), () -> says(name, shown)));
        }
      }
    }
    assertThat(tests).hasSizeGreaterThanOrEqualTo(3);
    return tests.stream();
  }

  private static void says(String name, Shown shown) throws IOException {
    Path folder = Checkout.root();
    if (!shown.command.contains("examples/")) {
      folder = Files.createDirectories(work.resolve("commands-" + name));
      Files.writeString(folder.resolve("page.yaml"), String.join("---\n", policies(page(name))));
    }
    CommandRun run = sh(folder, shown.command);
    assertThat(run.errors()).isEmpty();
    assertThat(run.exitCode()).isLessThan(2);
    assertThat(timeless(run.output()))
        .containsSubsequence(
            shown.output.stream()
                .filter(line -> !line.isEmpty() && !line.equals("…"))
                .map(PayloadDocsIT::timeless)
                .toList());
  }

  private static String timeless(String text) {
    return text.replaceAll("\\([0-9.]+ s\\)", "(… s)");
  }

  @Test
  void aDocumentBecomesAPolicyInAFolderAndOnACluster() throws IOException {
    List<String> scripts = blocks(page("openapi"), "sh");
    assertThat(scripts).hasSize(2);
    Path folder = Files.createDirectories(work.resolve("import"));
    Path policies = Files.createDirectories(folder.resolve("policies"));
    Files.writeString(policies.resolve("payments.openapi.yaml"), OPENAPI);
    Files.writeString(folder.resolve("payments.openapi.yaml"), OPENAPI);

    assertThat(sh(folder, scripts.getFirst()).orThrow()).contains("0 errors, ");
    assertThat(sh(folder, scripts.getLast()).orThrow())
        .containsSubsequence("configmap/payments-openapi ", "apipolicy.sallyport.dev/payments ");
    assertThat(
            Cluster.shared()
                .kubectl("get", "apipol", "payments", "-n", "payments", "-o", "yaml")
                .orThrow())
        .contains("    configMapRef:\n", "      name: payments-openapi\n");
  }

  @Test
  void aListOfToolsBecomesAPolicyInAFolderAndOnACluster() throws IOException {
    String imported =
        page("mcp")
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("sallyport mcp import "))
            .collect(Collectors.joining("\n"));
    assertThat(imported).endsWith(" > logistics.yaml");
    Path folder = Files.createDirectories(work.resolve("tools"));
    Files.copy(Checkout.examples().resolve("agent-tools/tools.json"), folder.resolve("tools.json"));

    assertThat(sh(folder, imported + "\nsallyport lint --strict .").orThrow())
        .contains("0 errors, 0 warnings (1 object read)");
    assertThat(
            sh(
                    folder,
                    "sallyport mcp import tools.json --config-map logistics-tools -n payments |"
                        + " kubectl apply -f -")
                .orThrow())
        .containsSubsequence("configmap/logistics-tools ", "apipolicy.sallyport.dev/mcp ");
  }

  @Test
  void theMistakeInAConditionIsTold() throws IOException {
    String told =
        page("conditions")
            .lines()
            .filter(line -> line.startsWith("    spec."))
            .collect(Collectors.joining("\n"))
            .strip();
    String policy =
        policies(page("conditions")).getFirst().replace("identity.type !=", "identity.typ !=");
    Path folder = Files.createDirectories(work.resolve("mistake"));
    Files.writeString(folder.resolve("page.yaml"), policy);

    assertThat(sh(folder, "sallyport lint .").output()).contains("error: " + told + "\n");
  }

  @Test
  void theCommandsOfTheReadmeNeedNoServer() throws IOException {
    String readme = Files.readString(Checkout.root().resolve("README.md"));
    String commands =
        blocks(readme, "sh").stream()
            .filter(script -> script.contains("alias sallyport="))
            .collect(Collectors.joining());
    assertThat(commands).startsWith("make build\n");

    CommandRun run = sh(Checkout.root(), commands.substring("make build\n".length()));
    assertThat(run.errors()).isEmpty();
    assertThat(run.output())
        .containsSubsequence(
            "0 errors, ", " 0 failed (", "DENIED region_unapproved (403)", "8 quota ");
  }

  @Test
  void theCommandsOfTheReadmeAreGoodForACluster() throws IOException {
    List<String> scripts =
        blocks(Files.readString(Checkout.root().resolve("README.md")), "sh").stream()
            .filter(script -> script.startsWith("kubectl "))
            .toList();
    assertThat(scripts).hasSize(3);
    String wrong = scripts.get(1);
    int then = wrong.indexOf("kubectl get ");
    try (SallyportProcess _ =
        SallyportProcess.start(
            SallyportProcess.Settings.of(
                Files.createDirectories(work.resolve("serve")),
                new SallyportProcess.Source.ApiServer(Cluster.shared().kubeconfig())))) {
      assertThat(sh(Checkout.root(), scripts.getFirst()).orThrow())
          .containsSubsequence(
              "releases condition met", "release-pipeline condition met", "releases.example.com");

      sh(Checkout.root(), wrong.substring(0, then)).orThrow();
      awaits("apipol", "releases", "{.status.conditions[?(@.type==\"Ready\")].status}", "False");
      assertThat(sh(Checkout.root(), wrong.substring(then)).orThrow())
          .containsSubsequence(
              "False",
              "the previous version stays in force; spec.operations[3].match[0].path: ",
              "apipolicy.sallyport.dev/releases configured");
      awaits("apipol", "releases", "{.status.conditions[?(@.type==\"Ready\")].status}", "True");

      sh(Checkout.root(), scripts.getLast()).orThrow();
      awaits("nhi", "release-pipeline", "{.status.phase}", "Revoked");
    } finally {
      // Others apply these objects too, and not over a revoked one.
      Cluster.shared().kubectl("delete", "apipol,nhi", "--all", "-n", "leaked-key").orThrow();
    }
  }

  private static void awaits(String kind, String name, String path, String value) {
    Await.untilTrue(
        kind + "/" + name + " has " + path + " " + value,
        () ->
            Cluster.shared()
                .kubectl("get", kind, name, "-n", "leaked-key", "-o", "jsonpath=" + path)
                .output()
                .equals(value));
  }
}
