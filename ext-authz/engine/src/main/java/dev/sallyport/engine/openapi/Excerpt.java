package dev.sallyport.engine.openapi;

import dev.sallyport.engine.json.Pointer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The parts of a document that some of its places lead to, each at its old place; so that what
 * holds on to schemas of requests does not hold on to those of answers, to descriptions and
 * examples, which are most of a document.
 */
public final class Excerpt {
  private final JsonNode root;
  private final Map<String, JsonNode> parts = new TreeMap<>();
  private final Deque<JsonNode> ahead = new ArrayDeque<>();
  private final Set<JsonNode> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  private Excerpt(JsonNode root) {
    this.root = root;
  }

  /**
   * Makes one; the parts themselves are shared with the document. Items of lists above a part
   * become properties, which pointers don't tell from items.
   *
   * @param pointers JSON Pointers to what is needed
   * @return null where references are not by pointer, so that nobody can say what they lead to
   */
  public static @Nullable ObjectNode of(JsonNode root, Collection<String> pointers) {
    Excerpt excerpt = new Excerpt(root);
    for (String pointer : pointers) {
      excerpt.add(pointer);
    }
    while (!excerpt.ahead.isEmpty()) {
      if (!excerpt.follow(excerpt.ahead.removeLast())) {
        return null;
      }
    }
    return excerpt.built();
  }

  private void add(String pointer) {
    Place part = Place.root(root).at(pointer);
    if (part != null && !pointer.isEmpty() && parts.putIfAbsent(pointer, part.node()) == null) {
      ahead.add(part.node());
    }
  }

  /** Adds what a part refers to; answers whether that can be told. */
  private boolean follow(JsonNode node) {
    if (node.isString()) {
      String text = node.stringValue();
      if (text.startsWith("#/")) {
        Place target = Place.root(root).follow(text);
        if (target != null) {
          add(target.pointer());
        }
      }
      return true;
    }
    if (!node.isContainer() || !seen.add(node)) {
      return true;
    }
    for (Map.Entry<String, JsonNode> property : node.properties()) {
      String name = property.getKey();
      JsonNode value = property.getValue();
      if (value.isString()
          && (name.equals("$id")
              || name.equals("$anchor")
              || name.equals("$dynamicAnchor")
              || name.equals("$dynamicRef")
              || (name.equals("$ref") && !value.stringValue().startsWith("#/")))) {
        return false;
      }
    }
    node.forEach(ahead::add);
    return true;
  }

  /** Of two parts of which one holds the other, the pointer of the outer stands first. */
  private ObjectNode built() {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> part : parts.entrySet()) {
      if (isWithinAnother(part.getKey())) {
        continue;
      }
      List<String> names = Objects.requireNonNull(Pointer.steps(part.getKey()));
      ObjectNode at = all;
      for (String name : names.subList(0, names.size() - 1)) {
        JsonNode below = at.get(name);
        at = below instanceof ObjectNode object ? object : at.putObject(name);
      }
      at.set(names.getLast(), part.getValue());
    }
    return all;
  }

  private boolean isWithinAnother(String pointer) {
    for (int slash = pointer.lastIndexOf('/');
        slash > 0;
        slash = pointer.lastIndexOf('/', slash - 1)) {
      if (parts.containsKey(pointer.substring(0, slash))) {
        return true;
      }
    }
    return false;
  }
}
