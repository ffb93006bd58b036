package dev.sallyport.engine.compile;

import dev.sallyport.engine.compile.ApiDocument.ParameterGroup;
import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.content.MediaRange;
import dev.sallyport.engine.content.Parameter;
import dev.sallyport.engine.content.Parameters;
import dev.sallyport.engine.content.ValueType;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.openapi.DocumentOperation;
import dev.sallyport.engine.openapi.DocumentParameter;
import dev.sallyport.engine.openapi.Excerpt;
import dev.sallyport.engine.openapi.OpenApiDocument;
import dev.sallyport.engine.openapi.Remark;
import dev.sallyport.engine.openapi.RequestBody;
import dev.sallyport.engine.payload.PayloadRule;
import dev.sallyport.engine.receive.Ascii;
import dev.sallyport.engine.schema.JsonSchema;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import dev.sallyport.engine.schema.SchemaDocument;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** Compiles the schemas of one OpenAPI document. */
final class OpenApiCompilation {
  /** Where the schemas stand that we make; no field of OpenAPI has that name. */
  private static final String OWN = "x-sallyport-parameters";

  /** The dialect of the schemas that don't say it themselves. */
  private static final String DIALECT = "jsonSchemaDialect";

  private static final List<Part> PARTS = List.of(Part.QUERY, Part.PATH, Part.HEADER, Part.COOKIE);

  private static final int MOST_REMARKS = 100;
  private static final int LONGEST_CHAIN = 64;

  /** Keywords that say nothing of single properties. */
  private static final Set<String> SAYS_NOTHING =
      Set.of(
          "type",
          "title",
          "description",
          "nullable",
          "default",
          "example",
          "examples",
          "deprecated",
          "required",
          "minProperties",
          "maxProperties");

  /** Takes no request: for an operation with schemas that can't be used. */
  static final PayloadRule NOTHING =
      new PayloadRule(
          ContentRule.NONE,
          List.of(),
          false,
          List.of(new Parameters(Part.QUERY, List.of(), true, never())),
          null);

  private final JsonNode tree;
  private final OpenApiDocument document;
  private final ApiDocument.Form form;
  private final ObjectNode root;
  private final SchemaDocument schemas;
  private final Map<String, JsonSchema.Compiled> compiled = new HashMap<>();
  private final Set<Remark> remarks = new LinkedHashSet<>();

  private OpenApiCompilation(JsonNode tree, OpenApiDocument document, ApiDocument.Form form) {
    this.tree = tree;
    this.document = document;
    this.form = form;
    ObjectNode excerpt = Excerpt.of(tree, schemaPlaces(document));
    root = JsonNodeFactory.instance.objectNode();
    (excerpt == null ? tree : excerpt)
        .properties()
        .forEach(property -> root.set(property.getKey(), property.getValue()));
    if (tree.has(DIALECT)) {
      root.set(DIALECT, tree.get(DIALECT));
    }
    root.set(OWN, parameterSchemas());
    schemas =
        SchemaDocument.open(
            root,
            switch (document.version()) {
              case V3_0 -> Dialect.OPENAPI_3_0;
              case V3_1 -> Dialect.OPENAPI_3_1;
            });
  }

  private static JsonSchema never() {
    return switch (JsonSchema.compile(
        JsonNodeFactory.instance.booleanNode(false),
        "",
        Dialect.DRAFT_2020_12,
        UnknownProperties.ALLOW)) {
      case JsonSchema.Compiled.Usable(var schema, _) -> schema;
      case JsonSchema.Compiled.Refused(var faults) ->
          throw new IllegalStateException(faults.toString());
    };
  }

  /** Compiles a document, or says why it can't be used. */
  static ApiDocument compile(JsonNode tree, ApiDocument.Form form) {
    return switch (OpenApiDocument.read(tree)) {
      case OpenApiDocument.Reading.Refused(var faults) ->
          new ApiDocument(List.of(), List.of(), List.of(), faults);
      case OpenApiDocument.Reading.Usable(var document) ->
          new OpenApiCompilation(tree, document, form).compile();
    };
  }

