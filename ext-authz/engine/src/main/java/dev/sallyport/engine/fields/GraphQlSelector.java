package dev.sallyport.engine.fields;

import dev.sallyport.crd.ApiPolicySpec.Ambiguity;
import dev.sallyport.crd.ApiPolicySpec.GraphQl;
import dev.sallyport.crd.ApiPolicySpec.GraphQlOperation;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.fields.QueryParameters.Parameter;
import dev.sallyport.engine.json.Json;
import dev.sallyport.engine.json.JsonReader;
import dev.sallyport.engine.receive.Query;
import dev.sallyport.engine.receive.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The fields that a GraphQL request asks for (GraphQL over HTTP: a POST of {@code {query,
 * operationName, variables, extensions}}, or a GET with these as parameters). What it may hold
 * beside is refused, since a server may take it for another document: batches, documents that are
 * known to the server by a name or a hash.
 */
record GraphQlSelector(
    Set<GraphQlOperation> operations, int maxDepth, int maxAliases, boolean introspection)
    implements BodySelector {
  private static final List<String> MEMBERS =
      List.of("query", "operationName", "variables", "extensions");

  /** What servers take a stored document from. */
  private static final Set<String> STORED =
      Set.of("id", "documentid", "queryid", "doc_id", "query_id", "document_id", "persistedquery");

  private static final ParameterNames PARAMETERS = new ParameterNames(MEMBERS, Set.of());
  private static final JsonReader JSON =
      new JsonReader(new JsonReader.Limits(32, 65_536, 65_536, 256, 100, 10_000));
  private static final String MALFORMED = "the GraphQL request can't be read";

  static GraphQlSelector of(GraphQl spec) {
    return new GraphQlSelector(
        Set.copyOf(spec.operations()),
        spec.maxDepth() == null ? 10 : spec.maxDepth().intValue(),
        spec.maxAliases() == null ? 15 : spec.maxAliases().intValue(),
        spec.introspection() == Ambiguity.Allow);
  }

  @Override
  public Reading read(Request request, Content content, FieldNode root) {
    QueryParameters parameters = QueryParameters.read(request.query());
    if (parameters == null || PARAMETERS.hides(parameters) || namesStored(parameters)) {
      return new Reading.Unreadable(MALFORMED);
    }
    boolean inQuery =
        parameters.parameters().stream().map(Parameter::name).anyMatch(MEMBERS::contains);
    return switch (content) {
      case Content.Tree(var body, var mediaType) ->
          // A server that prefers parameters to the body would run another document.
          inQuery || !mediaType.equals("application/json") || request.method().equals("GET")
              ? new Reading.Unreadable(MALFORMED)
              : readBody(body, root);
      case Content.Absent _ ->
          request.method().equals("GET") || request.method().equals("HEAD")
              ? readQuery(parameters, root)
              : new Reading.Unreadable("a GraphQL request needs a body");
      case Content.Unread _, Content.Refused _ -> new Reading.Unreadable(MALFORMED);
    };
  }

  private static boolean namesStored(QueryParameters parameters) {
    return parameters.parameters().stream()
        .anyMatch(parameter -> STORED.contains(Query.folded(parameter.name())));
  }

  private Reading readBody(JsonNode body, FieldNode root) {
    if (body.isArray()) {
      return new Reading.Unreadable("a batch of GraphQL requests can't be judged");
    }
    if (!body.isObject()) {
      return new Reading.Unreadable(MALFORMED);
    }
    for (Map.Entry<String, JsonNode> member : body.properties()) {
      if (!MEMBERS.contains(member.getKey())) {
        return new Reading.Unreadable("a GraphQL request holds " + String.join(", ", MEMBERS));
      }
    }
    JsonNode query = body.get("query");
    JsonNode name = body.get("operationName");
    boolean read =
        query != null
            && query.isString()
            && (name == null || name.isNull() || name.isString())
            && isObject(body.get("variables"))
            && isPlain(body.get("extensions"));
    return read
        ? document(
            query.stringValue(),
            name == null || name.isNull() ? null : name.stringValue(),
            operations,
            root)
        : new Reading.Unreadable(MALFORMED);
  }

  private Reading readQuery(QueryParameters parameters, FieldNode root) {
    for (String member : MEMBERS) {
      List<String> values = parameters.values(member);
      if (values == null || values.size() > 1) {
        return new Reading.Unreadable(MALFORMED);
      }
    }
    String query = one(parameters, "query");
    return query == null
            || !isObject(json(one(parameters, "variables")))
            || !isPlain(json(one(parameters, "extensions")))
        ? new Reading.Unreadable(MALFORMED)
        : document(
            query,
            one(parameters, "operationName"),
            // A GET must not change anything.
            operations.contains(GraphQlOperation.query) ? Set.of(GraphQlOperation.query) : Set.of(),
            root);
  }

  private static @Nullable String one(QueryParameters parameters, String name) {
    List<String> values = parameters.values(name);
    return values == null || values.isEmpty() ? null : values.getFirst();
  }

  /** The value; a missing node where the text is no JSON, null where there is none. */
  private static @Nullable JsonNode json(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return null;
    }
    return switch (JSON.read(text.getBytes(StandardCharsets.UTF_8))) {
      case Json.Value(var tree) -> tree;
      case Json.Faulty _ -> tools.jackson.databind.node.MissingNode.getInstance();
    };
  }

  private static boolean isObject(@Nullable JsonNode node) {
    return node == null || node.isNull() || node.isObject();
  }

  /** Whether these extensions name no document that the server knows. */
  private static boolean isPlain(@Nullable JsonNode extensions) {
    return isObject(extensions)
        && (extensions == null
            || extensions.propertyNames().stream()
                .noneMatch(name -> Query.folded(name).equals("persistedquery")));
  }

  private Reading document(
      String text, @Nullable String operation, Set<GraphQlOperation> kinds, FieldNode root) {
    return new GraphQlDocument(kinds, maxDepth, maxAliases, introspection)
        .read(text, operation, root);
  }
}
