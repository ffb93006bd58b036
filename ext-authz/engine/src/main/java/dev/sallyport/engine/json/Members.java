package dev.sallyport.engine.json;

import java.util.AbstractMap;
import java.util.AbstractSet;
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
 * long a hash map takes. Few names are compared one by one, many are found by halving their sorted
 * order. It also takes a third of the memory.
 */
final class Members extends AbstractMap<String, JsonNode> {
  /** Up to so many, comparing hashes one by one is faster than anything else. */
  static final int FEW = 16;

  /** Of an object without any. */
  static final Members NONE = new Members(new String[0], new JsonNode[0], new int[0]);

  private final String[] names;
  private final JsonNode[] values;

  /** The places of the names, sorted by name; empty where they are few. */
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

  /** A heap sort: no order of names makes it slow, and it needs no second array. */
  private static int[] sort(String[] names) {
    int[] order = new int[names.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    for (int root = order.length / 2 - 1; root >= 0; root--) {
      sift(names, order, root, order.length);
    }
    for (int end = order.length - 1; end > 0; end--) {
      swap(order, 0, end);
      sift(names, order, 0, end);
    }
    return order;
  }

  private static void sift(String[] names, int[] order, int from, int end) {
    int root = from;
    while (2 * root + 1 < end) {
      int child = 2 * root + 1;
      if (child + 1 < end && names[order[child]].compareTo(names[order[child + 1]]) < 0) {
        child++;
      }
      if (names[order[root]].compareTo(names[order[child]]) >= 0) {
        return;
      }
      swap(order, root, child);
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
    int low = 0;
    int high = sorted.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = names[sorted[middle]].compareTo(name);
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
