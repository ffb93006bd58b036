package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicySpec.Credentials;
import dev.sallyport.crd.ApiPolicySpec.Mcp;
import dev.sallyport.crd.ApiPolicySpec.Operation;
import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.crd.ApiPolicySpec.Tool;
import dev.sallyport.crd.ApiPolicySpec.Undeclared;
import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.conditions.Conditions;
import dev.sallyport.engine.conditions.Dialect;
import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.mcp.McpEndpoint;
import dev.sallyport.engine.mcp.MethodList;
import dev.sallyport.engine.mcp.Revision;
import dev.sallyport.engine.mcp.ToolName;
import dev.sallyport.engine.operation.PathTemplate;
import dev.sallyport.engine.payload.PayloadRule;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.quota.Limit;
import dev.sallyport.engine.quota.LimitSet;
import dev.sallyport.engine.schema.JsonSchema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Compiles the MCP endpoint of one {@code ApiPolicy}. */
final class McpCompilation {
  private static final String FIELD = "spec.mcp";
  private static final String PROTOCOL =
      " is what decisions and limits call an operation of the protocol itself too";

  private static final int MOST_TOOLS = 1_000;
  private static final Pattern METHOD =
      Pattern.compile("[A-Za-z][A-Za-z0-9_]*(/[A-Za-z0-9_]+)*(/\\*)?");
  private static final Pattern ORIGIN = Pattern.compile("https?://[a-z0-9.:\\[\\]-]+");

  private final ApiPolicySpec spec;
  private final Mcp mcp;
  private final Report report;
  private final OperationRules rules;
  private final List<Limit> limits;
  private final Map<String, String> ofDocument;
  private final ToolSchemas schemas;

  private McpCompilation(
      ApiPolicySpec spec,
      Mcp mcp,
      Declared declared,
      Report report,
      References references,
      List<Limit> limits,
      Map<String, String> ofDocument) {
    this.spec = spec;
    this.mcp = mcp;
    this.report = report;
    this.rules = new OperationRules(declared.key(), spec, report, limits);
    this.limits = limits;
    this.ofDocument = ofDocument;
    this.schemas =
        new ToolSchemas(mcp, report, new Documents(declared.key().namespace(), report, references));
  }

  /**
   * The endpoint; null where there is none, or it was refused.
   *
   * @param limits of the whole API
   * @param ofDocument where the operations stand that are an OpenAPI document's alone, by name
   */
  static @Nullable McpEndpoint<CompiledOperation> compile(
      ApiPolicySpec spec,
      Declared declared,
      Report report,
      References references,
      List<Limit> limits,
      Map<String, String> ofDocument) {
    return spec.mcp() == null
        ? null
        : new McpCompilation(spec, spec.mcp(), declared, report, references, limits, ofDocument)
            .compile();
  }

  private @Nullable McpEndpoint<CompiledOperation> compile() {
    checkAuthentication();
    report.requireScopes(mcp.scopes(), FIELD + ".scopes");
    PathTemplate path = path();
    MethodList methods = methods();
    Set<Revision> revisions = revisions();
    Set<String> origins = origins();
    // Absent it has its default.
    long maxBytes = mcp.maxBytes() == null ? 0 : mcp.maxBytes();
    if (maxBytes < 1) {
      report.error(FIELD + ".maxBytes", "Invalid", "must be 1 or more, not `" + maxBytes + '`');
    }
    if (path == null) {
      return null;
    }
    McpEndpoint.Rules endpoint =
        new McpEndpoint.Rules(
            path.text(),
            path.segments().stream().map(McpCompilation::literal).toList(),
            revisions,
            methods,
            origins,
            maxBytes,
            mcp.unlistedTools() == Undeclared.Allow);
    checkNames(McpEndpoint.names(endpoint));
    Map<String, McpEndpoint.Tool<CompiledOperation>> tools = tools();
    if (tools.isEmpty() && mcp.unlistedTools() == Undeclared.Deny) {
      report.warning(FIELD + ".tools", "Risky", "no tool is listed, so none can be called");
    }
    ScopeRule scopes = rules.scopes(mcp.scopes(), List.of());
    LimitSet all = LimitSet.of(limits);
    return new McpEndpoint<>(
        endpoint,
        tools,
        argumentNames(tools.values()),
        name ->
            new CompiledOperation(
                name,
                OperationAuthentication.Required,
                scopes,
                null,
                Conditions.NONE,
                PayloadRule.NONE,
                all));
  }

