package dev.sallyport.engine.schema;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.NumericNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * One schema as closures: whether a value is valid, and nothing more. It has a check for every
 * keyword that most schemas are made of; where it holds another one, the library judges the value
 * in its place.
 */
final class Subschema implements Check {
  static final int NULL = 1;
  static final int BOOLEAN = 1 << 1;
  static final int OBJECT = 1 << 2;
  static final int ARRAY = 1 << 3;
  static final int STRING = 1 << 4;
  static final int INTEGER = 1 << 5;
  static final int FRACTION = 1 << 6;
  static final int ALL = (1 << 7) - 1;

  private static final Check[] NONE = {};

  private final int types;
  private final boolean nullable;
  private final boolean seen;
  private final Outline outline;
  private final Check[] onObject;
  private final Check[] onArray;
  private final Check[] onString;
  private final Check[] onNumber;
  private final Check[] onAny;

  /**
   * A schema.
   *
   * @param types kinds that are taken, a bit each; {@link #ALL} where any is
   * @param nullable whether null is taken, here and by what judges the same value: OpenAPI 3.0
   *     alone
   * @param seen whether its checks go where the outline leads, and not the library
   * @param outline which schemas judge what is in a value, and which the value itself
   */
  Subschema(int types, boolean nullable, boolean seen, Wanted wanted, Outline outline) {
    this.types = types;
    this.nullable = nullable;
    this.seen = seen;
    this.outline = outline;
    onAny = wanted.ofAny.toArray(NONE);
    onObject = both(wanted.ofObjects, wanted.ofAny);
    onArray = both(wanted.ofArrays, wanted.ofAny);
    onString = both(wanted.ofStrings, wanted.ofAny);
    onNumber = both(wanted.ofNumbers, wanted.ofAny);
  }

  private static Check[] both(List<Check> some, List<Check> more) {
    List<Check> all = new ArrayList<>(some);
    all.addAll(more);
    return all.toArray(NONE);
  }

  /** Checks by the kind of value that they are for. */
  record Wanted(
      List<Check> ofAny,
      List<Check> ofObjects,
      List<Check> ofArrays,
      List<Check> ofStrings,
      List<Check> ofNumbers) {
    static Wanted ofAny(Check check) {
      return new Wanted(List.of(check), List.of(), List.of(), List.of(), List.of());
    }
  }

  int types() {
    return types;
  }

  boolean seen() {
    return seen;
  }

  Outline outline() {
    return outline;
  }

  /** Names of properties that are listed here and where this leads, the nearest first. */
  Set<String> names(int most) {
    Set<String> names = new LinkedHashSet<>();
    Set<Subschema> met = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Subschema> left = new ArrayDeque<>(List.of(this));
    while (!left.isEmpty() && names.size() < most) {
      Subschema schema = left.removeFirst();
      if (met.add(schema)) {
        names.addAll(schema.outline.properties.keySet());
        schema.outline.links().forEach(link -> left.add(link.target()));
      }
    }
    return names.stream().limit(most).collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Where a schema leads, keyword by keyword.
   *
   * @param properties by name; null where the schema has no such keyword
   * @param patterns empty where the schema has no such keyword
   * @param describes whether it has {@code properties} or {@code patternProperties}
   */
  record Outline(
      boolean describes,
      Map<String, Link> properties,
      List<Pattern> patterns,
      @Nullable Link additional,
      @Nullable Link unevaluated,
      List<Link> prefix,
      @Nullable Link items,
      @Nullable Link contains,
      @Nullable Link unevaluatedItems,
      List<Link> all,
      List<List<Link>> branches,
      @Nullable Link condition,
      @Nullable Link consequence,
      @Nullable Link alternative,
      Map<String, Link> dependent) {
    /** Leads nowhere. */
    static final Outline NONE = to(List.of());

    /** Leads to other schemas for the same value, and nowhere else. */
    static Outline to(List<Link> all) {
      return new Outline(
          false,
          Map.of(),
          List.of(),
          null,
          null,
          List.of(),
          null,
          null,
          null,
          List.copyOf(all),
          List.of(),
          null,
          null,
          null,
          Map.of());
    }

    /** All that it leads to. */
    List<Link> links() {
      List<Link> links = new ArrayList<>(all);
      branches.forEach(links::addAll);
      links.addAll(properties.values());
      patterns.forEach(pattern -> links.add(pattern.link));
      links.addAll(prefix);
      links.addAll(dependent.values());
      Stream.of(
              additional,
              unevaluated,
              items,
              contains,
              unevaluatedItems,
              condition,
              consequence,
              alternative)
          .filter(Objects::nonNull)
          .forEach(links::add);
      return links;
    }

    /** Whether it is a {@code $ref} and nothing else that leads anywhere. */
    boolean isReference() {
      return all.size() == 1
          && branches.isEmpty()
          && condition == null
          && dependent.isEmpty()
          && !describes
          && items == null
          && isWithoutRest();
    }

    /** Whether it leads on by {@code properties} and {@code items} alone. */
    boolean isSimple() {
      return isAlone() && patterns.isEmpty() && isWithoutRest();
    }

    private boolean isWithoutRest() {
      return additional == null
          && unevaluated == null
          && prefix.isEmpty()
          && contains == null
          && unevaluatedItems == null;
    }

    /** Whether no other schema judges the same value. */
    boolean isAlone() {
      return all.isEmpty() && branches.isEmpty() && condition == null && dependent.isEmpty();
    }
  }

  /** Properties whose names match. */
  record Pattern(SchemaPattern names, Link link) {
    boolean takes(String name, Run.Progress run) {
      return run.spend(names.cost(name) / PATTERN_STEPS) && names.isFoundIn(name);
    }
  }

  /** How many steps of a pattern count as one. */
  static final int PATTERN_STEPS = 8;

  @Override
  public boolean passes(JsonNode value, Run.Progress run) {
    if (!run.enter()) {
      run.leave();
      return false;
    }
    boolean outer = run.nullable;
    if (nullable && value.isNull()) {
      run.nullable = true;
    }
    boolean passes = judge(value, run);
    run.nullable = outer;
    run.leave();
    return passes;
  }

  private boolean judge(JsonNode value, Run.Progress run) {
    // Not a switch over the node type: asking for it is a call that can't be inlined.
    if (value instanceof StringNode) {
      return takes(STRING) && all(onString, value, run);
    }
    if (value instanceof NumericNode) {
      return takesNumber(value) && all(onNumber, value, run);
    }
    if (value instanceof ObjectNode) {
      return takes(OBJECT) && all(onObject, value, run);
    }
    if (value instanceof ArrayNode) {
      return takes(ARRAY) && all(onArray, value, run);
    }
    if (value instanceof BooleanNode) {
      return takes(BOOLEAN) && all(onAny, value, run);
    }
    // Anything else is no value of JSON.
    return value instanceof NullNode && (takes(NULL) || run.nullable) && all(onAny, value, run);
  }

  private boolean takes(int type) {
    return (types & type) != 0;
  }

  private boolean takesNumber(JsonNode value) {
    return takes(FRACTION) || (takes(INTEGER) && Numbers.isWhole(value));
  }

  private static boolean all(Check[] checks, JsonNode value, Run.Progress run) {
    for (Check check : checks) {
      if (!check.passes(value, run)) {
        return false;
      }
    }
    return true;
  }
}
