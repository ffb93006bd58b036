package dev.sallyport.engine.conditions;

import dev.cel.common.values.NullValue;
import dev.sallyport.engine.json.MemberNames;
import java.math.BigDecimal;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An object of JSON as an expression sees it. A member whose name servers may take for the one that
 * is asked for must not look absent.
 */
@SuppressWarnings("Immutable") // It reads a request, which does not change.
final class JsonView extends MapView {
  /** Longer texts are not given to expressions, whose functions walk through them. */
  static final int LONGEST_TEXT = 1 << 16;

  private static final int CHARACTERS_AN_ELEMENT = 64;

  private final JsonNode node;
  private final Progress lookups;

  private JsonView(JsonNode node, Progress lookups) {
    this.node = node;
    this.lookups = lookups;
  }

  /** What looking for members of one request may still cost. Of one thread. */
  static final class Progress {
    /** Names that are compared: as many as take about a millisecond. */
    static final int MOST_NAMES = 250_000;

    private int left = MOST_NAMES;

    /** Whether an object holds another name that may be taken for this one. */
    private boolean hide(JsonNode object, String name) {
      left -= object.size();
      if (left < 0) {
        throw new Work.Exhausted();
      }
      for (String other : object.propertyNames()) {
        if (MemberNames.mayBeTaken(other, name)) {
          return true;
        }
      }
      return false;
    }
  }

  /**
   * A value of JSON as CEL has it: whole numbers are {@code int}, whichever way they are written,
   * others {@code double}.
   *
   * @throws Faulty where a number has no equal there, or a text is too long
   */
  static Object of(JsonNode node, Progress lookups) {
    return switch (node.getNodeType()) {
      case OBJECT -> new JsonView(node, lookups);
      case ARRAY -> ListView.of(node, lookups);
      case STRING -> text(node.stringValue());
      case NUMBER -> number(node);
      case BOOLEAN -> node.booleanValue();
      case NULL -> NullValue.NULL_VALUE;
      case BINARY, MISSING, POJO -> throw new Faulty("a value is not one of JSON");
    };
  }

  private static String text(String text) {
    if (text.length() > LONGEST_TEXT) {
      throw new Faulty("a text is longer than " + LONGEST_TEXT + " characters");
    }
    return text;
  }

  private static Object number(JsonNode node) {
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    BigDecimal exact = node.decimalValue();
    Long whole = whole(exact);
    if (whole != null) {
      return whole;
    }
    double nearest = exact.doubleValue();
    // INVARIANT: two numbers that are told apart here are two doubles, in the same order.
    if (Double.isInfinite(nearest)
        || new BigDecimal(Double.toString(nearest)).compareTo(exact) != 0) {
      throw new Faulty("a number is out of range, or has more digits than can be compared");
    }
    return nearest;
  }

  private static @Nullable Long whole(BigDecimal number) {
    if (number.signum() == 0) {
      return 0L;
    }
    // Told by its digits first: a number such as 1e999999999 must not be written out.
    if ((long) number.precision() - number.scale() > 19) {
      return null;
    }
    try {
      return number.longValueExact();
    } catch (ArithmeticException _) {
      return null;
    }
  }

  /** What is in a value, a long text as several. */
  static int elements(JsonNode node, int most) {
    int count = node.isString() ? node.stringValue().length() / CHARACTERS_AN_ELEMENT : node.size();
    for (JsonNode child : node) {
      if (count > most) {
        return count;
      }
      count += elements(child, most - count);
    }
    return count;
  }

  @Override
  public int elements(int most) {
    return elements(node, most);
  }

  @Override
  public int toOpen() {
    return 0;
  }

  @Override
  @Nullable Object valueOf(String key) {
    if (lookups.hide(node, key)) {
      throw new Faulty("a member may be read as the one that is asked for");
    }
    JsonNode value = node.get(key);
    return value == null ? null : of(value, lookups);
  }

  @Override
  public int size() {
    return node.size();
  }

  @Override
  public Set<Map.Entry<Object, Object>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Map.Entry<Object, Object>> iterator() {
        Iterator<Map.Entry<String, JsonNode>> properties = node.properties().iterator();
        return new Iterator<>() {
          @Override
          public boolean hasNext() {
            return properties.hasNext();
          }

          @Override
          public Map.Entry<Object, Object> next() {
            Map.Entry<String, JsonNode> property = properties.next();
            return Map.entry(property.getKey(), of(property.getValue(), lookups));
          }
        };
      }

      @Override
      public int size() {
        return node.size();
      }
    };
  }
}
