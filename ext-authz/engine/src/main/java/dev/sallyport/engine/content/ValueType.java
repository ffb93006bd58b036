package dev.sallyport.engine.content;

import dev.sallyport.engine.json.Json;
import dev.sallyport.engine.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.StringNode;

/**
 * What a schema says that a text stands for: parameters and the fields of forms are text on the
 * wire, and {@code maximum} means nothing to a text.
 *
 * @param kind of the value
 * @param items of the elements, where it is an array; null where the schema does not say
 * @param properties of the members, where it is an object, by name
 */
public record ValueType(Kind kind, @Nullable ValueType items, Map<String, ValueType> properties) {
  /** Text, which is what stays where a schema says nothing. */
  public static final ValueType STRING = new ValueType(Kind.STRING, null, Map.of());

  private static final int LONGEST_NUMBER = 100;
  private static final JsonReader NUMBERS =
      new JsonReader(new JsonReader.Limits(1, LONGEST_NUMBER, 1, 1, LONGEST_NUMBER, 1));

  /** The kinds of values. */
  public enum Kind {
    STRING,
    INTEGER,
    NUMBER,
    BOOLEAN,
    ARRAY,
    OBJECT
  }

  public ValueType {
    properties = Map.copyOf(properties);
  }

  /** A value that is neither an array nor an object. */
  public static ValueType scalar(Kind kind) {
    return new ValueType(kind, null, Map.of());
  }

  /** An array. */
  public static ValueType array(ValueType items) {
    return new ValueType(Kind.ARRAY, items, Map.of());
  }

  /** An object. */
  public static ValueType object(Map<String, ValueType> properties) {
    return new ValueType(Kind.OBJECT, null, properties);
  }

  /**
   * What a schema declares: its {@code type}, {@code items} and {@code properties}, or the types of
   * its {@code enum} and {@code const}, seen through local references, {@code allOf}, {@code anyOf}
   * and {@code oneOf}. Of several types the one counts that texts can fail to be.
   *
   * @param document what holds the schema, and what its local references lead into
   * @param pointer the schema's place in the document, a JSON Pointer; empty for the whole
   */
  public static ValueType of(JsonNode document, String pointer) {
    return new DeclaredTypes(document).at(pointer);
  }

  boolean isArray() {
    return kind == Kind.ARRAY;
  }

  /** What an element is, of an array. */
  ValueType element() {
    return items == null ? STRING : items;
  }

  /** What a member is; null where none of that name is declared. */
  @Nullable ValueType property(String name) {
    return properties.get(name);
  }

  /**
   * The value that a text is of. One that is not of the type stays text, so that the schema says
   * what is wrong with it; nothing is rounded, trimmed or guessed.
   */
  JsonNode read(String text) {
    return switch (kind) {
      case INTEGER, NUMBER -> {
        JsonNode number = number(text);
        yield number == null || (kind == Kind.INTEGER && !number.isIntegralNumber())
            ? StringNode.valueOf(text)
            : number;
      }
      case BOOLEAN ->
          switch (text) {
            case "true" -> BooleanNode.TRUE;
            case "false" -> BooleanNode.FALSE;
            default -> StringNode.valueOf(text);
          };
      case STRING, ARRAY, OBJECT -> StringNode.valueOf(text);
    };
  }

  /** The number that JSON writes so; null where it writes none so. */
  private static @Nullable JsonNode number(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && "+-.eE".indexOf(c) < 0) {
        return null;
      }
    }
    return NUMBERS.read(text.getBytes(StandardCharsets.ISO_8859_1)) instanceof Json.Value(var tree)
        ? tree
        : null;
  }
}
