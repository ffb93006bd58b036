package dev.sallyport.engine.schema;

import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.Remark;
import dev.sallyport.engine.schema.Keywords.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * What is to be said of one schema, without those in it, and where it leads.
 *
 * @param inPlace schemas that judge the same value
 * @param deeper schemas that judge what is in the value
 */
record Review(
    Place place,
    List<Remark> faults,
    List<Remark> warnings,
    List<Place> inPlace,
    List<Place> deeper,
    boolean dynamic) {
  private static final String DRAFT_2020_12 = "https://json-schema.org/draft/2020-12/schema";
  private static final String OPENAPI_3_1 = "https://spec.openapis.org/oas/3.1/dialect/base";

  /** Steps of a pointer. */
  private static final int DEEPEST = 400;

  /** Where the schemas of a keyword judge the value itself. */
  private static final Set<String> IN_PLACE =
      Set.of("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas");

  /** Schemas here are only judged by where a reference leads to them. */
  private static final Set<String> SHELVES = Set.of("$defs", "definitions");

  static Review of(Place place, Dialect dialect, Resources resources) {
    Draft draft = new Draft(place, dialect, resources);
    draft.review();
    return new Review(
        place,
        List.copyOf(draft.faults),
        List.copyOf(draft.warnings),
        List.copyOf(draft.inPlace),
        List.copyOf(draft.deeper),
        draft.dynamic);
  }

  /** One review under way. */
  private static final class Draft {
    final Place place;
    final Dialect dialect;
    final Resources resources;
    final List<Remark> faults = new ArrayList<>(0);
    final List<Remark> warnings = new ArrayList<>(0);
    final List<Place> inPlace = new ArrayList<>(0);
    final List<Place> deeper = new ArrayList<>(0);
    boolean dynamic;

    Draft(Place place, Dialect dialect, Resources resources) {
      this.place = place;
      this.dialect = dialect;
      this.resources = resources;
    }

    void review() {
      JsonNode node = place.node();
      if (place.pointer().chars().filter(c -> c == '/').count() > DEEPEST) {
        faults.add(new Remark(place.pointer(), "stands too deep in its document; make it flatter"));
        return;
      }
      if (node.isBoolean() && dialect != Dialect.OPENAPI_3_0) {
        return;
      }
      if (!node.isObject()) {
        // `additionalProperties` is the one place where OpenAPI 3.0 takes a boolean.
        if (!(node.isBoolean() && place.pointer().endsWith("/additionalProperties"))) {
          faults.add(new Remark(place.pointer(), "must be " + Shape.SCHEMA.wanted()));
        }
        return;
      }
      boolean refAlone = dialect == Dialect.OPENAPI_3_0 && node.has("$ref");
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        if (refAlone && !entry.getKey().equals("$ref")) {
          if (!entry.getKey().equals("description") && !entry.getKey().equals("summary")) {
            warn(entry.getKey(), "has no effect beside `$ref` in OpenAPI 3.0; use `allOf`");
          }
          continue;
        }
        keyword(entry.getKey(), entry.getValue());
      }
    }

    private void keyword(String name, JsonNode value) {
      Shape shape = Keywords.shape(name, dialect);
      if (shape == null) {
        unknown(name);
        return;
      }
      if (!shape.takes(value)) {
        fault(name, "must be " + shape.wanted());
        return;
      }
      switch (name) {
        case "$ref" -> reference(name, value.stringValue());
        case "$dynamicRef" -> {
          dynamic = true;
          reference(name, value.stringValue());
        }
        case "$schema" -> dialect(value.stringValue());
        case "$id" -> name(value.stringValue());
        case "$anchor", "$dynamicAnchor" -> anchor(name);
        case "$vocabulary" -> warn(name, "has no effect here; remove it");
        case "pattern" -> pattern(name, value.stringValue());
        case "format" -> format(value.stringValue());
        case "enum", "const" -> values(name, value);
        default -> {}
      }
      schemas(name, value, shape);
    }

    private void unknown(String name) {
      if (name.startsWith("x-")) {
        return;
      }
      warn(
          name,
          switch (name) {
            case "dependencies" -> "has no effect: write `dependentRequired` or `dependentSchemas`";
            case "additionalItems" -> "has no effect: write `items` after `prefixItems`";
            case "nullable" -> "has no effect: write `type: [\"string\", \"null\"]`";
            case "id" -> "has no effect: write `$id`";
            case "$recursiveRef", "$recursiveAnchor" ->
                "has no effect: write `$dynamicRef` and `$dynamicAnchor`";
            default -> "has no effect: it is no keyword of " + title(dialect);
          });
    }

    private void schemas(String name, JsonNode value, Shape shape) {
      if (SHELVES.contains(name)) {
        return;
      }
      List<Place> places = IN_PLACE.contains(name) ? inPlace : deeper;
      switch (shape) {
        case SCHEMA, OBJECT_SCHEMA -> add(places, place.child(name, value));
        case SCHEMAS -> {
          for (int i = 0; i < value.size(); i++) {
            add(places, place.child(name, i, value.get(i)));
          }
        }
        case SCHEMAS_BY_NAME -> {
          for (Map.Entry<String, JsonNode> entry : value.properties()) {
            if (name.equals("patternProperties")) {
              pattern(name, entry.getKey());
            }
            add(places, place.child(name, entry.getKey(), entry.getValue()));
          }
        }
        case ANY,
            STRING,
            BOOLEAN,
            NUMBER,
            POSITIVE,
            COUNT,
            TYPE,
            ONE_TYPE,
            NAMES,
            NAMES_BY_NAME,
            VALUES,
            OBJECT -> {}
      }
    }

    private void add(List<Place> places, Place child) {
      places.add(resources.enter(child));
    }

    private void reference(String name, String reference) {
      switch (resources.find(reference, place)) {
        case Resources.Found.Schema(var target) -> inPlace.add(target);
        // What stands there is only known to the library.
        case Resources.Found.Given() -> dynamic = true;
        case Resources.Found.Elsewhere() ->
            fault(
                name,
                "leads out of the document, and nothing outside of it is read; copy what it names"
                    + " into the document, and write `#/…`");
        case Resources.Found.Nothing() -> fault(name, "leads to nothing in this document");
      }
    }

    private void dialect(String id) {
      String plain = id.endsWith("#") ? id.substring(0, id.length() - 1) : id;
      if (resources.isGiven(plain)) {
        dynamic = true;
        return;
      }
      if (!plain.equals(DRAFT_2020_12)
          && !(dialect == Dialect.OPENAPI_3_1 && plain.equals(OPENAPI_3_1))) {
        fault("$schema", "names a dialect that is not known; write `" + DRAFT_2020_12 + '`');
      }
    }

    private void name(String id) {
      if (dialect != Dialect.DRAFT_2020_12) {
        fault("$id", "is not taken in an OpenAPI document; remove it, and write `#/components/…`");
      } else if (id.indexOf('#') >= 0 && !id.endsWith("#")) {
        fault("$id", "must not have a fragment; use `$anchor`");
      }
    }

    private void anchor(String name) {
      if (dialect != Dialect.DRAFT_2020_12) {
        fault(name, "is not taken in an OpenAPI document; remove it, and write `#/components/…`");
      }
    }

    private void pattern(String name, String source) {
      if (SchemaPattern.read(source) instanceof SchemaPattern.Reading.Refused(var why)) {
        fault(name, "the pattern " + why);
      }
    }

    private void format(String name) {
      if (Formats.find(name, dialect) == null && !Formats.isWithoutForm(name)) {
        warn("format", "is not known, so it has no effect; use `pattern`, or remove it");
      }
    }

    private void values(String name, JsonNode value) {
      if (name.equals("enum") && !value.isArray()) {
        fault(name, "must be a list of values");
      } else if (!isWritable(value)) {
        fault(name, "holds what is no number, or one of more than 400 digits");
      }
    }

    private static boolean isWritable(JsonNode value) {
      if (value.isNumber()) {
        return Keywords.isWritable(value);
      }
      return !value.isContainer() || value.valueStream().allMatch(Draft::isWritable);
    }

    private void fault(String keyword, String message) {
      faults.add(new Remark(Pointer.child(place.pointer(), keyword), message));
    }

    private void warn(String keyword, String message) {
      warnings.add(new Remark(Pointer.child(place.pointer(), keyword), message));
    }

    private static String title(Dialect dialect) {
      return switch (dialect) {
        case DRAFT_2020_12 -> "JSON Schema 2020-12";
        case OPENAPI_3_0 -> "the schemas of OpenAPI 3.0";
        case OPENAPI_3_1 -> "the schemas of OpenAPI 3.1";
      };
    }
  }
}
