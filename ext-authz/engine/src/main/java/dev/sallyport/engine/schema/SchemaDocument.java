package dev.sallyport.engine.schema;

import dev.sallyport.engine.schema.JsonSchema.Compiled;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.Remark;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A document that holds schemas, such as an OpenAPI document: opened once, then any number of its
 * schemas are compiled. What they share is read and compiled once, so that each costs what it adds.
 *
 * <p>The document must not be changed while this is in use. For one thread; the schemas that come
 * of it are for any.
 */
public final class SchemaDocument {
  /** More remarks help nobody. */
  private static final int MOST_REMARKS = 50;

  /** References that may lead on to others for one and the same value. */
  private static final int LONGEST_CHAIN = 200;

  /** Schemas that may judge one and the same value. */
  private static final int LARGEST_CROWD = 5000;

  private final Dialect dialect;
  private final Resources resources;
  private final Optional<LibrarySchema.Document> library;
  private final Optional<ClosureCompilation> closures;
  private final Map<String, Review> reviews = new HashMap<>();

  private SchemaDocument(JsonNode document, Dialect dialect, Map<String, JsonNode> others) {
    this.dialect = dialect;
    this.resources = new Resources(document, dialect, others);
    this.library = LibrarySchema.Document.open(document, dialect, others);
    this.closures = library.map(opened -> new ClosureCompilation(dialect, resources, opened));
  }

  /** Opens a document. Finds no fault with it yet: that is for what is compiled. */
  public static SchemaDocument open(JsonNode document, Dialect dialect) {
    return new SchemaDocument(document, dialect, Map.of());
  }

  /** Opens a document that may refer to others, by their URI. For the suite of JSON Schema. */
  static SchemaDocument open(JsonNode document, Dialect dialect, Map<String, JsonNode> others) {
    return new SchemaDocument(document, dialect, others);
  }

  /**
   * Compiles one of its schemas.
   *
   * @param pointer a JSON Pointer to the schema; empty for the whole
   */
  public Compiled compile(String pointer, UnknownProperties unknown) {
    Place start = resources.at(pointer);
    if (start == null) {
      return refused(new Remark(pointer, "there is nothing at this place of the document"));
    }
    Map<String, Review> reached = reach(start);
    List<Remark> faults = new ArrayList<>();
    List<Remark> warnings = new ArrayList<>();
    for (Review review : reached.values()) {
      faults.addAll(review.faults());
      warnings.addAll(review.warnings());
    }
    if (faults.isEmpty()) {
      faults.addAll(loops(reached));
    }
    if (faults.isEmpty()) {
      faults.addAll(crowds(reached));
    }
    if (unknown == UnknownProperties.DENY) {
      faults.addAll(opaque(reached));
    }
    if (!faults.isEmpty()) {
      return new Compiled.Refused(first(faults));
    }
    return library
        .map(document -> compile(document, start, reached, unknown, first(warnings)))
        .orElseGet(() -> uncompilable(pointer));
  }

  private Compiled compile(
      LibrarySchema.Document document,
      Place start,
      Map<String, Review> reached,
      UnknownProperties unknown,
      List<Remark> warnings) {
    Optional<LibrarySchema> full = document.schema(start.pointer());
    Optional<Subschema> subschema =
        reached.values().stream().anyMatch(Review::dynamic)
            ? full.map(ClosureCompilation::ofTheLibrary)
            : closures.flatMap(compilation -> compilation.compile(start, reached));
    if (full.isEmpty() || subschema.isEmpty()) {
      return uncompilable(start.pointer());
    }
    return new Compiled.Usable(new JsonSchema(full.get(), subschema.get(), unknown), warnings);
  }

  private static Compiled uncompilable(String pointer) {
    return refused(new Remark(pointer, "can't be compiled; make it smaller and less deep"));
  }

  private static Compiled refused(Remark fault) {
    return new Compiled.Refused(List.of(fault));
  }

  private static List<Remark> first(List<Remark> remarks) {
    return List.copyOf(remarks.subList(0, Math.min(remarks.size(), MOST_REMARKS)));
  }

  /** The reviews of all schemas that a schema leads to, itself included. */
  private Map<String, Review> reach(Place start) {
    Map<String, Review> reached = new LinkedHashMap<>();
    Deque<Place> left = new ArrayDeque<>(List.of(start));
    while (!left.isEmpty()) {
      Place place = left.removeFirst();
      if (reached.containsKey(place.pointer())) {
        continue;
      }
      Review review = reviews.get(place.pointer());
      if (review == null) {
        review = Review.of(place, dialect, resources);
        reviews.put(place.pointer(), review);
      }
      reached.put(place.pointer(), review);
      left.addAll(review.inPlace());
      left.addAll(review.deeper());
    }
    return reached;
  }

  /** Where it can't be seen which properties a schema names. */
  private static List<Remark> opaque(Map<String, Review> reached) {
    return reached.values().stream()
        .filter(Review::dynamic)
        .map(review ->
            new Remark(
                review.place().pointer(),
                "can't be seen through, so unknown properties can't be denied; allow them, and"
                    + " write `unevaluatedProperties: false` here, or a `$ref` into the"
                    + " document"))
        .toList();
  }

  /** Schemas that would be judged so often for one value that none could ever be. */
  private static List<Remark> crowds(Map<String, Review> reached) {
    Map<String, Long> sizes = new HashMap<>();
    for (Review review : reached.values()) {
      if (crowd(review, reached, sizes) > LARGEST_CROWD) {
        return List.of(
            new Remark(
                review.place().pointer(),
                "is made of more than "
                    + LARGEST_CROWD
                    + " schemas for one value, those that are named again counted again; name each"
                    + " once"));
      }
    }
    return List.of();
  }

  /** How many schemas judge one value: a schema, and all that it leads to for the same value. */
  private static long crowd(Review at, Map<String, Review> reached, Map<String, Long> sizes) {
    Long known = sizes.get(at.place().pointer());
    if (known != null) {
      return known;
    }
    long size = 1;
    for (Place next : at.inPlace()) {
      Review review = reached.get(next.pointer());
      if (review != null) {
        size = Math.min(size + crowd(review, reached, sizes), Integer.MAX_VALUE);
      }
    }
    sizes.put(at.place().pointer(), size);
    return size;
  }

  /** References that lead back without going into the value, which would be judged for ever. */
  private static List<Remark> loops(Map<String, Review> reached) {
    Set<String> done = new HashSet<>();
    for (Review review : reached.values()) {
      Remark loop = loop(review, reached, done, new HashSet<>());
      if (loop != null) {
        return List.of(loop);
      }
    }
    return List.of();
  }

  private static @Nullable Remark loop(
      Review at, Map<String, Review> reached, Set<String> done, Set<String> path) {
    String pointer = at.place().pointer();
    if (done.contains(pointer)) {
      return null;
    }
    if (!path.add(pointer)) {
      return new Remark(
          pointer,
          "leads back to itself for the same value; let it lead into a property or an item");
    }
    if (path.size() > LONGEST_CHAIN) {
      return new Remark(pointer, "stands behind too many references; make the chain shorter");
    }
    for (Place next : at.inPlace()) {
      Review review = reached.get(next.pointer());
      Remark loop = review == null ? null : loop(review, reached, done, path);
      if (loop != null) {
        return loop;
      }
    }
    path.remove(pointer);
    done.add(pointer);
    return null;
  }
}
