package dev.sallyport.engine.schema;

import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.Subschema.Outline;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.StringNode;

/** Compiles the schemas of one document to closures, each once. */
final class ClosureCompilation {
  /** Keywords that only the library knows. */
  private static final Set<String> LIBRARY =
      Set.of("$dynamicRef", "unevaluatedItems", "unevaluatedProperties");

  private static final BigDecimal MOST = BigDecimal.valueOf(Integer.MAX_VALUE);

  private final Dialect dialect;
  private final Resources resources;
  private final Map<String, Review> reviews;
  private final LibrarySchema.Document library;
  private final Map<String, Link> links = new HashMap<>();

  /**
   * Compiles schemas of a document.
   *
   * @param reviews of all schemas that those lead to
   */
  ClosureCompilation(
      Dialect dialect,
      Resources resources,
      Map<String, Review> reviews,
      LibrarySchema.Document library) {
    this.dialect = dialect;
    this.resources = resources;
    this.reviews = reviews;
    this.library = library;
  }

  /**
   * Compiles a schema, and what it leads to that is not compiled yet.
   *
   * @param start a schema that can be used
   * @return empty where the library can't compile a part that only it knows
   */
  Optional<Subschema> compile(Place start) {
    Map<String, Subschema> compiled = new HashMap<>();
    Deque<Place> left = new ArrayDeque<>(List.of(start));
    while (!left.isEmpty()) {
      Place place = left.removeFirst();
      Review review = reviews.get(place.pointer());
      if (review == null
          || !link(place.pointer()).isOpen()
          || compiled.containsKey(place.pointer())) {
        continue;
      }
      Subschema subschema = new Draft(place).compile();
      if (subschema == null) {
        return Optional.empty();
      }
      compiled.put(place.pointer(), subschema);
      left.addAll(review.inPlace());
      left.addAll(review.deeper());
    }
    // Only now: what is linked must not lead to what is not.
    compiled.forEach((pointer, subschema) -> link(pointer).lead(subschema));
    return Optional.of(link(start.pointer()).target());
  }

  /** A schema that the library judges as a whole. */
  static Subschema ofTheLibrary(LibrarySchema schema) {
    return new Subschema(
        Subschema.ALL, false, false, Subschema.Wanted.ofAny(check(schema)), Outline.NONE);
  }

  private static Check check(LibrarySchema schema) {
    return (value, run) ->
        switch (schema.judge(value)) {
          case LibrarySchema.Judgement.Valid() -> true;
          case LibrarySchema.Judgement.Invalid(_) -> false;
          case LibrarySchema.Judgement.GivenUp() -> run.giveUp();
        };
  }

  private Link link(String pointer) {
    return links.computeIfAbsent(pointer, _ -> new Link());
  }

  /** One schema under way. */
  private final class Draft {
    private final Place place;
    private final JsonNode node;
    private final List<Check> onAny = new ArrayList<>();
    private final List<Check> onObject = new ArrayList<>();
    private final List<Check> onArray = new ArrayList<>();
    private final List<Check> onString = new ArrayList<>();
    private final List<Check> onNumber = new ArrayList<>();

    Draft(Place place) {
      this.place = place;
      this.node = place.node();
    }

    @Nullable Subschema compile() {
      Outline outline = outline();
      if (node.isBoolean()) {
        return subschema(node.booleanValue() ? Subschema.ALL : 0, false, outline);
      }
      if (isOfTheLibrary()) {
        Optional<LibrarySchema> schema = library.schema(place.pointer());
        if (schema.isEmpty()) {
          return null;
        }
        return new Subschema(
            Subschema.ALL, false, false, Subschema.Wanted.ofAny(check(schema.get())), outline);
      }
      if (has("$ref") && dialect == Dialect.OPENAPI_3_0) {
        onAny.addAll(outline.all());
        return subschema(Subschema.ALL, false, outline);
      }
      strings();
      numbers();
      arrays(outline);
      objects(outline);
      anything(outline);
      return subschema(types(), isTrue("nullable"), outline);
    }

    private Subschema subschema(int types, boolean nullable, Outline outline) {
      return new Subschema(
          types,
          nullable && dialect == Dialect.OPENAPI_3_0,
          true,
          new Subschema.Wanted(onAny, onObject, onArray, onString, onNumber),
          outline);
    }

