package dev.sallyport.engine.schema;

import dev.sallyport.engine.schema.JsonSchema.Dialect;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Schemas and values made by chance, from few names and few values, so that they often meet each
 * other.
 */
final class RandomSchemas {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final List<String> NAMES = List.of("a", "b", "c", "dd", "e~/x");
  private static final List<String> TEXTS =
      List.of("", "a", "ab", "\uD83D\uDE00", "2026-11-26", "x@example.com", "7", "true", "Ä");
  private static final List<String> PATTERNS =
      List.of("^a", "b$", "^[a-z]{1,2}$", "\\d", ".", "^(a|b)*$", "\\p{Lu}");
  private static final List<String> FORMATS =
      List.of("date", "email", "uuid", "ipv4", "made-up", "int32", "double");
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "1.0",
          "-1",
          "1.5",
          "2",
          "3",
          "0.01",
          "1e2",
          "1e400",
          "9007199254740992",
          "9007199254740993",
          "9007199254740993.0",
          "9223372036854775807",
          "9223372036854775808",
          "-0.0",
          "1e-7");
  private static final int DEFINITIONS = 3;

  private final Random random;
  private final Dialect dialect;

  RandomSchemas(Random random, Dialect dialect) {
    this.random = random;
    this.dialect = dialect;
  }

  /** A schema with definitions that it refers to. */
  JsonNode document() {
    ObjectNode document = schema(3);
    ObjectNode definitions = document.putObject(definitions());
    for (int i = 0; i < DEFINITIONS; i++) {
      definitions.set("d" + i, schema(2));
    }
    return document;
  }

  private String definitions() {
    // OpenAPI 3.0 has no keyword for it, so it stands where it is no keyword.
    return dialect == Dialect.OPENAPI_3_0 ? "x-defs" : "$defs";
  }

  /** A value, which may be valid by chance. */
  JsonNode value() {
    return value(3);
  }

  private JsonNode value(int depth) {
    return switch (random.nextInt(depth > 0 ? 10 : 6)) {
      case 0 -> JSON.nullNode();
      case 1 -> JSON.booleanNode(random.nextBoolean());
      case 2, 3 -> number(false);
      case 4, 5 -> JSON.stringNode(any(TEXTS));
      case 6, 7 -> {
        ArrayNode array = JSON.arrayNode();
        for (int i = random.nextInt(4); i > 0; i--) {
          array.add(value(depth - 1));
        }
        yield array;
      }
      default -> {
        ObjectNode object = JSON.objectNode();
        for (int i = random.nextInt(4); i > 0; i--) {
          object.set(any(NAMES), value(depth - 1));
        }
        yield object;
      }
    };
  }

  private JsonNode number(boolean ofSchema) {
    String text = any(NUMBERS);
    if (ofSchema && text.contains("400")) {
      text = "1e30";
    }
    if (text.matches("-?[0-9]+")) {
      BigInteger whole = new BigInteger(text);
      return whole.bitLength() < 32
          ? JSON.numberNode(whole.intValue())
          : whole.bitLength() < 64 ? JSON.numberNode(whole.longValue()) : JSON.numberNode(whole);
    }
    return JSON.numberNode(new BigDecimal(text));
  }

  private ObjectNode schema(int depth) {
    ObjectNode schema = JSON.objectNode();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      keyword(schema, depth);
    }
    return schema;
  }

  /** A schema, or a boolean where the dialect has those. */
  private JsonNode inner(int depth) {
    if (dialect != Dialect.OPENAPI_3_0 && random.nextInt(8) == 0) {
      return JSON.booleanNode(random.nextInt(3) > 0);
    }
    return schema(depth);
  }

  private void keyword(ObjectNode schema, int depth) {
    boolean modern = dialect != Dialect.OPENAPI_3_0;
    switch (random.nextInt(depth > 0 ? (modern ? 34 : 25) : 16)) {
      case 0, 1 -> type(schema, modern);
      case 2 -> schema.set("minimum", number(true));
      case 3 -> schema.set("maximum", number(true));
      case 4 -> {
        if (modern) {
          schema.set("exclusiveMinimum", number(true));
        } else {
          schema.put("exclusiveMinimum", random.nextBoolean());
        }
      }
      case 5 ->
          schema.set(
              "multipleOf", JSON.numberNode(new BigDecimal(any(List.of("2", "0.01", "1.5", "3")))));
      case 6 -> schema.put(random.nextBoolean() ? "minLength" : "maxLength", random.nextInt(3));
      case 7 -> schema.put("pattern", any(PATTERNS));
      case 8 -> schema.put("format", any(FORMATS));
      case 9 -> schema.put(random.nextBoolean() ? "minItems" : "maxItems", random.nextInt(3));
      case 10 -> schema.put("uniqueItems", random.nextInt(4) > 0);
      case 11 ->
          schema.put(random.nextBoolean() ? "minProperties" : "maxProperties", random.nextInt(3));
      case 12 -> schema.set("required", JSON.arrayNode().add(any(NAMES)));
      case 13 -> {
        ArrayNode values = schema.putArray("enum");
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
          values.add(random.nextInt(3) == 0 ? value(1) : JSON.stringNode(any(TEXTS)));
        }
        if (!values.valueStream().allMatch(RandomSchemas::isShort)) {
          schema.remove("enum");
        }
      }
      case 14 -> {
        if (modern) {
          JsonNode constant = value(1);
          if (isShort(constant)) {
            schema.set("const", constant);
          }
        } else {
          schema.put("nullable", random.nextInt(3) > 0);
        }
      }
      case 15 -> schema.put("$ref", "#/" + definitions() + "/d" + random.nextInt(DEFINITIONS));
      case 16, 17 -> named(schema, "properties", depth);
      case 18 ->
          schema.set(
              "items", dialect == Dialect.OPENAPI_3_0 ? schema(depth - 1) : inner(depth - 1));
      case 19 ->
          schema.set(
              "additionalProperties",
              random.nextBoolean() ? JSON.booleanNode(random.nextBoolean()) : schema(depth - 1));
      case 20 -> listed(schema, "allOf", depth);
      case 21 -> listed(schema, "anyOf", depth);
      case 22 -> listed(schema, "oneOf", depth);
      case 23 -> schema.set("not", schema(depth - 1));
      case 24 -> named(schema, "properties", depth);
      case 25 -> {
        ObjectNode patterns = schema.putObject("patternProperties");
        patterns.set(any(PATTERNS), inner(depth - 1));
      }
      case 26 -> schema.set("propertyNames", inner(depth - 1));
      case 27 -> listed(schema, "prefixItems", depth);
      case 28 -> {
        schema.set("contains", inner(depth - 1));
        if (random.nextBoolean()) {
          schema.put(random.nextBoolean() ? "minContains" : "maxContains", random.nextInt(3));
        }
      }
      case 29 -> {
        schema.set("if", inner(depth - 1));
        schema.set(random.nextBoolean() ? "then" : "else", inner(depth - 1));
      }
      case 30 -> schema.putObject("dependentRequired").putArray(any(NAMES)).add(any(NAMES));
      case 31 -> named(schema, "dependentSchemas", depth);
      case 32 -> schema.set("unevaluatedProperties", inner(depth - 1));
      default -> schema.set("unevaluatedItems", inner(depth - 1));
    }
  }

  private void type(ObjectNode schema, boolean modern) {
    List<String> types =
        List.of("object", "object", "array", "string", "number", "integer", "boolean", "null");
    String type = any(modern ? types : types.subList(0, 7));
    if (modern && random.nextInt(4) == 0 && !type.equals("null")) {
      schema.putArray("type").add(type).add("null");
    } else {
      schema.put("type", type);
    }
  }

  private void named(ObjectNode schema, String keyword, int depth) {
    ObjectNode schemas = schema.putObject(keyword);
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      schemas.set(any(NAMES), inner(depth - 1));
    }
  }

  private void listed(ObjectNode schema, String keyword, int depth) {
    ArrayNode schemas = schema.putArray(keyword);
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      schemas.add(inner(depth - 1));
    }
  }

  private static boolean isShort(JsonNode value) {
    return !value.toString().contains("400");
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
