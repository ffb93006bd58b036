package dev.sallyport.engine.json;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * An object as {@link JsonReader} reads it: its members can also be gone through by place, without
 * an entry being made for each of them. Must not be changed.
 */
@SuppressWarnings("serial") // trees are not serialized
public final class JsonObject extends ObjectNode {
  static final JsonObject EMPTY = new JsonObject(Members.NONE);

  JsonObject(Members members) {
    super(JsonNodeFactory.instance, members);
  }

  /**
   * The object, with its members by place.
   *
   * @param object any; copied where nothing of this kind read it
   * @throws IllegalArgumentException when it is no object
   */
  public static JsonObject of(JsonNode object) {
    if (object instanceof JsonObject read) {
      return read;
    }
    if (!object.isObject()) {
      throw new IllegalArgumentException("no object");
    }
    List<String> names = new ArrayList<>(object.size());
    List<JsonNode> values = new ArrayList<>(object.size());
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      names.add(entry.getKey());
      values.add(entry.getValue());
    }
    return new JsonObject(
        Members.distinct(names.toArray(String[]::new), values.toArray(JsonNode[]::new)));
  }

  /** The name at a place, from 0 to less than {@link #size}, in the order in which they came. */
  public String name(int at) {
    return ((Members) _children).name(at);
  }

  /** The value at a place. */
  public JsonNode value(int at) {
    return ((Members) _children).value(at);
  }
}