    /**
     * Whether the library has to judge a value in this schema's place: it alone knows a keyword of
     * it, or of one that judges the same value and that it would have to see together with this.
     */
    private boolean isOfTheLibrary() {
      return node.propertyNames().stream().anyMatch(LIBRARY::contains)
          || leavesTheDocument()
          || (dialect != Dialect.DRAFT_2020_12 && reachesDiscriminator());
    }

    private boolean leavesTheDocument() {
      return has("$ref")
          && !(resources.find(text("$ref"), place) instanceof Resources.Found.Schema);
    }

    private boolean reachesDiscriminator() {
      Set<String> seen = new HashSet<>();
      List<Place> left = new ArrayList<>(List.of(place));
      while (!left.isEmpty()) {
        Place at = left.removeLast();
        if (!seen.add(at.pointer())) {
          continue;
        }
        if (at.node().has("discriminator")
            && !(dialect == Dialect.OPENAPI_3_0 && at.node().has("$ref"))) {
          return true;
        }
        Review review = reviews.get(at.pointer());
        if (review != null) {
          left.addAll(review.inPlace());
        }
      }
      return false;
    }

    // ---- where it leads

    private Outline outline() {
      List<Link> all = new ArrayList<>();
      if (has("$ref")
          && resources.find(text("$ref"), place) instanceof Resources.Found.Schema(var target)) {
        all.add(link(target.pointer()));
      }
      if (has("$ref") && dialect == Dialect.OPENAPI_3_0) {
        return Outline.to(all);
      }
      all.addAll(listed("allOf"));
      List<List<Link>> branches = new ArrayList<>();
      for (String keyword : List.of("anyOf", "oneOf")) {
        if (has(keyword)) {
          branches.add(listed(keyword));
        }
      }
      List<Subschema.Pattern> patterns = new ArrayList<>();
      named("patternProperties")
          .forEach((source, link) -> patterns.add(new Subschema.Pattern(pattern(source), link)));
      boolean conditional = has("if");
      return new Outline(
          has("properties") || has("patternProperties"),
          named("properties"),
          List.copyOf(patterns),
          single("additionalProperties"),
          single("unevaluatedProperties"),
          listed("prefixItems"),
          single("items"),
          single("contains"),
          single("unevaluatedItems"),
          List.copyOf(all),
          List.copyOf(branches),
          single("if"),
          conditional ? single("then") : null,
          conditional ? single("else") : null,
          named("dependentSchemas"));
    }

    private @Nullable Link single(String keyword) {
      return has(keyword) && Keywords.shape(keyword, dialect) != null
          ? link(Pointer.child(place.pointer(), keyword))
          : null;
    }

    private List<Link> listed(String keyword) {
      List<Link> listed = new ArrayList<>();
      if (has(keyword) && Keywords.shape(keyword, dialect) != null) {
        String pointer = Pointer.child(place.pointer(), keyword);
        for (int i = 0; i < value(keyword).size(); i++) {
          listed.add(link(Pointer.child(pointer, i)));
        }
      }
      return List.copyOf(listed);
    }

    private Map<String, Link> named(String keyword) {
      Map<String, Link> named = new HashMap<>();
      if (has(keyword) && Keywords.shape(keyword, dialect) != null) {
        String pointer = Pointer.child(place.pointer(), keyword);
        for (String name : value(keyword).propertyNames()) {
          // As the names of documents are (KnownNames): then one look tells that they are the same.
          named.put(name.intern(), link(Pointer.child(pointer, name)));
        }
      }
      return named;
    }

    // ---- what it wants

    private int types() {
      if (!has("type")) {
        return Subschema.ALL;
      }
      JsonNode type = value("type");
      if (type.isString()) {
        return bits(type.stringValue());
      }
      int types = 0;
      for (JsonNode one : type) {
        types |= bits(one.stringValue());
      }
      return types;
    }

    private static int bits(String type) {
      return switch (type) {
        case "null" -> Subschema.NULL;
        case "boolean" -> Subschema.BOOLEAN;
        case "object" -> Subschema.OBJECT;
        case "array" -> Subschema.ARRAY;
        case "string" -> Subschema.STRING;
        case "integer" -> Subschema.INTEGER;
        case "number" -> Subschema.INTEGER | Subschema.FRACTION;
        default -> 0;
      };
    }

