package dev.sallyport.engine.schema;

import dev.sallyport.engine.json.Pointer;
import tools.jackson.databind.JsonNode;

/**
 * Where a schema stands in its document.
 *
 * @param pointer from the top of the document
 * @param node what stands there
 * @param base what references in it are relative to
 */
record Place(String pointer, JsonNode node, String base) {
  Place child(String name, JsonNode node) {
    return new Place(Pointer.child(pointer, name), node, base);
  }

  Place child(String name, int index, JsonNode node) {
    return new Place(Pointer.child(Pointer.child(pointer, name), index), node, base);
  }

  Place child(String name, String property, JsonNode node) {
    return new Place(Pointer.child(Pointer.child(pointer, name), property), node, base);
  }
}
