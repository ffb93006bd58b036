package dev.sallyport.cli;

import dev.sallyport.engine.mcp.ToolName;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A first policy of an MCP server, in YAML. What the server says of its tools stands in it as
 * comments and as JSON, which is YAML that nobody reads in two ways.
 *
 * @param path of the endpoint
 * @param namespace null for none
 * @param configMap where the schemas are kept; null for the policy itself
 */
record ToolsPolicy(
    String host, String path, String name, @Nullable String namespace, @Nullable String configMap) {
  private static final int LONGEST_COMMENT = 100;

  /** Where the ConfigMap holds the list. */
  private static final String ENTRY = "tools.json";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .build();

  /** Names that some reader of YAML takes for something else than text. */
  private static final Set<String> RESERVED =
      Set.of("true", "false", "null", "yes", "no", "on", "off", "y", "n");

  /**
   * The policy.
   *
   * @param source where the list comes from
   * @param list with a member {@code tools}
   */
  String written(String source, JsonNode list) {
    StringBuilder yaml = new StringBuilder(4096);
    if (configMap != null) {
      // First, as objects are applied in their order: the policy never looks for what is not there.
      configMap(yaml, configMap, list);
      yaml.append("---\n");
    }
    yaml.append("# A first policy of the tools in ")
        .append(comment(source))
        .append(
            """
            .
            # Before you apply it: leave out the tools that nobody should call, take over the scopes that
            # are suggested or write your own, and say how callers prove who they are.
            apiVersion: sallyport.dev/v1alpha1
            kind: ApiPolicy
            """);
    metadata(yaml, name);
    yaml.append("spec:\n  hosts: [")
        .append(scalar(host))
        .append(
            """
            ]
              authentication:
                methods:
                - name: keys
                  apiKey: {header: X-API-Key}
                # Access tokens, of a TokenIssuer in the namespace of the policy:
                # - name: tokens
                #   jwt: {issuerRef: {name: corp}, audiences: ["https://\
            """)
        .append(comment(host + path))
        .append("\"]}\n    # resourceMetadata: https://")
        .append(comment(host))
        .append("/.well-known/oauth-protected-resource")
        .append(comment(path))
        .append("\n  mcp:\n    path: ")
        .append(scalar(path))
        .append('\n');
    if (configMap != null) {
      yaml.append("    toolsRef: {configMap: ")
          .append(scalar(configMap))
          .append(", key: " + ENTRY + "}\n");
    }
    tools(yaml, list.path("tools"));
    if (list.path("nextCursor").isString()) {
      yaml.append("    # This is only the first page of the list: add the tools of the others.\n");
    }
    return yaml.toString();
  }

  private void metadata(StringBuilder yaml, String object) {
    yaml.append("metadata:\n  name: ").append(scalar(object)).append('\n');
    if (namespace != null) {
      yaml.append("  namespace: ").append(scalar(namespace)).append('\n');
    }
  }

  private void tools(StringBuilder yaml, JsonNode tools) {
    StringBuilder items = new StringBuilder();
    Set<String> names = new HashSet<>();
    for (JsonNode tool : tools.values()) {
      String tried = name(tool);
      if (!ToolName.isName(tried) || !names.add(tried)) {
        items
            .append("    # Left out, since it is no name or stands twice: ")
            .append(comment(tried))
            .append('\n');
      } else {
        tool(items, tried, tool);
      }
    }
    yaml.append(names.isEmpty() ? "    tools: []\n" : "    tools:\n").append(items);
  }

  /** Empty where there is none that is a text. */
  private static String name(JsonNode tool) {
    return tool.path("name").isString() ? tool.path("name").stringValue() : "";
  }

  private void tool(StringBuilder yaml, String tool, JsonNode declared) {
    yaml.append("    - name: ").append(scalar(tool)).append('\n');
    String description = comment(declared.path("description").asString(""));
    if (!description.isEmpty()) {
      yaml.append("      # ").append(description).append('\n');
    }
    yaml.append("      # scopes: [").append(scope(tool, declared)).append("]\n");
    JsonNode schema = declared.path("inputSchema");
    if (!schema.isObject()) {
      yaml.append("      # The server does not say what its arguments may be: write a schema.\n");
      return;
    }
    if (configMap == null) {
      yaml.append("      arguments:\n        schema:\n").append(indented(json(schema), 10));
    }
  }

  /** A guess: what the tool is about, and whether it says that it only reads. */
  private static String scope(String tool, JsonNode declared) {
    boolean reads = declared.path("annotations").path("readOnlyHint").asBoolean(false);
    String about = tool.toLowerCase(Locale.ROOT).replaceFirst("^[a-z0-9]+[_.-]", "");
    return about + (reads ? ":read" : ":write");
  }

  private void configMap(StringBuilder yaml, String object, JsonNode list) {
    yaml.append("apiVersion: v1\nkind: ConfigMap\n");
    metadata(yaml, object);
    yaml.append("  labels: {sallyport.dev/watch: \"true\"}\ndata:\n  " + ENTRY + ": |\n")
        .append(indented(json(usable(list)), 4));
  }

  /** The list without what {@code toolsRef} would refuse: it would refuse the other tools too. */
  private static JsonNode usable(JsonNode list) {
    ObjectNode usable = list.deepCopy().asObject();
    ArrayNode tools = usable.putArray("tools");
    Set<String> names = new HashSet<>();
    for (JsonNode tool : list.path("tools").values()) {
      if (!name(tool).isEmpty() && names.add(name(tool))) {
        ObjectNode kept = tools.addObject().setAll(tool.asObject());
        if (!kept.path("inputSchema").isObject()) {
          kept.remove("inputSchema");
        }
      }
    }
    return usable;
  }

  private static String json(JsonNode node) {
    // YAML takes no DEL, not even in quotes.
    return JSON.writeValueAsString(node).replace("\u007f", "\\u007f");
  }

  private static String indented(String text, int spaces) {
    StringBuilder indented = new StringBuilder(text.length() + 256);
    text.lines().forEach(line -> indented.repeat(' ', spaces).append(line).append('\n'));
    return indented.toString();
  }

  private static String scalar(String text) {
    return text.matches("[A-Za-z/][A-Za-z0-9/_.-]*")
            && !RESERVED.contains(text.toLowerCase(Locale.ROOT))
        ? text
        : '"' + text + '"';
  }

  /** The first line, in what a comment may hold. */
  private static String comment(String text) {
    String line = text.strip().lines().findFirst().orElse("");
    String plain = line.replaceAll("[^\\x20-\\x7e\\u00a1-\\ud7ff]", " ").strip();
    return plain.length() <= LONGEST_COMMENT ? plain : plain.substring(0, LONGEST_COMMENT) + "...";
  }
}