    private void strings() {
      if (has("maxLength")) {
        int most = count("maxLength");
        onString.add((value, _) -> Values.isAtMost(value.stringValue(), most));
      }
      if (has("minLength")) {
        int least = count("minLength");
        onString.add((value, _) -> Values.isAtLeast(value.stringValue(), least));
      }
      if (has("pattern")) {
        SchemaPattern pattern = pattern(text("pattern"));
        onString.add((value, run) -> {
          String text = value.stringValue();
          return run.spend(pattern.cost(text) / Subschema.PATTERN_STEPS) && pattern.isFoundIn(text);
        });
      }
      Formats.Format format = has("format") ? Formats.find(text("format"), dialect) : null;
      if (format != null) {
        onString.add(format::takes);
        onNumber.add(format::takes);
      }
    }

    private void numbers() {
      if (has("minimum")) {
        number(Values.least(value("minimum"), node));
      }
      if (has("maximum")) {
        number(Values.most(value("maximum"), node));
      }
      if (has("exclusiveMinimum") && value("exclusiveMinimum").isNumber()) {
        number(Values.above(value("exclusiveMinimum")));
      }
      if (has("exclusiveMaximum") && value("exclusiveMaximum").isNumber()) {
        number(Values.below(value("exclusiveMaximum")));
      }
      if (has("multipleOf")) {
        BigDecimal divisor = Numbers.stripped(value("multipleOf").decimalValue());
        onNumber.add((value, run) -> Numbers.isMultiple(value, divisor, run));
      }
    }

    private void number(Predicate<JsonNode> rule) {
      onNumber.add((value, _) -> rule.test(value));
    }

    private void arrays(Outline outline) {
      if (has("maxItems")) {
        int most = count("maxItems");
        onArray.add((value, _) -> value.size() <= most);
      }
      if (has("minItems")) {
        int least = count("minItems");
        onArray.add((value, _) -> value.size() >= least);
      }
      List<Link> prefix = outline.prefix();
      Link items = outline.items();
      if (!prefix.isEmpty() || items != null) {
        onArray.add((value, run) -> items(value, prefix, items, run));
      }
      Link contains = outline.contains();
      if (contains != null) {
        int least = has("minContains") ? count("minContains") : 1;
        int most = has("maxContains") ? count("maxContains") : Integer.MAX_VALUE;
        onArray.add((value, run) -> {
          int found = 0;
          for (JsonNode item : value) {
            if (contains.passes(item, run)) {
              found++;
            }
          }
          return found >= least && found <= most;
        });
      }
      if (isTrue("uniqueItems")) {
        onArray.add((value, run) -> run.spend(value.size()) && Values.isDistinct(value, run));
      }
    }

    private static boolean items(
        JsonNode array, List<Link> prefix, @Nullable Link rest, Run.Progress run) {
      for (int i = 0; i < array.size(); i++) {
        Link link = i < prefix.size() ? prefix.get(i) : rest;
        if (link == null) {
          return true;
        }
        if (!link.passes(array.get(i), run)) {
          return false;
        }
      }
      return true;
    }

    private void objects(Outline outline) {
      if (has("maxProperties")) {
        int most = count("maxProperties");
        onObject.add((value, _) -> value.size() <= most);
      }
      if (has("minProperties")) {
        int least = count("minProperties");
        onObject.add((value, _) -> value.size() >= least);
      }
      List<String> required =
          has("required")
              ? value("required")
                  .valueStream()
                  .map(JsonNode::stringValue)
                  .filter(name -> !isReadOnly(name))
                  .map(String::intern)
                  .distinct()
                  .toList()
              : List.of();
      if (outline.describes() || outline.additional() != null || !required.isEmpty()) {
        onObject.add(new Properties(outline, required));
      }
      Link names = single("propertyNames");
      if (names != null) {
        onObject.add((value, run) -> {
          for (String name : value.propertyNames()) {
            if (!names.passes(StringNode.valueOf(name), run)) {
              return false;
            }
          }
          return true;
        });
      }
      if (has("dependentRequired") && dialect != Dialect.OPENAPI_3_0) {
        for (Map.Entry<String, JsonNode> entry : value("dependentRequired").properties()) {
          String name = entry.getKey();
          List<String> needed = entry.getValue().valueStream().map(JsonNode::stringValue).toList();
          onObject.add((value, _) -> !value.has(name) || hasAll(value, needed));
        }
      }
      outline
          .dependent()
          .forEach((name, link) ->
              onObject.add((value, run) -> !value.has(name) || link.passes(value, run)));
    }

