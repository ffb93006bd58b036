package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec.Arguments;
import dev.sallyport.crd.ApiPolicySpec.Mcp;
import dev.sallyport.crd.ApiPolicySpec.Tool;
import dev.sallyport.crd.ApiPolicySpec.UnknownProperties;
import dev.sallyport.engine.mcp.ArgumentHeader;
import dev.sallyport.engine.schema.JsonSchema;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The schemas of the arguments of an endpoint's tools: from the policy, a document of their own, or
 * a saved {@code tools/list} result.
 */
final class ToolSchemas {
  private static final String FIELD = "spec.mcp.toolsRef";

  /**
   * Older drafts that servers still name. What they say of arguments means the same in 2020-12, or
   * is refused by its meta-schema, or has a keyword without effect, of which the schema warns.
   */
  private static final Set<String> OLDER_DRAFTS =
      Set.of(
          "http://json-schema.org/draft-07/schema",
          "https://json-schema.org/draft-07/schema",
          "https://json-schema.org/draft/2019-09/schema");

  private final Report report;
  private final Schemas schemas;
  private final boolean saved;

  /** Whether a list is named that is none, which the report says. */
  private final boolean broken;

  /** The saved schemas by tool; a tool without one is there with null. */
  private final Map<String, @Nullable JsonNode> listed;

  ToolSchemas(Mcp mcp, Report report, Documents documents) {
    this.report = report;
    this.schemas = new Schemas(documents, report);
    JsonNode list = mcp.toolsRef() == null ? null : documents.find(mcp.toolsRef(), FIELD);
    JsonNode tools = list == null ? null : tools(list);
    this.saved = tools != null;
    this.broken = mcp.toolsRef() != null && tools == null;
    this.listed = tools == null ? Map.of() : listed(tools);
  }

  /**
   * How a tool's arguments are judged.
   *
   * @param schema null where any will do
   * @param headers that repeat arguments
   */
  record Judged(@Nullable JsonSchema schema, List<ArgumentHeader> headers) {
    private static final Judged ANY = new Judged(null, List.of());
  }

  /**
   * The tools of a {@code tools/list} result, or of the response that holds one; null where it is
   * neither.
   */
  private @Nullable JsonNode tools(JsonNode document) {
    JsonNode result = document.path("result").isObject() ? document.path("result") : document;
    JsonNode tools = result.get("tools");
    if (tools == null || !tools.isArray()) {
      report.error(
          FIELD,
          "Invalid",
          "the document is no `tools/list` result; save what the server answers, `{\"tools\":"
              + " […]}`");
      return null;
    }
    if (result.path("nextCursor").isString()) {
      report.warning(
          FIELD,
          "Incomplete",
          "the document is only the first page of a list; add the tools of the others to it");
    }
    return tools;
  }

  private Map<String, @Nullable JsonNode> listed(JsonNode tools) {
    Map<String, @Nullable JsonNode> schemas = new HashMap<>();
    for (JsonNode tool : tools.values()) {
      if (!tool.path("name").isString()) {
        report.error(FIELD, "Invalid", "a tool of the document has no `name`");
      } else if (schemas.containsKey(tool.path("name").stringValue())) {
        report.error(
            FIELD,
            "Invalid",
            "the document has the tool " + quote(tool.path("name").stringValue()) + " twice");
      } else {
        schemas.put(tool.path("name").stringValue(), tool.get("inputSchema"));
      }
    }
    return schemas;
  }

  /** Says how many tools of the saved list nobody may call. */
  void reportUnlisted(Set<String> tools) {
    long others = listed.keySet().stream().filter(name -> !tools.contains(name)).count();
    if (others > 0) {
      report.warning(
          FIELD,
          "Undeclared",
          others
              + (others == 1 ? " tool of the document is" : " tools of the document are")
              + " not listed in `tools` and can't be called; list what should be");
    }
  }

  Judged compile(Tool tool, String field) {
    Arguments arguments = tool.arguments();
    JsonNode listedSchema = listed.get(tool.name());
    if (saved && !listed.containsKey(tool.name())) {
      report.warning(
          field + ".name",
          "RefNotFound",
          "the document of `toolsRef` has no tool " + quote(tool.name()));
    }
    if (arguments == null) {
      if (listedSchema == null) {
        if (!broken) {
          report.warning(
              field + ".arguments",
              "Risky",
              "no schema says what the arguments may be, so any are passed on; write `arguments`,"
                  + " or save the server's `tools/list` result and name it in `toolsRef`");
        }
        return Judged.ANY;
      }
      // One document may hold the schemas of many tools.
      return compile(
          new Schemas.Written(listedSchema, FIELD, false, "schema of " + field + ": "),
          UnknownProperties.Deny,
          field);
    }
    Schemas.Written written =
        schemas.find(arguments.schema(), arguments.schemaRef(), field + ".arguments");
    return written == null ? Judged.ANY : compile(written, arguments.unknownProperties(), field);
  }

  /**
   * Compiles one schema.
   *
   * @param field the tool's
   */
  private Judged compile(Schemas.Written written, UnknownProperties unknown, String field) {
    Schemas.Written current = written.with(withoutOlderDraft(written.document()));
    if (!current.document().isObject()) {
      report.error(
          current.field(),
          "Invalid",
          "the schema of the arguments of " + field + " must be an object");
      return Judged.ANY;
    }
    ArgumentHeader.Marks marks = ArgumentHeader.find(current.document());
    if (marks.fault() != null) {
      report.warning(
          current.field(),
          "Invalid",
          marks.fault() + "; clients of 2026-07-28 leave out the tool of " + field);
    }
    JsonSchema schema = schemas.compile(current, unknown);
    return schema == null ? Judged.ANY : new Judged(schema, marks.headers());
  }

  private static JsonNode withoutOlderDraft(JsonNode schema) {
    String draft = schema.path("$schema").asString("");
    String name = draft.endsWith("#") ? draft.substring(0, draft.length() - 1) : draft;
    if (!(schema instanceof ObjectNode object) || !OLDER_DRAFTS.contains(name)) {
      return schema;
    }
    ObjectNode current = object.deepCopy();
    current.remove("$schema");
    return current;
  }
}
