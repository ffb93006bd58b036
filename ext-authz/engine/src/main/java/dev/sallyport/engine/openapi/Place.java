package dev.sallyport.engine.openapi;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
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
    return child == null ? null : new Place(child, pointer + '/' + escape(name));
  }

  Place item(int index) {
    return new Place(node.get(index), pointer + '/' + index);
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
    String decoded;
    try {
      // A plus sign stands for itself in a fragment.
      decoded =
          URLDecoder.decode(reference.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return null;
    }
    return at(decoded);
  }

  /**
   * What a JSON Pointer leads to.
   *
   * @return null where there is nothing
   */
  @Nullable Place at(String pointer) {
    if (pointer.isEmpty()) {
      return this;
    }
    if (!pointer.startsWith("/")) {
      return null;
    }
    JsonNode at = node;
    for (String part : pointer.substring(1).split("/", -1)) {
      String name = unescape(part);
      at = at.isArray() ? item(at, name) : at.get(name);
      if (at == null) {
        return null;
      }
    }
    return new Place(at, pointer);
  }

  private static @Nullable JsonNode item(JsonNode array, String index) {
    return index.matches("0|[1-9][0-9]{0,8}") ? array.get(Integer.parseInt(index)) : null;
  }

  static String unescape(String name) {
    return name.replace("~1", "/").replace("~0", "~");
  }

  static String escape(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
