package dev.sallyport.engine.json;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The members of one object in the order in which they came. Immutable.
 *
 * <p>Not a hash map: callers choose the names, and whoever chooses names with one hash chooses how
 * long a hash map takes. Few names are compared one by one, many are found by halving their order,
 * which is by hash, and by name where hashes are the same. It also takes a third of the memory.
 */
final class Members extends AbstractMap<String, JsonNode> {
  /** Up to so many, comparing hashes one by one is faster than anything else. */
  static final int FEW = 16;

  /** Of an object without any. */
  static final Members NONE = new Members(new String[0], new JsonNode[0], new int[0]);

  private final String[] names;
  private final JsonNode[] values;

  /** The places of the names, sorted by hash and name; empty where they are few. */
  private final int[] sorted;

  private Members(String[] names, JsonNode[] values, int[] sorted) {
    this.names = names;
    this.values = values;
    this.sorted = sorted;
  }

  /**
   * Takes members.
   *
   * @param names not copied
   * @param values of the names, in the same order; not copied
   * @return null where a name stands twice
   */
  static @Nullable Members of(String[] names, JsonNode[] values) {
    if (names.length > FEW) {
      int[] sorted = sort(names);
      for (int i = 1; i < sorted.length; i++) {
        if (names[sorted[i - 1]].equals(names[sorted[i]])) {
          return null;
        }
      }
      return new Members(names, values, sorted);
    }
    // A bit for the end of each hash: few names share one, and only those are compared.
    long seen = 0;
    for (int i = 0; i < names.length; i++) {
      long bit = 1L << names[i].hashCode();
      if ((seen & bit) != 0 && indexOf(names, names[i], i) >= 0) {
        return null;
      }
      seen |= bit;
    }
    return new Members(names, values, new int[0]);
  }

  /** Takes members whose names are known to be distinct; neither array is copied. */
  static Members distinct(String[] names, JsonNode[] values) {
    return new Members(names, values, names.length > FEW ? sort(names) : new int[0]);
  }

  /** Members of the same names. */
  Members with(JsonNode[] others) {
    return new Members(names, others, sorted);
  }

  String name(int at) {
    return names[at];
  }

  JsonNode value(int at) {
    return values[at];
  }

  private static int indexOf(String[] names, String name, int before) {
    // A string keeps its hash.
    int hash = name.hashCode();
    for (int i = 0; i < before; i++) {
      if (names[i].hashCode() == hash && names[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * By hash, which is quick; and by name where a hash is that of several, as a caller may choose.
   */
  private static int[] sort(String[] names) {
    long[] keys = new long[names.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = (long) names[i].hashCode() << 32 | i;
    }
    Arrays.sort(keys);
    int[] order = new int[keys.length];
    int first = 0;
    for (int i = 0; i < order.length; i++) {
      order[i] = (int) keys[i];
      if ((int) (keys[first] >> 32) != (int) (keys[i] >> 32)) {
        sortByName(names, order, first, i);
        first = i;
      }
    }
    sortByName(names, order, first, order.length);
    return order;
  }

  /** A heap sort: no order of names makes it slow. */
  private static void sortByName(String[] names, int[] order, int from, int to) {
    int count = to - from;
    for (int root = count / 2 - 1; root >= 0; root--) {
      sift(names, order, from, root, count);
    }
    for (int end = count - 1; end > 0; end--) {
      swap(order, from, from + end);
      sift(names, order, from, 0, end);
    }
  }

  /**
   * Lets an element of a heap sink.
   *
   * @param base where the heap begins
   * @param from the element, counted from there
   * @param end of the heap, counted from there
   */
  private static void sift(String[] names, int[] order, int base, int from, int end) {
    int root = from;
    while (2 * root + 1 < end) {
      int child = 2 * root + 1;
      if (child + 1 < end
          && names[order[base + child]].compareTo(names[order[base + child + 1]]) < 0) {
        child++;
      }
      if (names[order[base + root]].compareTo(names[order[base + child]]) >= 0) {
        return;
      }
      swap(order, base + root, base + child);
      root = child;
    }
  }

  private static void swap(int[] order, int one, int other) {
    int place = order[one];
    order[one] = order[other];
    order[other] = place;
  }

  private int indexOf(@Nullable Object key) {
    if (!(key instanceof String name)) {
      return -1;
    }
    if (sorted.length == 0) {
      return indexOf(names, name, names.length);
    }
    int hash = name.hashCode();
    int low = 0;
    int high = sorted.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      String found = names[sorted[middle]];
      int order = Integer.compare(found.hashCode(), hash);
      if (order == 0) {
        order = found.compareTo(name);
      }
      if (order == 0) {
        return sorted[middle];
      }
      if (order < 0) {
        low = middle + 1;
        continue;
      }
      high = middle - 1;
    }
    return -1;
  }

  @Override
  public @Nullable JsonNode get(@Nullable Object key) {
    int index = indexOf(key);
    return index < 0 ? null : values[index];
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return indexOf(key) >= 0;
  }

  @Override
  public int size() {
    return names.length;
  }

  @Override
  public Set<Entry<String, JsonNode>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Entry<String, JsonNode>> iterator() {
        return new Iterator<>() {
          // An iterator is its reader's alone.
          private final int[] next = {0};

          @Override
          public boolean hasNext() {
            return next[0] < names.length;
          }

          @Override
          public Entry<String, JsonNode> next() {
            int at = next[0]++;
            if (at >= names.length) {
              throw new NoSuchElementException();
            }
            return Map.entry(names[at], values[at]);
          }
        };
      }

      @Override
      public int size() {
        return names.length;
      }
    };
  }
}
