package dev.sallyport.engine.schema;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One schema as closures: whether a value is valid, and nothing more. It has a check for every
 * keyword that most schemas are made of; where it holds another one, the library judges the value
 * in its place.
 *
 * @param types kinds that are taken, a bit each; {@link #ALL} where any is
 * @param nullable whether null is taken, here and by what judges the same value: OpenAPI 3.0 alone
 * @param onAny checks of any value
 * @param outline which schemas judge what is in a value, and which the value itself
 */
record Subschema(
    int types,
    boolean nullable,
    List<Check> onAny,
    List<Check> onObject,
    List<Check> onArray,
    List<Check> onString,
    List<Check> onNumber,
    Outline outline)
    implements Check {
  static final int NULL = 1;
  static final int BOOLEAN = 1 << 1;
  static final int OBJECT = 1 << 2;
  static final int ARRAY = 1 << 3;
  static final int STRING = 1 << 4;
  static final int INTEGER = 1 << 5;
  static final int FRACTION = 1 << 6;
  static final int ALL = (1 << 7) - 1;

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
    return switch (value.getNodeType()) {
      case OBJECT -> takes(OBJECT) && all(onObject, value, run) && all(onAny, value, run);
      case ARRAY -> takes(ARRAY) && all(onArray, value, run) && all(onAny, value, run);
      case STRING -> takes(STRING) && all(onString, value, run) && all(onAny, value, run);
      case NUMBER -> takesNumber(value) && all(onNumber, value, run) && all(onAny, value, run);
      case BOOLEAN -> takes(BOOLEAN) && all(onAny, value, run);
      case NULL -> (takes(NULL) || run.nullable) && all(onAny, value, run);
      // No value of JSON.
      case MISSING, BINARY, POJO -> false;
    };
  }

  private boolean takes(int type) {
    return (types & type) != 0;
  }

  private boolean takesNumber(JsonNode value) {
    return takes(FRACTION) || (takes(INTEGER) && Numbers.isWhole(value));
  }

  private static boolean all(List<Check> checks, JsonNode value, Run.Progress run) {
    for (int i = 0; i < checks.size(); i++) {
      if (!checks.get(i).passes(value, run)) {
        return false;
      }
    }
    return true;
  }
}