  private static Set<String> argumentNames(Collection<McpEndpoint.Tool<CompiledOperation>> tools) {
    Set<String> names = new LinkedHashSet<>();
    for (McpEndpoint.Tool<CompiledOperation> tool : tools) {
      JsonSchema arguments = tool.operation().payload().arguments();
      if (arguments != null) {
        names.addAll(arguments.names());
      }
    }
    return names;
  }

  /** What the protocol asks of whoever takes tokens (2025-06-18 and later, authorization). */
  private void checkAuthentication() {
    ApiPolicySpec.Authentication authentication = spec.authentication();
    if (authentication.methods().isEmpty()) {
      report.error(
          FIELD,
          "Invalid",
          "`authentication.methods` is empty, so nobody could call the endpoint; declare a method");
    }
    boolean jwt = authentication.methods().stream().anyMatch(method -> method.jwt() != null);
    boolean tokens =
        jwt
            || authentication.methods().stream()
                .anyMatch(method -> method.serviceAccount() != null);
    if (tokens && authentication.credentials() == Credentials.Forward) {
      report.error(
          "spec.authentication.credentials",
          "Invalid",
          "an MCP server must not be passed the tokens of its callers; write `Strip`, or give the"
              + " endpoint a policy of its own");
    }
    if (jwt && authentication.resourceMetadata() == null) {
      report.warning(
          "spec.authentication.resourceMetadata",
          "Incomplete",
          "MCP clients find out where to get a token by the metadata that challenges name; write"
              + " its https URL");
    }
  }

  private @Nullable PathTemplate path() {
    PathTemplate path;
    try {
      path = PathTemplate.parse(mcp.path());
    } catch (IllegalArgumentException e) {
      report.error(FIELD + ".path", "Invalid", quote(mcp.path()) + ' ' + e.getMessage());
      return null;
    }
    for (PathTemplate.Segment segment : path.segments()) {
      if (!(segment instanceof PathTemplate.Segment.Literal)) {
        report.error(
            FIELD + ".path",
            "Invalid",
            quote(mcp.path()) + " must be one path, without parameters and `**`");
        return null;
      }
    }
    PathTemplate served = rules.matched(path);
    for (int i = 0; i < spec.operations().size(); i++) {
      Operation operation = spec.operations().get(i);
      for (int m = 0; m < operation.match().size(); m++) {
        if (isSamePath(operation.match().get(m).path(), served)) {
          report.warning(
              "spec.operations[" + i + "].match[" + m + "].path",
              "Unreachable",
              quote(mcp.path()) + " is the MCP endpoint, so no request comes to this operation");
        }
      }
    }
    return served;
  }

  private boolean isSamePath(@Nullable String path, PathTemplate served) {
    if (path == null) {
      return false;
    }
    try {
      return PathTemplate.parse(path)
          .withoutTrailingSlash()
          .segments()
          .equals(served.withoutTrailingSlash().segments());
    } catch (IllegalArgumentException _) {
      // Its own compilation says so.
      return false;
    }
  }

  private static String literal(PathTemplate.Segment segment) {
    return segment instanceof PathTemplate.Segment.Literal(var text) ? text : "";
  }

  private MethodList methods() {
    for (int i = 0; i < mcp.methods().size(); i++) {
      String method = mcp.methods().get(i);
      String field = FIELD + ".methods[" + i + "]";
      if (!METHOD.matcher(method).matches()) {
        report.error(
            field,
            "Invalid",
            quote(method) + " is not a method; write `resources/read`, or `resources/*` for all");
      } else if (method.equals(McpEndpoint.UNLISTED)) {
        report.warning(
            field, "Unreachable", "tools are called by what `tools` and `unlistedTools` say");
      } else if (!MethodList.isKnown(method)) {
        report.warning(
            field,
            "Unknown",
            quote(method) + " is in no revision of the protocol; is it spelt right?");
      }
    }
    return new MethodList(mcp.methods().isEmpty() ? MethodList.DEFAULT : mcp.methods());
  }

  private Set<Revision> revisions() {
    if (mcp.revisions().isEmpty()) {
      return EnumSet.allOf(Revision.class);
    }
    Set<Revision> revisions = EnumSet.noneOf(Revision.class);
    for (int i = 0; i < mcp.revisions().size(); i++) {
      Revision revision = Revision.parse(mcp.revisions().get(i));
      if (revision == null) {
        report.error(
            FIELD + ".revisions[" + i + "]",
            "Invalid",
            quote(mcp.revisions().get(i))
                + " is not a revision; write `2025-03-26`, `2025-06-18`, `2025-11-25` or"
                + " `2026-07-28`");
      } else {
        revisions.add(revision);
      }
    }
    return revisions;
  }