    private static boolean hasAll(JsonNode object, List<String> names) {
      for (int i = 0; i < names.size(); i++) {
        if (!object.has(names.get(i))) {
          return false;
        }
      }
      return true;
    }

    private boolean isReadOnly(String property) {
      JsonNode schema = has("properties") ? value("properties").get(property) : null;
      JsonNode readOnly = schema == null ? null : schema.get("readOnly");
      return dialect != Dialect.DRAFT_2020_12
          && readOnly != null
          && readOnly.isBoolean()
          && readOnly.booleanValue();
    }

    private void anything(Outline outline) {
      if (dialect != Dialect.DRAFT_2020_12 && isTrue("readOnly")) {
        onAny.add((_, _) -> false);
      }
      if (has("enum")) {
        onAny.add(choice(value("enum")));
      }
      if (has("const") && dialect != Dialect.OPENAPI_3_0) {
        JsonNode constant = value("const");
        onAny.add((value, _) -> Values.ORDER.compare(value, constant) == 0);
      }
      onAny.addAll(outline.all());
      List<Link> any = listed("anyOf");
      if (has("anyOf")) {
        onAny.add((value, run) -> passing(any, value, run, 1) > 0);
      }
      List<Link> one = listed("oneOf");
      if (has("oneOf")) {
        onAny.add((value, run) -> isOne(one, value, run));
      }
      Link not = single("not");
      if (not != null) {
        onAny.add((value, run) -> {
          boolean nullable = run.nullable;
          run.nullable = false;
          boolean passes = not.passes(value, run);
          run.nullable = nullable;
          return !passes;
        });
      }
      Link condition = outline.condition();
      Link consequence = outline.consequence();
      Link alternative = outline.alternative();
      if (condition != null && (consequence != null || alternative != null)) {
        onAny.add((value, run) -> {
          Link next = condition.passes(value, run) ? consequence : alternative;
          return next == null || next.passes(value, run);
        });
      }
    }

    private static Check choice(JsonNode list) {
      if (list.valueStream().allMatch(JsonNode::isString)) {
        Set<String> texts = new HashSet<>();
        list.forEach(text -> texts.add(text.stringValue()));
        return (value, run) ->
            (value.isString() && texts.contains(value.stringValue()))
                || (value.isNull() && run.nullable);
      }
      TreeSet<JsonNode> values = new TreeSet<>(Values.ORDER);
      list.forEach(values::add);
      return (value, run) -> values.contains(value) || (value.isNull() && run.nullable);
    }

    /** How many schemas take a value, counted up to a number. */
    private static int passing(List<Link> links, JsonNode value, Run.Progress run, int enough) {
      int passing = 0;
      for (int i = 0; i < links.size() && passing < enough; i++) {
        if (links.get(i).passes(value, run)) {
          passing++;
        }
      }
      return passing;
    }

    private static boolean isOne(List<Link> links, JsonNode value, Run.Progress run) {
      int passing = passing(links, value, run, 2);
      // A null that is taken beforehand may be taken by each of them.
      return passing == 1 || (passing > 1 && value.isNull() && run.nullable);
    }

    private boolean has(String keyword) {
      return node.has(keyword);
    }

    private JsonNode value(String keyword) {
      return node.required(keyword);
    }

    private String text(String keyword) {
      return value(keyword).stringValue();
    }

    private boolean isTrue(String keyword) {
      JsonNode value = node.get(keyword);
      return value != null && value.isBoolean() && value.booleanValue();
    }

    private int count(String keyword) {
      return value(keyword).decimalValue().min(MOST).intValue();
    }

    private SchemaPattern pattern(String source) {
      return switch (SchemaPattern.read(source)) {
        case SchemaPattern.Reading.Usable(var pattern) -> pattern;
        case SchemaPattern.Reading.Refused(var why) ->
            throw new IllegalStateException("a pattern that was not reviewed: " + why);
      };
    }
  }
}
