package dev.sallyport.engine.openapi;

import dev.sallyport.engine.openapi.OpenApiDocument.Reading;
import dev.sallyport.engine.openapi.OpenApiDocument.Version;
import dev.sallyport.engine.operation.PathTemplate;
import dev.sallyport.engine.operation.PathTemplate.Segment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One reading of an OpenAPI document. */
final class DocumentReading {
  private static final List<String> METHODS =
      List.of("get", "put", "post", "delete", "options", "head", "patch", "trace");

  private static final String LEFT_OUT =
      "; it is left out, and its requests are undeclared, whatever other templates take";

  private static final String LOST =
      "; it is left out, and its requests are undeclared unless another template takes them";

  private final Place root;
  private final Findings findings = new Findings();
  private final LocalReferences references;
  private final ServerReading servers = new ServerReading(findings);
  private final ParameterReading parameters;
  private final BodyReading bodies;
  private final OperationNames names = new OperationNames();
  private final Set<String> ids = new HashSet<>();
  private final List<DocumentOperation> operations = new ArrayList<>();
  private final List<OpenApiDocument.Unclear> unclear = new ArrayList<>();

  DocumentReading(JsonNode tree) {
    root = Place.root(tree);
    references = new LocalReferences(root, findings);
    parameters = new ParameterReading(references, findings);
    bodies = new BodyReading(references, findings);
  }

  Reading read() {
    Version version = version();
    if (version == null) {
      return new Reading.Refused(findings.faults());
    }
    SecurityReading security = new SecurityReading(root, references, findings);
    List<String> paths = servers.paths(root, List.of(""));
    readPaths(paths, security);
    if (operations.size() > OpenApiDocument.MOST_OPERATIONS) {
      findings.fault(
          root, "a document may have at most " + OpenApiDocument.MOST_OPERATIONS + " operations");
    }
    if (operations.isEmpty() && findings.faults().isEmpty()) {
      findings.remark(root, "the document has no operation that can be told apart");
    }
    return findings.faults().isEmpty()
        ? new Reading.Usable(
            new OpenApiDocument(
                version,
                title(),
                servers.hosts(),
                operations,
                unclear,
                security.schemes(),
                findings.remarks()))
        : new Reading.Refused(findings.faults());
  }

  private String title() {
    Place about = root.child("info");
    String title = about == null ? null : about.text("title");
    return title == null ? "" : title;
  }

  private @Nullable Version version() {
    if (!root.node().isObject()) {
      findings.fault(root, "this is no OpenAPI document, but a single value or a list");
      return null;
    }
    if (root.node().has("swagger")) {
      findings.fault(
          root, "this is OpenAPI 2.0 (Swagger), which is not read; convert it to 3.0 or 3.1");
      return null;
    }
    String version = root.text("openapi");
    if (version == null) {
      findings.fault(
          root,
          root.node().has("openapi")
              ? "`openapi` must be text in quotes, as \"3.0.4\" or \"3.1.1\""
              : "this is no OpenAPI document: it has no `openapi`");
      return null;
    }
    if (version.matches("3\\.0\\.[0-9]{1,3}(-.*)?")) {
      return Version.V3_0;
    }
    if (version.matches("3\\.1\\.[0-9]{1,3}(-.*)?")) {
      return Version.V3_1;
    }
    String shown = version.matches("[0-9.]{1,10}") ? "OpenAPI " + version : "this version";
    findings.fault(root, shown + " is not read; `openapi` must be 3.0.x or 3.1.x");
    return null;
  }

  private void readPaths(List<String> bases, SecurityReading security) {
    Place paths = root.child("paths");
    if (paths == null) {
      return;
    }
    if (!paths.node().isObject()) {
      findings.fault(paths, "`paths` must be an object");
      return;
    }
    for (String path : paths.node().propertyNames()) {
      Place named = paths.child(path);
      if (named == null || path.startsWith("x-")) {
        continue;
      }
      Place item = references.resolve(named);
      if (item == null) {
        continue;
      }
      if (!item.pointer().equals(named.pointer()) && named.node().size() > 1) {
        findings.remark(named, "what stands beside the `$ref` has no effect");
      }
      readItem(path, item, servers.paths(item, bases), security);
    }
  }

  private void readItem(String path, Place item, List<String> bases, SecurityReading security) {
    Map<String, DocumentParameter> shared = new LinkedHashMap<>();
    parameters.read(item, shared);
    for (String method : METHODS) {
      Place at = item.child(method);
      if (at == null) {
        continue;
      }
      if (!at.node().isObject()) {
        findings.fault(at, "this must be an object");
        continue;
      }
      Map<String, DocumentParameter> all = new LinkedHashMap<>(shared);
      parameters.read(at, all);
      RequestBody body = bodies.read(at, method);
      Scopes scopes = security.scopes(at);
      List<PathTemplate> templates = templates(at, method, path, servers.paths(at, bases));
      String id = at.text("operationId");
      if (id != null && !ids.add(id)) {
        findings.remark(at, "its `operationId` stands twice, so it has a name of its own");
      }
      String name = names.next(id, method, path);
      if (!templates.isEmpty()) {
        operations.add(
            new DocumentOperation(
                name,
                id,
                at.pointer(),
                method.toUpperCase(Locale.ROOT),
                templates,
                declared(at, all, templates.getFirst()),
                body,
                scopes));
      }
    }
  }

  /** The templates of an operation; those that can't be told apart from others are left out. */
  private List<PathTemplate> templates(Place at, String method, String path, List<String> bases) {
    if (!path.startsWith("/")) {
      findings.remark(at, "the path must start with a slash" + LOST);
      return List.of();
    }
    if (bases.isEmpty()) {
      findings.remark(at, "none of its servers can be used" + LOST);
    }
    List<PathTemplate> templates = new ArrayList<>(bases.size());
    for (String base : bases) {
      try {
        PathTemplate template = PathTemplate.parse(base + path);
        if (template.segments().getLast() instanceof Segment.Rest) {
          leaveOut(at, method, base + path, "`**` is no parameter of OpenAPI");
        } else {
          templates.add(template);
        }
      } catch (IllegalArgumentException e) {
        leaveOut(at, method, base + path, "the path " + e.getMessage());
      }
    }
    return templates;
  }

  private void leaveOut(Place at, String method, String path, String why) {
    PathTemplate covering = PathTemplate.covering(path);
    findings.remark(at, why + (covering == null ? LOST : LEFT_OUT));
    if (covering != null) {
      unclear.add(new OpenApiDocument.Unclear(method.toUpperCase(Locale.ROOT), covering));
    }
  }

  /** Without parameters of the path that it does not have. */
  private List<DocumentParameter> declared(
      Place at, Map<String, DocumentParameter> all, PathTemplate template) {
    List<DocumentParameter> kept = new ArrayList<>(all.size());
    for (DocumentParameter parameter : all.values()) {
      if (parameter.in() == DocumentParameter.In.PATH
          && !template.segments().contains(new Segment.Parameter(parameter.name()))) {
        findings.remark(at, "a parameter in `path` is not in the path, and has no effect");
      } else {
        kept.add(parameter);
      }
    }
    return kept;
  }
}