  private Set<String> origins() {
    for (int i = 0; i < mcp.origins().size(); i++) {
      if (!ORIGIN.matcher(mcp.origins().get(i)).matches()) {
        report.error(
            FIELD + ".origins[" + i + "]",
            "Invalid",
            quote(mcp.origins().get(i))
                + " is not an origin; write it as browsers do: `https://app.example.com`");
      }
    }
    return new LinkedHashSet<>(mcp.origins());
  }

  // ---- names, which the policy's operations and tools share

  private void checkNames(Set<String> protocol) {
    if (mcp.tools().size() > MOST_TOOLS) {
      report.error(
          FIELD + ".tools", "Invalid", "an endpoint lists at most " + MOST_TOOLS + " tools");
    }
    Map<String, String> operations = operations(protocol);
    Map<String, Integer> seen = new HashMap<>();
    Map<String, String> outlines = new LinkedHashMap<>();
    for (int i = 0; i < mcp.tools().size(); i++) {
      String name = mcp.tools().get(i).name();
      String field = FIELD + ".tools[" + i + "].name";
      if (!ToolName.isName(name)) {
        report.error(
            field,
            "Invalid",
            quote(name) + " is not a tool's name: 1 to 128 of letters, digits, `-`, `_` and `.`");
        continue;
      }
      if (seen.putIfAbsent(name, i) != null) {
        report.error(field, "Invalid", quote(name) + " stands twice; names must differ");
        continue;
      }
      if (operations.containsKey(name)) {
        report.error(
            field,
            "Invalid",
            quote(name) + " is the name of " + operations.get(name) + " too; rename the operation");
      } else if (ofDocument.containsKey(name)) {
        report.warning(
            field,
            "Ambiguous",
            quote(name)
                + " is the name of the operation "
                + ofDocument.get(name)
                + " too; declare that under another name in `spec.operations`");
      } else if (protocol.contains(name)) {
        report.warning(field, "Ambiguous", quote(name) + PROTOCOL);
      }
      String other = outlines.putIfAbsent(ToolName.outline(name), name);
      if (other != null) {
        report.warning(
            field, "Risky", quote(name) + " looks like " + quote(other) + "; is it meant?");
      }
    }
  }

  /** Where the policy's operations stand, by their names. */
  private Map<String, String> operations(Set<String> protocol) {
    Map<String, String> places = new HashMap<>();
    for (int i = 0; i < spec.operations().size(); i++) {
      String name = spec.operations().get(i).name();
      String place = "spec.operations[" + i + "]";
      places.putIfAbsent(name, quote(place));
      if (protocol.contains(name)) {
        report.warning(place + ".name", "Ambiguous", quote(name) + PROTOCOL + "; rename it");
      }
    }
    for (String name : protocol) {
      if (ofDocument.containsKey(name)) {
        report.warning(
            "spec.openapi",
            "Ambiguous",
            quote(name)
                + ", the operation "
                + ofDocument.get(name)
                + ','
                + PROTOCOL
                + "; declare it under another name in `spec.operations`");
      }
    }
    return places;
  }

  // ---- tools

  private Map<String, McpEndpoint.Tool<CompiledOperation>> tools() {
    Map<String, McpEndpoint.Tool<CompiledOperation>> tools = new HashMap<>();
    for (int i = 0; i < mcp.tools().size(); i++) {
      Tool tool = mcp.tools().get(i);
      tools.put(tool.name(), tool(tool, FIELD + ".tools[" + i + "]"));
    }
    schemas.reportUnlisted(tools.keySet());
    return tools;
  }

  private McpEndpoint.Tool<CompiledOperation> tool(Tool tool, String field) {
    report.requireScopes(tool.scopes(), field + ".scopes");
    report.requireScopes(tool.anyScope(), field + ".anyScope");
    // One challenge names everything that the call needs.
    Set<String> scopes = new LinkedHashSet<>(mcp.scopes());
    scopes.addAll(tool.scopes());
    ToolSchemas.Judged judged = schemas.compile(tool, field);
    return new McpEndpoint.Tool<>(
        new CompiledOperation(
            tool.name(),
            OperationAuthentication.Required,
            rules.scopes(new ArrayList<>(scopes), tool.anyScope()),
            null,
            ConditionCompilation.compile(tool.conditions(), Dialect.TOOL, field, report),
            new PayloadRule(ContentRule.NONE, judged.schema()),
            rules.limits(tool.rateLimits(), field + ".rateLimits", tool.name())),
        judged.headers());
  }
}