  private ApiDocument compile() {
    remarks.addAll(document.remarks());
    List<ApiDocument.Operation> operations = new ArrayList<>(document.operations().size());
    for (int i = 0; i < document.operations().size(); i++) {
      DocumentOperation operation = document.operations().get(i);
      List<ParameterGroup> groups = new ArrayList<>();
      for (Part part : PARTS) {
        ParameterGroup group = parameters(i, part);
        if (group != null) {
          groups.add(group);
        }
      }
      RequestBody body = operation.body();
      operations.add(
          new ApiDocument.Operation(operation, body == null ? null : body(body), groups));
    }
    return new ApiDocument(operations, document.unclear(), told(), List.of());
  }

  private List<Remark> told() {
    List<Remark> told = remarks.stream().limit(MOST_REMARKS).toList();
    if (remarks.size() <= MOST_REMARKS) {
      return told;
    }
    List<Remark> all = new ArrayList<>(told);
    all.add(new Remark("", (remarks.size() - MOST_REMARKS) + " more are not shown"));
    return all;
  }

  /** The places of all schemas that requests are judged by. */
  private static List<String> schemaPlaces(OpenApiDocument document) {
    List<String> places = new ArrayList<>();
    for (DocumentOperation operation : document.operations()) {
      for (DocumentParameter parameter : operation.parameters()) {
        if (parameter.schema() != null) {
          places.add(parameter.schema());
        }
      }
      if (operation.body() != null) {
        for (RequestBody.MediaType type : operation.body().content()) {
          if (type.schema() != null) {
            places.add(type.schema());
          }
        }
      }
    }
    return places;
  }

  // ---- parameters

  private static Part part(DocumentParameter parameter) {
    return switch (parameter.in()) {
      case PATH -> Part.PATH;
      case QUERY -> Part.QUERY;
      case HEADER -> Part.HEADER;
      case COOKIE -> Part.COOKIE;
    };
  }

