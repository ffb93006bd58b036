package dev.sallyport.engine.content;

import dev.sallyport.engine.content.ValueType.Kind;
import dev.sallyport.engine.json.Pointer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Finds what the schemas of one document declare. What it can't find is text. */
final class DeclaredTypes {
  /** An object, its members, and theirs: no style writes deeper. */
  private static final int LEVELS = 3;

  /** References and compositions that are followed within one schema. */
  private static final int MOST_STEPS = 256;

  private static final int MOST_PROPERTIES = 1000;

  /** Schemas and properties that are looked at in all: one that refers to itself unfolds. */
  private static final int MOST_IN_ALL = 20_000;

  private final JsonNode document;

  DeclaredTypes(JsonNode document) {
    this.document = document;
  }

  ValueType at(String pointer) {
    JsonNode schema = Pointer.find(document, pointer);
    return schema == null ? ValueType.STRING : type(schema, LEVELS, new Progress());
  }

  /** What one look at a document may still cost, and what it found. */
  private static final class Progress {
    /** By level and schema; a schema is often referred to by many properties. */
    private final List<Map<JsonNode, ValueType>> known = new ArrayList<>();

    private int left = MOST_IN_ALL;

    Progress() {
      for (int i = 0; i <= LEVELS; i++) {
        known.add(new IdentityHashMap<>());
      }
    }

    boolean spend() {
      return --left >= 0;
    }
  }

  private ValueType type(JsonNode declared, int levels, Progress progress) {
    JsonNode schema = referred(declared);
    ValueType before = progress.known.get(levels).get(schema);
    if (before != null) {
      return before;
    }
    ValueType type = unfolded(schema, levels, progress);
    progress.known.get(levels).put(schema, type);
    return type;
  }

  /** What a schema leads to that is nothing but a reference. */
  private JsonNode referred(JsonNode schema) {
    JsonNode at = schema;
    for (int i = 0; i < MOST_STEPS && at.size() == 1 && at.path("$ref").isString(); i++) {
      JsonNode target = target(at.path("$ref").stringValue());
      if (target == null) {
        return at;
      }
      at = target;
    }
    return at;
  }

  private ValueType unfolded(JsonNode schema, int levels, Progress progress) {
    Draft draft = new Draft(progress);
    collect(schema, draft);
    Map<String, ValueType> properties = new LinkedHashMap<>();
    ValueType items = null;
    if (levels > 0) {
      draft.properties.forEach(
          (name, property) -> properties.put(name, type(property, levels - 1, progress)));
      if (draft.items != null) {
        items = type(draft.items, levels - 1, progress);
      }
    }
    return new ValueType(draft.kind(), items, properties);
  }

  /** What is found of one schema. */
  private static final class Draft {
    private final Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    private final Map<String, JsonNode> properties = new LinkedHashMap<>();
    private final Progress progress;
    private @Nullable JsonNode items;
    private int steps;

    Draft(Progress progress) {
      this.progress = progress;
    }

    Kind kind() {
      for (Kind kind : List.of(Kind.ARRAY, Kind.OBJECT, Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN)) {
        if (kinds.contains(kind)) {
          return kind;
        }
      }
      if (kinds.isEmpty()) {
        return !properties.isEmpty() ? Kind.OBJECT : items != null ? Kind.ARRAY : Kind.STRING;
      }
      return Kind.STRING;
    }
  }

  private void collect(JsonNode schema, Draft draft) {
    if (!schema.isObject() || ++draft.steps > MOST_STEPS || !draft.progress.spend()) {
      return;
    }
    JsonNode type = schema.path("type");
    if (type.isString()) {
      add(type.stringValue(), draft);
    }
    for (JsonNode one : type.isArray() ? type : List.<JsonNode>of()) {
      if (one.isString()) {
        add(one.stringValue(), draft);
      }
    }
    if (type.isMissingNode()) {
      addValues(schema, draft);
    }
    JsonNode properties = schema.path("properties");
    if (properties.isObject()) {
      for (Map.Entry<String, JsonNode> property : properties.properties()) {
        if (draft.properties.size() < MOST_PROPERTIES && draft.progress.spend()) {
          draft.properties.putIfAbsent(property.getKey(), property.getValue());
        }
      }
    }
    if (draft.items == null && schema.path("items").isObject()) {
      draft.items = schema.path("items");
    }
    JsonNode reference = schema.path("$ref");
    if (reference.isString()) {
      JsonNode target = target(reference.stringValue());
      if (target != null) {
        collect(target, draft);
      }
    }
    for (String composition : List.of("allOf", "anyOf", "oneOf")) {
      JsonNode parts = schema.path(composition);
      if (parts.isArray()) {
        parts.forEach(part -> collect(part, draft));
      }
    }
  }

  private static void addValues(JsonNode schema, Draft draft) {
    JsonNode values = schema.path("enum");
    if (values.isArray()) {
      values.forEach(value -> addKind(value, draft));
    }
    if (schema.has("const")) {
      addKind(schema.path("const"), draft);
    }
  }

  private static void addKind(JsonNode value, Draft draft) {
    if (value.isIntegralNumber()) {
      draft.kinds.add(Kind.INTEGER);
    } else if (value.isNumber()) {
      draft.kinds.add(Kind.NUMBER);
    } else if (value.isBoolean()) {
      draft.kinds.add(Kind.BOOLEAN);
    } else if (value.isString()) {
      draft.kinds.add(Kind.STRING);
    }
  }

  private static void add(String type, Draft draft) {
    switch (type) {
      case "string" -> draft.kinds.add(Kind.STRING);
      case "integer" -> draft.kinds.add(Kind.INTEGER);
      case "number" -> draft.kinds.add(Kind.NUMBER);
      case "boolean" -> draft.kinds.add(Kind.BOOLEAN);
      case "array" -> draft.kinds.add(Kind.ARRAY);
      case "object" -> draft.kinds.add(Kind.OBJECT);
      default -> {}
    }
  }

  /** What a local reference leads to; null where it leads nowhere. */
  private @Nullable JsonNode target(String reference) {
    if (!reference.startsWith("#")) {
      return null;
    }
    // An anchor is no pointer.
    String pointer = Pointer.ofFragment(reference.substring(1));
    return pointer == null ? null : Pointer.find(document, pointer);
  }
}
