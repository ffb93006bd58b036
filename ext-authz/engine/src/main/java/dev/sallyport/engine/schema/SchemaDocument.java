package dev.sallyport.engine.schema;

import dev.sallyport.engine.json.Pointer;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

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

  private static final String DEFINITIONS = "$defs";

  private final JsonNode document;
  private final Dialect dialect;
  private final Map<String, JsonNode> others;
  private final Resources resources;

  /**
   * At most one. Made once a schema has passed its review, since the library writes what it trips
   * over into the log of the program.
   */
  private final List<Optional<Compilers>> compilers = new ArrayList<>(1);

  private final Map<String, Review> reviews = new HashMap<>();

  /** Schemas that can't be used, by themselves or by what they lead to, and why. */
  private final Map<String, List<Remark>> condemned = new HashMap<>();

  /** Schemas whose properties can't be told, by themselves or by what they lead to, and why. */
  private final Map<String, Remark> hidden = new HashMap<>();

  /** Schemas from which no references lead in a circle for one value. */
  private final Set<String> endings = new HashSet<>();

  /** How many schemas judge one value, by the first of them. */
  private final Map<String, Long> crowds = new HashMap<>();

  private SchemaDocument(JsonNode document, Dialect dialect, Map<String, JsonNode> others) {
    this.document = document;
    this.dialect = dialect;
    this.others = others;
    this.resources = new Resources(document, dialect, others);
  }

  /** What makes schemas of this document. */
  private record Compilers(LibrarySchema.Document library, ClosureCompilation closures) {}

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
   * <p>A warning about a schema that several lead to comes with the first of them that is compiled.
   *
   * @param pointer a JSON Pointer to the schema; empty for the whole
   */
  public Compiled compile(String pointer, UnknownProperties unknown) {
    Place start = resources.at(pointer);
    if (start == null) {
      return refused(new Remark(pointer, "there is nothing at this place of the document"));
    }
    List<Remark> warnings = explore(start);
    List<Remark> faults = condemned.get(pointer);
    if (faults == null) {
      faults = faultsOfDefinitions(start, warnings);
    }
    if (faults != null) {
      return new Compiled.Refused(faults);
    }
    Remark opaque = hidden.get(pointer);
    if (opaque != null && unknown == UnknownProperties.DENY) {
      return refused(opaque);
    }
    return compilers()
        .map(made -> compile(made, start, opaque != null, unknown, first(warnings)))
        .orElseGet(() -> uncompilable(pointer));
  }

  /**
   * What is wrong with definitions of a schema, whether anything leads to them or not: the library
   * compiles them all. Null where nothing is.
   *
   * @param warnings takes those about definitions that nothing leads to
   */
  private @Nullable List<Remark> faultsOfDefinitions(Place schema, List<Remark> warnings) {
    if (Keywords.shape(DEFINITIONS, dialect) == null
        || !(schema.node().get(DEFINITIONS) instanceof ObjectNode definitions)) {
      return null;
    }
    String above = Pointer.child(schema.pointer(), DEFINITIONS);
    for (String name : definitions.propertyNames()) {
      String pointer = Pointer.child(above, name);
      Place definition = resources.at(pointer);
      if (definition != null) {
        warnings.addAll(explore(definition));
      }
      List<Remark> faults = condemned.get(pointer);
      if (faults != null) {
        return faults;
      }
    }
    return null;
  }

  /** Empty where the library can't take the document. */
  private Optional<Compilers> compilers() {
    if (compilers.isEmpty()) {
      compilers.add(
          LibrarySchema.Document.open(document, dialect, others)
              .map(library ->
                  new Compilers(
                      library, new ClosureCompilation(dialect, resources, reviews, library))));
    }
    return compilers.getFirst();
  }

  private static Compiled compile(
      Compilers made,
      Place start,
      boolean opaque,
      UnknownProperties unknown,
      List<Remark> warnings) {
    Optional<LibrarySchema> full = made.library.schema(start.pointer());
    Optional<Subschema> subschema =
        opaque ? full.map(ClosureCompilation::ofTheLibrary) : made.closures.compile(start);
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

  // ---- what a schema leads to: each is looked at once, however many lead to it

  /**
   * Reviews all schemas that a schema leads to, and finds out which of them can be used.
   *
   * @return warnings about those that were not reviewed before
   */
  private List<Remark> explore(Place start) {
    Map<String, Review> found = new LinkedHashMap<>();
    Deque<Place> left = new ArrayDeque<>(List.of(start));
    while (!left.isEmpty()) {
      Place place = left.removeFirst();
      if (!reviews.containsKey(place.pointer())) {
        Review review = Review.of(place, dialect, resources);
        reviews.put(place.pointer(), review);
        found.put(place.pointer(), review);
        left.addAll(review.inPlace());
        left.addAll(review.deeper());
      }
    }
    Map<String, Remark> wrong = new LinkedHashMap<>();
    Map<String, Remark> opaque = new LinkedHashMap<>();
    List<Remark> warnings = new ArrayList<>();
    for (Review review : found.values()) {
      String pointer = review.place().pointer();
      warnings.addAll(review.warnings());
      if (review.dynamic()) {
        opaque.put(pointer, opaque(pointer));
      }
      Remark fault = review.faults().isEmpty() ? fault(review) : review.faults().getFirst();
      if (fault != null) {
        wrong.put(pointer, fault);
      }
    }
    judge(found, wrong, opaque);
    return warnings;
  }

  /** Notes of newly found schemas whether they lead to one that can't be used or seen through. */
  private void judge(
      Map<String, Review> found, Map<String, Remark> wrong, Map<String, Remark> opaque) {
    Map<String, List<String>> leading = new HashMap<>();
    for (Review review : found.values()) {
      String pointer = review.place().pointer();
      for (List<Place> places : List.of(review.inPlace(), review.deeper())) {
        for (Place next : places) {
          leading.computeIfAbsent(next.pointer(), _ -> new ArrayList<>(1)).add(pointer);
          // What was found before is judged already.
          List<Remark> known = condemned.get(next.pointer());
          if (known != null) {
            wrong.putIfAbsent(pointer, known.getFirst());
          }
          Remark unseen = hidden.get(next.pointer());
          if (unseen != null) {
            opaque.putIfAbsent(pointer, unseen);
          }
        }
      }
    }
    wrong.forEach((pointer, _) -> {
      Review review = found.get(pointer);
      List<Remark> own = review == null ? List.of() : review.faults();
      spread(pointer, leading, of -> condemn(of, own.isEmpty() ? wrong.get(pointer) : null, own));
    });
    opaque.forEach((pointer, remark) ->
        spread(pointer, leading, of -> hidden.putIfAbsent(of, remark) == null));
  }

  /** Adds to what is wrong with a schema; returns whether that is news and is to be told on. */
  private boolean condemn(String pointer, @Nullable Remark one, List<Remark> more) {
    List<Remark> before = condemned.getOrDefault(pointer, List.of());
    // Of a circle or a crowd, one remark is enough: all in it have one of their own.
    if (before.size() >= MOST_REMARKS || (one != null && !before.isEmpty())) {
      return false;
    }
    Set<Remark> all = new LinkedHashSet<>(before);
    if (one != null) {
      all.add(one);
    }
    all.addAll(more);
    condemned.put(pointer, first(List.copyOf(all)));
    return all.size() > before.size();
  }

  /** Goes from a schema to all that lead to it, as long as there is news. */
  private static void spread(
      String pointer, Map<String, List<String>> leading, Predicate<String> isNews) {
    Deque<String> left = new ArrayDeque<>(List.of(pointer));
    while (!left.isEmpty()) {
      String at = left.removeFirst();
      if (isNews.test(at)) {
        left.addAll(leading.getOrDefault(at, List.of()));
      }
    }
  }

  /** What is wrong with a schema together with those that judge the same value; null if nothing. */
  private @Nullable Remark fault(Review review) {
    Remark loop = loop(review, new HashSet<>());
    if (loop != null) {
      return loop;
    }
    return crowd(review) <= LARGEST_CROWD
        ? null
        : new Remark(
            review.place().pointer(),
            "is made of more than "
                + LARGEST_CROWD
                + " schemas for one value, those that are named again counted again; name each"
                + " once");
  }

  private static Remark opaque(String pointer) {
    return new Remark(
        pointer,
        "can't be seen through, so unknown properties can't be denied; allow them, and write"
            + " `unevaluatedProperties: false` here, or a `$ref` into the document");
  }

  /** How many schemas judge one value: a schema, and all that it leads to for the same value. */
  private long crowd(Review at) {
    Long known = crowds.get(at.place().pointer());
    if (known != null) {
      return known;
    }
    long size = 1;
    for (Place next : at.inPlace()) {
      Review review = reviews.get(next.pointer());
      if (review != null) {
        size = Math.min(size + crowd(review), Integer.MAX_VALUE);
      }
    }
    crowds.put(at.place().pointer(), size);
    return size;
  }

  /** A reference that leads back without going into the value, which would be judged for ever. */
  private @Nullable Remark loop(Review at, Set<String> path) {
    String pointer = at.place().pointer();
    if (endings.contains(pointer)) {
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
      Review review = reviews.get(next.pointer());
      Remark loop = review == null ? null : loop(review, path);
      if (loop != null) {
        return loop;
      }
    }
    path.remove(pointer);
    endings.add(pointer);
    return null;
  }
}