  /**
   * A schema for the parameters of each operation and part, as an object with a member for each.
   */
  private ObjectNode parameterSchemas() {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < document.operations().size(); i++) {
      for (Part part : PARTS) {
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        ObjectNode properties = schema.put("type", "object").putObject("properties");
        for (DocumentParameter parameter : document.operations().get(i).parameters()) {
          if (part(parameter) == part) {
            ObjectNode property = properties.putObject(parameter.name());
            if (parameter.schema() != null && style(parameter) != null) {
              property.put("$ref", '#' + fragment(parameter.schema()));
            }
          }
        }
        if (part == Part.QUERY && form.deniesUnknown()) {
          form.credentials()
              .forEach(name -> {
                if (!properties.has(name)) {
                  properties.putObject(name);
                }
              });
        }
        all.set(place(i, part), schema);
      }
    }
    return all;
  }

  private static String place(int operation, Part part) {
    return operation + "-" + part.code();
  }

  /** A JSON Pointer as a fragment of a URI (RFC 6901 section 6). */
  private static String fragment(String pointer) {
    StringBuilder fragment = new StringBuilder(pointer.length());
    for (byte b : pointer.getBytes(StandardCharsets.UTF_8)) {
      boolean plain = Ascii.isLetterOrDigit(b) || "-._~/".indexOf(b) >= 0;
      if (plain) {
        fragment.append((char) b);
      } else {
        fragment.append("%%%02X".formatted(b & 0xff));
      }
    }
    return fragment.toString();
  }

  private @Nullable ParameterGroup parameters(int index, Part part) {
    List<Parameter> declared = new ArrayList<>();
    boolean judged = false;
    for (DocumentParameter parameter : document.operations().get(index).parameters()) {
      if (part(parameter) == part) {
        Parameter.Style style = style(parameter);
        if (style == null) {
          remarks.add(
              new Remark(parameter.pointer(), "only JSON can be judged in it; any value will do"));
        }
        judged |= style != null && parameter.schema() != null;
        declared.add(
            new Parameter(
                parameter.name(),
                style == null ? Parameter.Style.FORM : style,
                parameter.explode(),
                parameter.required(),
                parameter.emptyAllowed(),
                style == null || parameter.schema() == null
                    ? ValueType.STRING
                    : ValueType.of(tree, parameter.schema()),
                0));
      }
    }
    boolean others = part == Part.QUERY && form.deniesUnknown();
    if (declared.isEmpty() && !others) {
      return null;
    }
    if (!judged && !others) {
      return new ParameterGroup(part, declared, false, null, List.of());
    }
    return switch (compile('/' + OWN + '/' + place(index, part), others)) {
      case JsonSchema.Compiled.Usable(var schema, _) ->
          new ParameterGroup(part, declared, others, schema, List.of());
      case JsonSchema.Compiled.Refused(var faults) ->
          new ParameterGroup(part, declared, others, null, remarks(faults));
    };
  }

  /** How it is written, in the words of those who read it; null where they can't. */
  private static Parameter.@Nullable Style style(DocumentParameter parameter) {
    if (parameter.mediaType() != null) {
      MediaRange type = MediaRange.parse(parameter.mediaType());
      return type != null && isJson(type) ? Parameter.Style.JSON : null;
    }
    return switch (parameter.style()) {
      case SIMPLE -> Parameter.Style.SIMPLE;
      case FORM -> Parameter.Style.FORM;
      case LABEL -> Parameter.Style.LABEL;
      case MATRIX -> Parameter.Style.MATRIX;
      case SPACE_DELIMITED -> Parameter.Style.SPACE_DELIMITED;
      case PIPE_DELIMITED -> Parameter.Style.PIPE_DELIMITED;
      case DEEP_OBJECT -> Parameter.Style.DEEP_OBJECT;
    };
  }

  private static boolean isJson(MediaRange type) {
    return (type.subtype() + type.suffix()).equals("json")
        || type.suffix().endsWith("+json")
        || type.subtype().endsWith("+json");
  }

  // ---- bodies

  private ApiDocument.Body body(RequestBody body) {
    List<PayloadRule.Body> judged = new ArrayList<>();
    List<ContentRule.Form> forms = new ArrayList<>();
    List<Remark> faults = new ArrayList<>();
    Map<MediaRange, RequestBody.MediaType> unread = new LinkedHashMap<>();
    for (RequestBody.MediaType type : body.content()) {
      MediaRange range = MediaRange.parse(type.range());
      if (range == null) {
        remarks.add(new Remark(type.pointer(), "this is no media type; it is left out"));
        continue;
      }
      boolean wide = range.subtype().equals("*");
      if (!ContentRule.canRead(range) || (wide && type.schema() == null)) {
        unread.put(range, type);
        continue;
      }
      if (wide) {
        remarks.add(
            new Remark(type.pointer(), "only JSON and forms can be judged; others are refused"));
      }
      JsonSchema schema = null;
      if (type.schema() != null) {
        if (ContentRule.mayBeForm(range)) {
          forms.add(new ContentRule.Form(range, ValueType.of(tree, type.schema())));
        }
        schema = schema(type, type.schema(), faults);
      }
      judged.add(new PayloadRule.Body(range, schema));
    }
    List<MediaRange> types = new ArrayList<>(judged.stream().map(PayloadRule.Body::types).toList());
    List<MediaRange> opaque = opaque(unread, types);
    types.addAll(opaque);
    if (types.isEmpty() && faults.isEmpty()) {
      // INVARIANT: a rule without types takes all of them.
      faults.add(new Remark(body.pointer(), "none of its media types can be used"));
    }
    return new ApiDocument.Body(
        body.pointer(), body.required(), types, judged, forms, opaque, faults);
  }

  /** The schema of bodies of one type; null where it can't be used, and then there are faults. */
  private @Nullable JsonSchema schema(
      RequestBody.MediaType type, String pointer, List<Remark> faults) {
    if (type.oddField() != null) {
      faults.add(
          new Remark(
              type.oddField(),
              "lists in forms are only read as a field an item: `style` is `form`, and"
                  + " `explode` is true"));
    }
    return switch (compile(pointer, form.deniesUnknown() && !isFreeForm(pointer))) {
      case JsonSchema.Compiled.Usable(var usable, _) -> usable;
      case JsonSchema.Compiled.Refused(var refused) -> {
        faults.addAll(remarks(refused));
        yield null;
      }
    };
  }

  /** Types that are taken as they are, as far as none of them is judged. */
  private List<MediaRange> opaque(
      Map<MediaRange, RequestBody.MediaType> unread, List<MediaRange> judged) {
    List<MediaRange> opaque = new ArrayList<>();
    unread.forEach((range, type) -> {
      if (judged.stream().anyMatch(other -> overlap(range, other))) {
        // INVARIANT: no type that a schema judges is taken unread.
        remarks.add(
            new Remark(
                type.pointer(),
                "it has types in it that another entry judges; only those are taken"));
        return;
      }
      if (type.schema() != null && !isAnyText(type.schema())) {
        remarks.add(
            new Remark(type.pointer(), "a body of this type can't be judged by its schema"));
      }
      opaque.add(range);
    });
    return opaque;
  }

  /** Whether some media type is in both. */
  private static boolean overlap(MediaRange wide, MediaRange other) {
    String type = other.type().equals("*") ? wide.type() : other.type();
    String subtype = other.subtype().equals("*") ? "x" : other.subtype();
    return other.type().equals("*") || wide.takes(type + '/' + subtype + other.suffix());
  }

  /** Whether a schema takes objects and says nothing of what is in them, so that it means any. */
  private boolean isFreeForm(String pointer) {
    JsonNode schema = at(pointer);
    for (int i = 0; i < LONGEST_CHAIN && schema.path("$ref").asString("").startsWith("#/"); i++) {
      JsonNode target = OpenApiDocument.target(tree, schema.path("$ref").stringValue());
      if (target == null) {
        return false;
      }
      schema = target;
    }
    return schema.isObject()
        && schema.propertyNames().stream()
            .allMatch(name -> SAYS_NOTHING.contains(name) || name.startsWith("x-"));
  }

  private JsonNode at(String pointer) {
    JsonNode schema = Pointer.find(tree, pointer);
    return schema == null ? MissingNode.getInstance() : schema;
  }

  /** Whether a schema says no more than that there is text, or bytes. */
  private boolean isAnyText(String pointer) {
    JsonNode schema = at(pointer);
    return schema.isObject()
        && schema.propertyNames().stream()
            .allMatch(name ->
                switch (name) {
                  case "format" -> schema.path("format").asString("").equals("binary");
                  case "type" -> schema.path("type").asString("").equals("string");
                  case "description", "title", "example", "contentMediaType" -> true;
                  default -> false;
                });
  }

  // ---- schemas

  private JsonSchema.Compiled compile(String pointer, boolean deniesUnknown) {
    JsonSchema.Compiled known = compiled.get(pointer);
    if (known == null) {
      known =
          schemas.compile(
              pointer, deniesUnknown ? UnknownProperties.DENY : UnknownProperties.ALLOW);
      compiled.put(pointer, known);
      if (known instanceof JsonSchema.Compiled.Usable(_, var warnings)) {
        remarks.addAll(remarks(warnings));
      }
    }
    return known;
  }

  private static List<Remark> remarks(List<JsonSchema.Remark> remarks) {
    return remarks.stream().map(remark -> new Remark(remark.pointer(), remark.message())).toList();
  }
}
