package dev.sallyport.engine.openapi;

import dev.sallyport.engine.json.Pointer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A part of a document.
 *
 * @param pointer a JSON Pointer (RFC 6901) to it
 */
record Place(JsonNode node, String pointer) {
  static Place root(JsonNode tree) {
    return new Place(tree, "");
  }

  /** A property; null where it is not there. */
  @Nullable Place child(String name) {
    JsonNode child = node.get(name);
    return child == null ? null : new Place(child, Pointer.child(pointer, name));
  }

  Place item(int index) {
    return new Place(node.get(index), Pointer.child(pointer, index));
  }

  /** A text property; null where there is none, or it is no text. */
  @Nullable String text(String name) {
    JsonNode child = node.get(name);
    return child != null && child.isString() ? child.stringValue() : null;
  }

  /** Whether a property is {@code true}. */
  boolean says(String name, boolean otherwise) {
    JsonNode child = node.get(name);
    return (child != null && child.isBoolean()) ? child.booleanValue() : otherwise;
  }

  /**
   * What a local reference leads to.
   *
   * @param reference beginning with {@code #}
   * @return null where there is nothing
   */
  @Nullable Place follow(String reference) {
    String pointer = Pointer.ofFragment(reference.substring(1));
    return pointer == null ? null : at(pointer);
  }

  /**
   * What a JSON Pointer leads to.
   *
   * @return null where there is nothing
   */
  @Nullable Place at(String pointer) {
    JsonNode found = Pointer.find(node, pointer);
    return found == null ? null : new Place(found, pointer);
  }
}
