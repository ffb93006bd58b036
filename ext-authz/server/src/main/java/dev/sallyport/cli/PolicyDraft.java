package dev.sallyport.cli;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.compile.Diagnostic;
import dev.sallyport.engine.compile.HostPattern;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.openapi.DocumentOperation;
import dev.sallyport.engine.openapi.OpenApiDocument;
import dev.sallyport.engine.openapi.SecurityScheme;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A first policy for the API of an OpenAPI document, as YAML for people who go on with it.
 *
 * @param name of the policy
 * @param namespace null for that of whoever applies it
 * @param hosts those of the document's servers where it is empty
 * @param text of the document
 */
record PolicyDraft(
    OpenApiDocument document,
    String name,
    @Nullable String namespace,
    List<String> hosts,
    String text) {
  private static final Pattern DOCUMENT_FILE =
      Pattern.compile("([A-Za-z0-9_-][A-Za-z0-9._-]*\\.)?openapi\\.(yaml|yml|json)");
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9._/-]*");
  private static final Set<String> WORDS =
      Set.of("true", "false", "null", "yes", "no", "on", "off", "y", "n");
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int MOST_OPEN = 20;

  /** A name as Kubernetes has it. */
  static String name(String title) {
    String name =
        title.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
    String cut = name.length() <= 63 ? name : name.substring(0, 63).replaceAll("-+$", "");
    return cut.isEmpty() ? "api" : cut;
  }

  /** INVARIANT: nothing of a document ends a comment. */
  static String oneLine(String text) {
    return text.replaceAll("[\\p{Cntrl}\\u0085\\u2028\\u2029]+", " ").strip();
  }

  /** The policy, which finds the document in the folder that it lies in. */
  String withFile(String fileName) {
    boolean fits = DOCUMENT_FILE.matcher(fileName).matches();
    String file = fits ? fileName : name + ".openapi." + (isJson() ? "json" : "yaml");
    StringBuilder yaml = new StringBuilder();
    head(yaml);
    yaml.append("  openapi:\n");
    if (!fits) {
      comment(yaml, 4, "save the document by this name beside the policy");
    }
    yaml.append("    file: ").append(scalar(file)).append('\n');
    unknownProperties(yaml);
    tail(yaml);
    return yaml.toString();
  }

  /** A ConfigMap with the document, and behind it the policy that refers to it. */
  String withConfigMap() {
    String map = name + "-openapi";
    String key = isJson() ? "openapi.json" : "openapi.yaml";
    StringBuilder yaml = new StringBuilder();
    // First, as objects are applied in their order: the policy never looks for what is not there.
    configMap(yaml, map, key);
    yaml.append("---\n");
    head(yaml);
    yaml.append("  openapi:\n    configMapRef: {name: ")
        .append(scalar(map))
        .append(", key: ")
        .append(key)
        .append("}\n");
    unknownProperties(yaml);
    tail(yaml);
    return yaml.toString();
  }

  private void configMap(StringBuilder yaml, String map, String key) {
    yaml.append("apiVersion: v1\nkind: ConfigMap\n");
    metadata(yaml, map);
    yaml.append("  labels: {sallyport.dev/watch: \"true\"}\ndata:\n  ").append(key).append(": ");
    if (isBlock()) {
      // Said, as the first line may begin with spaces.
      yaml.append("|2").append(text.endsWith("\n") ? "" : "-").append('\n');
      text.lines()
          .forEach(line -> yaml.append(line.isEmpty() ? "" : "    ").append(line).append('\n'));
    } else {
      yaml.append(JSON.writeValueAsString(text)).append('\n');
    }
  }

  /** Whether the text comes back from a block of lines as it is. */
  private boolean isBlock() {
    return !text.endsWith("\n\n")
        && !text.isBlank()
        && text.chars().allMatch(c -> c == '\n' || c == '\t' || (c >= ' ' && c <= '~') || c >= 0xa1)
        && text.chars().noneMatch(c -> c == 0x2028 || c == 0x2029 || c >= 0xfffe || c == 0xfeff);
  }

  private boolean isJson() {
    return text.stripLeading().startsWith("{");
  }

  private void head(StringBuilder yaml) {
    String title = oneLine(document.title());
    comment(
        yaml,
        0,
        "A first policy for "
            + (title.isEmpty() ? "an API" : title)
            + ", of its OpenAPI document with "
            + document.operations().size()
            + (document.operations().size() == 1 ? " operation." : " operations."));
    yaml.append("apiVersion: sallyport.dev/v1alpha1\nkind: ApiPolicy\n");
    metadata(yaml, name);
    yaml.append("spec:\n");
    hosts(yaml);
    authentication(yaml);
  }

  private void metadata(StringBuilder yaml, String object) {
    yaml.append("metadata:\n  name: ").append(scalar(object)).append('\n');
    if (namespace != null) {
      yaml.append("  namespace: ").append(scalar(namespace)).append('\n');
    }
  }

  private void hosts(StringBuilder yaml) {
    List<String> named =
        hosts.isEmpty() ? document.hosts().stream().filter(HostPattern::isHost).toList() : hosts;
    if (named.isEmpty()) {
      comment(yaml, 2, "the document names no host: fill it in");
      named = List.of("api.example.com");
    }
    yaml.append("  hosts:\n");
    for (String host : new LinkedHashSet<>(named)) {
      yaml.append("  - ").append(scalar(host)).append('\n');
    }
  }

  // ---- authentication

  private void authentication(StringBuilder yaml) {
    List<String> lines = new ArrayList<>();
    List<String> remarks = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    boolean takesTokens = false;
    for (SecurityScheme scheme : document.securitySchemes()) {
      boolean token =
          scheme.hasScopes()
              || (scheme.type() == SecurityScheme.Type.HTTP && "bearer".equals(scheme.parameter()));
      String method = token && takesTokens ? null : method(scheme, token);
      String shown = '`' + oneLine(scheme.name()) + '`';
      if (token && takesTokens) {
        remarks.add("more tokens: " + shown + "; add a method where another issuer makes them");
      } else if (method == null) {
        remarks.add(
            "not enforced: " + shown + ", a way to prove who one is that is not known here");
      } else {
        String wanted = name(scheme.name());
        String unique = names.add(wanted) ? wanted : wanted + '-' + names.size();
        names.add(unique);
        if (token) {
          lines.add("# the TokenIssuer whose tokens are taken: fill it in" + metadataOf(scheme));
        }
        lines.add("- {name: " + scalar(unique) + ", " + method + '}');
        takesTokens |= token;
      }
    }
    if (lines.isEmpty()) {
      remarks.add("the document names no way to prove who one is that is known here: choose one");
      lines.add("- {name: keys, apiKey: {header: X-API-Key}}");
    }
    yaml.append("  authentication:\n");
    remarks.forEach(remark -> comment(yaml, 4, remark));
    yaml.append("    methods:\n");
    lines.forEach(line -> yaml.append("    ").append(line).append('\n'));
  }

  private static String metadataOf(SecurityScheme scheme) {
    return scheme.type() == SecurityScheme.Type.OPEN_ID_CONNECT && scheme.parameter() != null
        ? "; its metadata: " + oneLine(scheme.parameter())
        : "";
  }

  /** The method in flow style; null where there is none for a scheme. */
  private @Nullable String method(SecurityScheme scheme, boolean token) {
    if (token) {
      return "jwt: {issuerRef: {name: fill-in}, audiences: [" + scalar(name) + "]}";
    }
    return switch (scheme.type()) {
      case API_KEY -> {
        String place = scheme.parameter();
        if (place == null || !place.matches("[A-Za-z0-9_-]{1,128}")) {
          yield null;
        }
        yield switch (scheme.in()) {
          case "header" ->
              place.equalsIgnoreCase("Authorization")
                  ? "apiKey: {header: Authorization, prefix: \"ApiKey \"}"
                  : "apiKey: {header: " + scalar(place) + '}';
          case "query" -> "apiKey: {query: " + scalar(place) + '}';
          case "cookie" -> "apiKey: {cookie: " + scalar(place) + '}';
          default -> null;
        };
      }
      case MUTUAL_TLS -> "mtls: {}";
      case HTTP, OAUTH2, OPEN_ID_CONNECT, UNKNOWN -> null;
    };
  }

  // ---- what the document says

  private static void unknownProperties(StringBuilder yaml) {
    comment(yaml, 4, "what the document does not name is refused; Allow lets it through");
    yaml.append("    unknownProperties: Deny\n");
  }

  private void tail(StringBuilder yaml) {
    List<DocumentOperation> open =
        document.operations().stream().filter(one -> one.scopes().anonymous()).toList();
    if (!open.isEmpty()) {
      comment(yaml, 2, "By the document these need no credential. To let everybody call them:");
      comment(yaml, 2, "operations:");
      for (DocumentOperation operation : open.stream().limit(MOST_OPEN).toList()) {
        comment(
            yaml,
            2,
            "- {name: "
                + scalar(operation.name())
                + ", match: [{methods: ["
                + operation.method()
                + "], path: "
                + JSON.writeValueAsString(operation.templates().getFirst().text())
                + "}], authentication: None}");
      }
      if (open.size() > MOST_OPEN) {
        comment(yaml, 2, "and " + (open.size() - MOST_OPEN) + " more");
      }
    }
    List<String> remarks = remarks();
    if (!remarks.isEmpty()) {
      comment(yaml, 2, "What of the document can't be enforced as it stands:");
      remarks.forEach(remark -> comment(yaml, 2, "- " + remark));
    }
  }

  /** What the compiler says of the document. */
  private List<String> remarks() {
    ObjectKey key = new ObjectKey("ApiPolicy", "default", "draft");
    ObjectKey map = new ObjectKey("ConfigMap", "default", "draft");
    ApiPolicySpec spec =
        JSON.readValue(
            """
            {"hosts": ["a.example.com"],
             "authentication": {"methods": [{"name": "keys", "apiKey": {"header": "X-API-Key"}}]},
             "openapi": {"configMapRef": {"name": "draft", "key": "draft"}}}
            """,
            ApiPolicySpec.class);
    Compilation compilation =
        Compiler.compile(
            new Changes(
                List.of(
                    new Declared(key, Instant.EPOCH, 1, new Declared.ApiPolicy(spec)),
                    new Declared(
                        map, Instant.EPOCH, 1, new Declared.ConfigMap(Map.of("draft", text)))),
                List.of()),
            Compilation.EMPTY);
    return compilation.diagnostics(key).stream()
        .filter(diagnostic -> diagnostic.field().equals("spec.openapi"))
        .map(Diagnostic::message)
        .map(message -> message.replace("in `draft of ConfigMap default/draft`, ", ""))
        .map(PolicyDraft::oneLine)
        .toList();
  }

  private static void comment(StringBuilder yaml, int indent, String text) {
    yaml.append(" ".repeat(indent)).append("# ").append(oneLine(text)).append('\n');
  }

  private static String scalar(String text) {
    return PLAIN.matcher(text).matches() && !WORDS.contains(text.toLowerCase(Locale.ROOT))
        ? text
        : JSON.writeValueAsString(text);
  }
}
