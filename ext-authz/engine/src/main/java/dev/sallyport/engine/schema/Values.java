package dev.sallyport.engine.schema;

import java.math.BigDecimal;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Values as JSON Schema compares them: {@code 1}, {@code 1.0} and {@code 1e0} are the same. */
final class Values {
  /** A total order in which exactly the same values are equal. */
  static final Comparator<JsonNode> ORDER = Values::compare;

  /** How many characters of a text count as much as one value. */
  private static final int CHARACTERS = 16;

  /** Looks at items with another's hash that chance may take. */
  private static final int SPARE_LOOKS = 1000;

  /** What sorting an array takes for each item. */
  private static final long SORTING_STEPS = 64;

  private Values() {}

  /** How much there is to look at: values, names, and a part for each piece of text. */
  static long size(JsonNode value) {
    if (value.isString()) {
      return 1L + value.stringValue().length() / CHARACTERS;
    }
    long size = 1;
    if (value.isObject()) {
      for (Map.Entry<String, JsonNode> entry : value.properties()) {
        size += 1L + entry.getKey().length() / CHARACTERS;
        size += size(entry.getValue());
      }
      return size;
    }
    for (JsonNode item : value) {
      size += size(item);
    }
    return size;
  }

  /**
   * Whether no two items of an array are the same.
   *
   * <p>They are found by a hash. A caller can choose items that have the same, but who has more of
   * them than chance would have is found out, and pays for sorting them.
   */
  static boolean isDistinct(JsonNode array, Budget budget) {
    int size = array.size();
    Object[] items = new Object[size];
    long[] hashes = new long[size];
    int[] table = new int[Integer.highestOneBit(Math.max(1, size)) << 2];
    int looks = SPARE_LOOKS + size;
    for (int i = 0; i < size; i++) {
      JsonNode item = array.get(i);
      // Of objects and what holds them: their names are sorted once, not for each comparison.
      items[i] = item.isContainer() ? written(item) : item;
      hashes[i] = hash(items[i]);
      int at = place(hashes[i], table);
      for (; table[at] != 0; at = (at + 1) % table.length) {
        int other = table[at] - 1;
        if (hashes[other] == hashes[i] && isSame(items[other], items[i])) {
          return false;
        }
        if (--looks == 0) {
          return budget.spend(SORTING_STEPS * size) && isDistinctWhenSorted(array);
        }
      }
      table[at] = i + 1;
    }
    return true;
  }

  private static int place(long hash, int[] table) {
    return Math.floorMod(Long.hashCode(hash), table.length);
  }

  private static boolean isSame(Object one, Object other) {
    if (one instanceof JsonNode node && other instanceof JsonNode another) {
      return compare(node, another) == 0;
    }
    return one.equals(other);
  }

  private static long hash(Object item) {
    return switch (item) {
      case String written -> hash(written, 7);
      case JsonNode node when node.isString() -> hash(node.stringValue(), 4);
      case JsonNode node when isShort(node) -> hash(node.longValue(), 0);
      case JsonNode node when node.isNumber() -> {
        BigDecimal value = Numbers.stripped(node.decimalValue());
        yield value.precision() < 19
            ? hash(value.unscaledValue().longValue(), value.scale())
            : mixed(value.unscaledValue().hashCode(), value.scale());
      }
      case JsonNode node -> mixed(rank(node), 0);
      default -> 0;
    };
  }

  /** Whether it is a whole number whose digits, 18 at most, are at hand. */
  private static boolean isShort(JsonNode node) {
    return (node.isInt() || node.isLong()) && node.longValue() / 1_000_000_000_000_000_000L == 0;
  }

  /** The same for all numbers that are the same, however many of their zeros are written. */
  private static long hash(long digits, int scale) {
    long rest = digits;
    int zeros = 0;
    while (rest != 0 && rest % 10 == 0) {
      rest /= 10;
      zeros++;
    }
    return mixed(rest, rest == 0 ? 0 : scale - zeros);
  }

