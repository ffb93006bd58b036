package dev.sallyport.engine.content;

import dev.sallyport.engine.json.Pointer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The fields of one form or query while they are gathered into an object. */
final class Fields {
  /** More fields, or longer names, are not looked at. */
  static final int MOST = 1000;

  static final int LONGEST_NAME = 1024;

  private final ValueType type;
  private final Map<String, List<JsonNode>> values = new LinkedHashMap<>();
  private final DeclaredNames names;

  /**
   * Gathers fields.
   *
   * @param type what they stand for, a property a field
   */
  Fields(ValueType type) {
    this.type = type;
    this.names = new DeclaredNames(type.properties().keySet());
  }

  /** What a field of this name stands for. */
  ValueType type(String name) {
    ValueType declared = type.property(name);
    return declared == null ? ValueType.STRING : declared;
  }

  /** Adds a field that came as text; null, or why it can't be taken. */
  FormReading.@Nullable Faulty add(String name, String text) {
    ValueType declared = type(name);
    return add(name, (declared.isArray() ? declared.element() : declared).read(text));
  }

  /** Adds a field that was read; null, or why it can't be taken. */
  FormReading.@Nullable Faulty add(String name, JsonNode value) {
    if (values.size() >= MOST) {
      return new FormReading.Faulty("", "it holds too many fields");
    }
    if (name.length() > LONGEST_NAME) {
      return new FormReading.Faulty("", "a name is too long");
    }
    if (type.property(name) == null && names.hide(name)) {
      return new FormReading.Faulty(Pointer.shown(name), DeclaredNames.HIDING);
    }
    List<JsonNode> same = values.computeIfAbsent(name, _ -> new ArrayList<>(1));
    if (!same.isEmpty() && !type(name).isArray()) {
      return new FormReading.Faulty(Pointer.shown(name), "it stands more than once");
    }
    if (same.size() >= MOST) {
      return new FormReading.Faulty(Pointer.shown(name), "it stands too often");
    }
    same.add(value);
    return null;
  }

  /** The object that they are. */
  ObjectNode object() {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    values.forEach((name, all) -> object.set(name, value(type(name), all)));
    return object;
  }

  private static JsonNode value(ValueType type, List<JsonNode> all) {
    if (!type.isArray() || (all.size() == 1 && all.getFirst().isArray())) {
      return all.getFirst();
    }
    return new ArrayNode(JsonNodeFactory.instance, all);
  }

  /** Whether a text holds what some readers take for its end. */
  static boolean holdsNul(String text) {
    return text.indexOf(0) >= 0;
  }
}
