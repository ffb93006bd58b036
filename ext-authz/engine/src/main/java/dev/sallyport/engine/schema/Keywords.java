package dev.sallyport.engine.schema;

import static java.util.Map.entry;

import dev.sallyport.engine.schema.JsonSchema.Dialect;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The keywords of each dialect, and what may stand behind them. */
final class Keywords {
  private static final Set<String> TYPES =
      Set.of("null", "boolean", "object", "array", "number", "integer", "string");

  /** A number of more digits, written out, is nobody's limit. */
  private static final int MOST_DIGITS = 400;

  /** What may stand behind a keyword. */
  enum Shape {
    ANY("anything"),
    STRING("a string"),
    BOOLEAN("`true` or `false`"),
    NUMBER("a number"),
    POSITIVE("a number greater than 0"),
    COUNT("a whole number, 0 or more"),
    TYPE("a type, or a list of different types: `" + String.join("`, `", sorted()) + '`'),
    ONE_TYPE("one type, and `nullable` where null is taken too"),
    NAMES("a list of different strings"),
    NAMES_BY_NAME("an object whose values are lists of different strings"),
    VALUES("a list of values, at least one"),
    SCHEMA("a schema: an object, `true` or `false`"),
    SCHEMAS("a list of schemas, at least one"),
    SCHEMAS_BY_NAME("an object whose values are schemas"),
    /** A schema, as the dialects before 2019 have them: an object. */
    OBJECT_SCHEMA("a schema: an object"),
    OBJECT("an object");

    private final String wanted;

    Shape(String wanted) {
      this.wanted = wanted;
    }

    /** What to write, for a message. */
    String wanted() {
      return wanted;
    }

    private static Iterable<String> sorted() {
      return new java.util.TreeSet<>(TYPES);
    }

    boolean takes(JsonNode node) {
      return switch (this) {
        case ANY -> true;
        case STRING -> node.isString();
        case BOOLEAN -> node.isBoolean();
        case NUMBER -> isWritable(node);
        case POSITIVE -> isWritable(node) && node.decimalValue().signum() > 0;
        case COUNT ->
            isWritable(node) && Numbers.isWhole(node) && node.decimalValue().signum() >= 0;
        case TYPE -> isType(node) || (isListOfNames(node) && !node.isEmpty() && allTypes(node));
        case ONE_TYPE -> isType(node) && !node.stringValue().equals("null");
        case NAMES -> isListOfNames(node);
        case NAMES_BY_NAME -> node.isObject() && node.valueStream().allMatch(Shape::isListOfNames);
        case VALUES -> node.isArray() && !node.isEmpty();
        case SCHEMA -> node.isObject() || node.isBoolean();
        case OBJECT_SCHEMA, OBJECT, SCHEMAS_BY_NAME -> node.isObject();
        case SCHEMAS -> node.isArray() && !node.isEmpty();
      };
    }

    private static boolean isType(JsonNode node) {
      return node.isString() && TYPES.contains(node.stringValue());
    }

    private static boolean allTypes(JsonNode list) {
      return list.valueStream().allMatch(Shape::isType);
    }

    private static boolean isListOfNames(JsonNode node) {
      Set<String> seen = new HashSet<>();
      return node.isArray()
          && node.valueStream().allMatch(name -> name.isString() && seen.add(name.stringValue()));
    }
  }

  private static final Map<String, Shape> COMMON =
      Map.ofEntries(
          entry("$ref", Shape.STRING),
          entry("title", Shape.STRING),
          entry("description", Shape.STRING),
          entry("default", Shape.ANY),
          entry("deprecated", Shape.BOOLEAN),
          entry("readOnly", Shape.BOOLEAN),
          entry("writeOnly", Shape.BOOLEAN),
          entry("enum", Shape.VALUES),
          entry("multipleOf", Shape.POSITIVE),
          entry("maximum", Shape.NUMBER),
          entry("minimum", Shape.NUMBER),
          entry("maxLength", Shape.COUNT),
          entry("minLength", Shape.COUNT),
          entry("pattern", Shape.STRING),
          entry("format", Shape.STRING),
          entry("maxItems", Shape.COUNT),
          entry("minItems", Shape.COUNT),
          entry("uniqueItems", Shape.BOOLEAN),
          entry("maxProperties", Shape.COUNT),
          entry("minProperties", Shape.COUNT),
          entry("required", Shape.NAMES),
          entry("properties", Shape.SCHEMAS_BY_NAME),
          entry("additionalProperties", Shape.SCHEMA),
          entry("allOf", Shape.SCHEMAS),
          entry("anyOf", Shape.SCHEMAS),
          entry("oneOf", Shape.SCHEMAS),
          entry("not", Shape.SCHEMA));