  private static long hash(String text, int kind) {
    long hash = mixed(kind, text.length());
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x9e3779b97f4a7c15L;
      hash ^= hash >>> 29;
    }
    return mixed(hash, kind);
  }

  /** Every bit of both in every bit of the result. */
  private static long mixed(long one, long other) {
    long mixed = (one ^ Long.rotateLeft(other * 0x9e3779b97f4a7c15L, 32)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  /** The same, whatever the items are, in a time that only their number decides. */
  static boolean isDistinctWhenSorted(JsonNode array) {
    Set<JsonNode> seen = new TreeSet<>(ORDER);
    Set<String> written = new TreeSet<>();
    for (JsonNode item : array) {
      boolean first = item.isContainer() ? written.add(written(item)) : seen.add(item);
      if (!first) {
        return false;
      }
    }
    return true;
  }

  private static String written(JsonNode value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  /** A text that exactly the same values have. */
  private static void write(JsonNode value, StringBuilder out) {
    switch (value.getNodeType()) {
      case OBJECT -> {
        out.append('{');
        sorted(value)
            .forEach((name, member) -> {
              write(name, out);
              write(member, out);
            });
        out.append('}');
      }
      case ARRAY -> {
        out.append('[');
        value.forEach(item -> write(item, out));
        out.append(']');
      }
      case STRING, BINARY, POJO -> write(value.stringValue(), out);
      case NUMBER -> out.append('#').append(number(value)).append(' ');
      case BOOLEAN -> out.append(value.booleanValue() ? 't' : 'f');
      case NULL, MISSING -> out.append('n');
    }
  }

  /** With its length before it: no text can pass for the end of another. */
  private static void write(String text, StringBuilder out) {
    out.append('"').append(text.length()).append(':').append(text);
  }

  private static String number(JsonNode value) {
    return value.isInt() || value.isLong()
        ? BigDecimal.valueOf(value.longValue()).stripTrailingZeros().toString()
        : Numbers.stripped(value.decimalValue()).toString();
  }

  /** {@code minimum}, with the {@code exclusiveMinimum} of older dialects beside it. */
  static Predicate<JsonNode> least(JsonNode wanted, JsonNode schema) {
    int from = isTrue(schema.get("exclusiveMinimum")) ? 1 : 0;
    return value -> !value.isNumber() || compareNumbers(value, wanted) >= from;
  }

  /** {@code maximum}, with the {@code exclusiveMaximum} of older dialects beside it. */
  static Predicate<JsonNode> most(JsonNode wanted, JsonNode schema) {
    int from = isTrue(schema.get("exclusiveMaximum")) ? 1 : 0;
    return value -> !value.isNumber() || compareNumbers(wanted, value) >= from;
  }

  static Predicate<JsonNode> above(JsonNode wanted) {
    return value -> !value.isNumber() || compareNumbers(value, wanted) > 0;
  }

  static Predicate<JsonNode> below(JsonNode wanted) {
    return value -> !value.isNumber() || compareNumbers(value, wanted) < 0;
  }

  /** Whether a text has at most so many characters, in the sense of Unicode's code points. */
  static boolean isAtMost(String text, int characters) {
    return text.length() <= characters
        || (text.length() / 2 <= characters && text.codePointCount(0, text.length()) <= characters);
  }

  static boolean isAtLeast(String text, int characters) {
    return text.length() >= characters
        && (text.length() / 2 >= characters || text.codePointCount(0, text.length()) >= characters);
  }

  private static boolean isTrue(@Nullable JsonNode node) {
    return node != null && node.isBoolean() && node.booleanValue();
  }

  private static int compare(JsonNode a, JsonNode b) {
    int rank = Integer.compare(rank(a), rank(b));
    if (rank != 0) {
      return rank;
    }
    if (a.isString()) {
      return a.stringValue().compareTo(b.stringValue());
    }
    if (a.isNumber()) {
      return compareNumbers(a, b);
    }
    if (a.isArray()) {
      return compareArrays(a, b);
    }
    return a.isObject() ? compareObjects(a, b) : 0;
  }

  private static int compareNumbers(JsonNode a, JsonNode b) {
    return (a.isInt() || a.isLong()) && (b.isInt() || b.isLong())
        ? Long.compare(a.longValue(), b.longValue())
        : a.decimalValue().compareTo(b.decimalValue());
  }

  private static int compareArrays(JsonNode a, JsonNode b) {
    int size = Integer.compare(a.size(), b.size());
    for (int i = 0; size == 0 && i < a.size(); i++) {
      size = compare(a.get(i), b.get(i));
    }
    return size;
  }

  private static int compareObjects(JsonNode a, JsonNode b) {
    int order = Integer.compare(a.size(), b.size());
    if (order != 0) {
      return order;
    }
    Iterator<Map.Entry<String, JsonNode>> others = sorted(b).entrySet().iterator();
    for (Map.Entry<String, JsonNode> entry : sorted(a).entrySet()) {
      Map.Entry<String, JsonNode> other = others.next();
      order = entry.getKey().compareTo(other.getKey());
      if (order == 0) {
        order = compare(entry.getValue(), other.getValue());
      }
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static Map<String, JsonNode> sorted(JsonNode object) {
    Map<String, JsonNode> sorted = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      sorted.put(entry.getKey(), entry.getValue());
    }
    return sorted;
  }

  private static int rank(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL, MISSING -> 0;
      case BOOLEAN -> value.booleanValue() ? 2 : 1;
      case NUMBER -> 3;
      case STRING, BINARY, POJO -> 4;
      case ARRAY -> 5;
      case OBJECT -> 6;
    };
  }
}
