package dev.sallyport.engine.fields;

import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.json.MemberNames;
import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.receive.Request;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The properties that a request sets at one place of its JSON body: an object, or every object of
 * an array. A value that is no object, null and the empty object among them, sets all that is below
 * its name.
 *
 * @param pointer the names on the way to the place (RFC 6901), unescaped; empty for the whole body
 */
record JsonBodySelector(List<String> pointer) implements BodySelector {
  private static final int DEEPEST = 32;

  JsonBodySelector {
    pointer = List.copyOf(pointer);
  }

  /** Of a JSON Pointer that is one. */
  static JsonBodySelector of(String pointer) {
    return new JsonBodySelector(Objects.requireNonNull(Pointer.steps(pointer)));
  }

  @Override
  public Reading read(Request request, Content content, FieldNode root) {
    return switch (content) {
      case Content.Absent _ -> Reading.Named.NOTHING;
      case Content.Tree(var value, var mediaType) ->
          mediaType.equals("application/json-patch+json")
              ? new Reading.Unreadable("a JSON Patch can't be judged by fields")
              : read(value, root);
      case Content.Unread _, Content.Refused _ ->
          new Reading.Unreadable("the body can't be judged by fields");
    };
  }

  private Reading read(JsonNode body, FieldNode root) {
    JsonNode place = body;
    for (String name : pointer) {
      if (!place.isObject()) {
        return new Reading.Unreadable("the body holds no object where one is expected");
      }
      if (hides(place, name)) {
        return new Reading.Unreadable("the body holds a name that may be read as another one");
      }
      JsonNode next = place.get(name);
      if (next == null) {
        return Reading.Named.NOTHING;
      }
      place = next;
    }
    Reading.Draft draft = new Reading.Draft();
    if (place.isArray()) {
      for (JsonNode element : place) {
        if (!element.isObject() || !properties(element, root, 0, draft)) {
          return unreadable(element);
        }
      }
      return draft.named();
    }
    return place.isObject() && properties(place, root, 0, draft)
        ? draft.named()
        : unreadable(place);
  }

  private static boolean hides(JsonNode object, String name) {
    for (String other : object.propertyNames()) {
      if (MemberNames.mayBeTaken(other, name)) {
        return true;
      }
    }
    return false;
  }

  private static Reading.Unreadable unreadable(JsonNode node) {
    return new Reading.Unreadable(
        node.isObject()
            ? "the body is nested too deep to be judged by fields"
            : "the body holds no object where one is expected");
  }

  private static boolean properties(
      JsonNode object, FieldNode node, int depth, Reading.Draft draft) {
    if (depth >= DEEPEST) {
      return false;
    }
    for (Map.Entry<String, JsonNode> property : object.properties()) {
      if (!value(property.getValue(), node.child(property.getKey()), depth, draft)) {
        return false;
      }
    }
    return true;
  }

  /** A value; an array sets what its elements set, since each is of the same kind. */
  private static boolean value(
      JsonNode value, @Nullable FieldNode node, int depth, Reading.Draft draft) {
    if (node == null) {
      draft.addAllOf(null);
      return true;
    }
    if (value.isObject() && !value.isEmpty()) {
      return properties(value, node, depth + 1, draft);
    }
    if (value.isArray() && !value.isEmpty()) {
      if (depth >= DEEPEST) {
        return false;
      }
      for (JsonNode element : value) {
        if (!value(element, node, depth + 1, draft)) {
          return false;
        }
      }
      return true;
    }
    draft.addAllOf(node);
    return true;
  }
}
