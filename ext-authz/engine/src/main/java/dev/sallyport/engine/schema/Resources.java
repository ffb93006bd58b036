package dev.sallyport.engine.schema;

import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What the references of one document lead to. Nothing outside of the document is ever found. */
final class Resources {
  /** The name of a document that has none. */
  static final String DOCUMENT = "sallyport:/document";

  /** Deeper documents are not looked into. */
  static final int DEEPEST = 200;

  private static final String META = "https://json-schema.org/draft/2020-12/";
  private static final Set<String> PARTS =
      Set.of(
          "core",
          "applicator",
          "unevaluated",
          "validation",
          "meta-data",
          "format-annotation",
          "content");

  private final JsonNode document;
  private final Dialect dialect;
  private final Set<String> others;
  private final Map<String, Place> named = new HashMap<>();

  /**
   * The resources of a document.
   *
   * @param others documents that it may refer to, by their URI
   */
  Resources(JsonNode document, Dialect dialect, Map<String, JsonNode> others) {
    this.document = document;
    this.dialect = dialect;
    this.others = Set.copyOf(others.keySet());
    this.named.put(DOCUMENT, new Place("", document, DOCUMENT));
    if (dialect == Dialect.DRAFT_2020_12) {
      collect(new Place("", document, DOCUMENT), 0);
    }
  }

  /** What a reference leads to. */
  sealed interface Found {
    record Schema(Place place) implements Found {}

    /** Into a document that the library has: one that was given along, or the schema of schemas. */
    record Given() implements Found {}

    /** Into another document. */
    record Elsewhere() implements Found {}

    /** Into this document, where there is nothing. */
    record Nothing() implements Found {}
  }

  /** Whether it is the schema of schemas, or a part of it: the library has them at hand. */
  static boolean isMetaSchema(String name) {
    return name.startsWith(META)
        && (name.equals(META + "schema")
            || (name.startsWith(META + "meta/")
                && PARTS.contains(name.substring(META.length() + "meta/".length()))));
  }

  /** What stands at a pointer from the top of the document; null where there is nothing. */
  @Nullable Place at(String pointer) {
    return descend(new Place("", document, base(document, DOCUMENT)), pointer);
  }

  /** A schema as references in it see it: its own name is what they are relative to. */
  Place enter(Place place) {
    return new Place(place.pointer(), place.node(), base(place.node(), place.base()));
  }

  /** Whether another document of this name was given along. */
  boolean isGiven(String name) {
    return others.contains(name);
  }

  Found find(String reference, Place from) {
    String target;
    try {
      target = resolve(from.base(), reference);
    } catch (URISyntaxException _) {
      return new Found.Nothing();
    }
    int hash = target.indexOf('#');
    String name = hash < 0 ? target : target.substring(0, hash);
    String fragment = hash < 0 ? "" : target.substring(hash + 1);
    Place resource = named.get(name);
    if (resource == null) {
      return others.contains(name) || isMetaSchema(name)
          ? new Found.Given()
          : new Found.Elsewhere();
    }
    if (!fragment.isEmpty() && !fragment.startsWith("/") && !fragment.startsWith("%2F")) {
      Place anchored = named.get(name + '#' + fragment);
      return anchored == null ? new Found.Nothing() : new Found.Schema(anchored);
    }
    String pointer = Pointer.ofFragment(fragment);
    Place place = pointer == null ? null : descend(resource, pointer);
    return place == null ? new Found.Nothing() : new Found.Schema(place);
  }

  /** What references in a schema are relative to. */
  private String base(JsonNode node, String outer) {
    JsonNode id = dialect == Dialect.DRAFT_2020_12 ? node.get("$id") : null;
    if (id == null || !id.isString()) {
      return outer;
    }
    try {
      String resolved = resolve(outer, id.stringValue());
      return resolved.endsWith("#") ? resolved.substring(0, resolved.length() - 1) : resolved;
    } catch (URISyntaxException _) {
      return outer;
    }
  }

  private @Nullable Place descend(Place from, String pointer) {
    List<String> steps = Pointer.steps(pointer);
    if (steps == null) {
      return null;
    }
    Place at = from;
    for (String step : steps) {
      JsonNode next = Pointer.step(at.node(), step);
      if (next == null) {
        return null;
      }
      String path = Pointer.child(at.pointer(), step);
      at = new Place(path, next, base(next, at.base()));
    }
    return at;
  }

  /** Finds what has a name, where schemas stand. */
  private void collect(Place place, int depth) {
    JsonNode node = place.node();
    if (!node.isObject() || depth > DEEPEST) {
      return;
    }
    String base = base(node, place.base());
    Place here = new Place(place.pointer(), node, base);
    if (isText(node.get("$id"))) {
      named.putIfAbsent(base, here);
    }
    for (String keyword : new String[] {"$anchor", "$dynamicAnchor"}) {
      JsonNode anchor = node.get(keyword);
      if (anchor != null && anchor.isString()) {
        named.putIfAbsent(base + '#' + anchor.stringValue(), here);
      }
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      JsonNode value = entry.getValue();
      switch (Keywords.shape(entry.getKey(), dialect)) {
        case SCHEMA -> collect(here.child(entry.getKey(), value), depth + 1);
        case SCHEMAS -> {
          for (int i = 0; value.isArray() && i < value.size(); i++) {
            collect(here.child(entry.getKey(), i, value.get(i)), depth + 1);
          }
        }
        case SCHEMAS_BY_NAME -> {
          for (Map.Entry<String, JsonNode> property : value.properties()) {
            collect(here.child(entry.getKey(), property.getKey(), property.getValue()), depth + 1);
          }
        }
        case null, default -> {}
      }
    }
  }

  private static boolean isText(@Nullable JsonNode node) {
    return node != null && node.isString();
  }

  private static String resolve(String base, String reference) throws URISyntaxException {
    if (reference.startsWith("#")) {
      int hash = base.indexOf('#');
      return (hash < 0 ? base : base.substring(0, hash)) + reference;
    }
    URI relative = new URI(reference);
    return relative.isAbsolute() ? reference : new URI(base).resolve(relative).toString();
  }
}