  private static final Map<String, Shape> DRAFT_2020_12 =
      with(
          COMMON,
          Map.ofEntries(
              entry("$schema", Shape.STRING),
              entry("$id", Shape.STRING),
              entry("$anchor", Shape.STRING),
              entry("$dynamicRef", Shape.STRING),
              entry("$dynamicAnchor", Shape.STRING),
              entry("$vocabulary", Shape.OBJECT),
              entry("$comment", Shape.STRING),
              entry("$defs", Shape.SCHEMAS_BY_NAME),
              entry("definitions", Shape.SCHEMAS_BY_NAME),
              entry("examples", Shape.ANY),
              entry("type", Shape.TYPE),
              entry("const", Shape.ANY),
              // It may be empty in 2020-12, and nothing is then valid.
              entry("enum", Shape.ANY),
              entry("exclusiveMaximum", Shape.NUMBER),
              entry("exclusiveMinimum", Shape.NUMBER),
              entry("dependentRequired", Shape.NAMES_BY_NAME),
              entry("dependentSchemas", Shape.SCHEMAS_BY_NAME),
              entry("propertyNames", Shape.SCHEMA),
              entry("patternProperties", Shape.SCHEMAS_BY_NAME),
              entry("unevaluatedProperties", Shape.SCHEMA),
              entry("prefixItems", Shape.SCHEMAS),
              entry("items", Shape.SCHEMA),
              entry("unevaluatedItems", Shape.SCHEMA),
              entry("contains", Shape.SCHEMA),
              entry("maxContains", Shape.COUNT),
              entry("minContains", Shape.COUNT),
              entry("if", Shape.SCHEMA),
              entry("then", Shape.SCHEMA),
              entry("else", Shape.SCHEMA),
              entry("contentEncoding", Shape.STRING),
              entry("contentMediaType", Shape.STRING),
              entry("contentSchema", Shape.ANY)));

  private static final Map<String, Shape> OPENAPI_3_1 =
      with(
          DRAFT_2020_12,
          Map.of(
              "discriminator",
              Shape.OBJECT,
              "xml",
              Shape.OBJECT,
              "externalDocs",
              Shape.OBJECT,
              "example",
              Shape.ANY));

  private static final Map<String, Shape> OPENAPI_3_0 =
      with(
          COMMON,
          Map.ofEntries(
              entry("type", Shape.ONE_TYPE),
              entry("nullable", Shape.BOOLEAN),
              entry("exclusiveMaximum", Shape.BOOLEAN),
              entry("exclusiveMinimum", Shape.BOOLEAN),
              entry("items", Shape.OBJECT_SCHEMA),
              entry("not", Shape.OBJECT_SCHEMA),
              entry("discriminator", Shape.OBJECT),
              entry("xml", Shape.OBJECT),
              entry("externalDocs", Shape.OBJECT),
              entry("example", Shape.ANY)));

  private Keywords() {}

  /** What may stand behind a keyword; null where the dialect has no such keyword. */
  static @Nullable Shape shape(String keyword, Dialect dialect) {
    return switch (dialect) {
      case DRAFT_2020_12 -> DRAFT_2020_12.get(keyword);
      case OPENAPI_3_0 -> OPENAPI_3_0.get(keyword);
      case OPENAPI_3_1 -> OPENAPI_3_1.get(keyword);
    };
  }

  /** Whether it is a number, and short when it is written out without an exponent. */
  static boolean isWritable(JsonNode node) {
    boolean binary = node.isDouble() || node.isFloat();
    // YAML has numbers that are none.
    if (!node.isNumber() || (binary && !Double.isFinite(node.doubleValue()))) {
      return false;
    }
    BigDecimal number = node.decimalValue();
    return Math.abs((long) number.scale()) <= MOST_DIGITS && number.precision() <= MOST_DIGITS;
  }

  private static Map<String, Shape> with(Map<String, Shape> some, Map<String, Shape> more) {
    Map<String, Shape> all = new HashMap<>(some);
    all.putAll(more);
    return Map.copyOf(all);
  }
}
