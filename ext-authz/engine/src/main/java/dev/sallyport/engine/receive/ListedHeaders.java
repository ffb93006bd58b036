package dev.sallyport.engine.receive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** One line a value, searched line by line; only a long list is indexed. */
final class ListedHeaders implements Headers {
  /** Lines that are searched faster than indexed. */
  private static final int SHORT = 32;

  private final long characters;
  private final String[] names;
  private final IntFunction<String> values;

  /** A bit for each name: most that are asked for are not there, and need no search. */
  private final long present;

  /** The first line of each name; null where the list is short. */
  private final @Nullable Map<String, Integer> firstLines;

  ListedHeaders(String[] names, IntFunction<String> values, long characters) {
    this.characters = characters;
    this.names = names;
    this.values = values;
    long bits = 0;
    for (String name : names) {
      bits |= bit(name);
    }
    present = bits;
    firstLines = names.length <= SHORT ? null : firstLines(names);
  }

  private static long bit(String name) {
    int length = name.length();
    return length == 0
        ? 1
        : 1L << (31 * length + 7 * name.charAt(length / 2) + name.charAt(length - 1));
  }

  private static Map<String, Integer> firstLines(String[] names) {
    Map<String, Integer> lines = HashMap.newHashMap(names.length);
    for (int i = 0; i < names.length; i++) {
      lines.putIfAbsent(names[i], i);
    }
    return lines;
  }

  /** The first line of a name from a place on, or -1. */
  private int line(String name, int from) {
    if (from == 0 && (present & bit(name)) == 0) {
      return -1;
    }
    if (firstLines != null && from == 0) {
      return firstLines.getOrDefault(name, -1);
    }
    for (int i = from; i < names.length; i++) {
      if (names[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public List<String> values(String name) {
    int first = line(name, 0);
    if (first < 0) {
      return List.of();
    }
    int next = line(name, first + 1);
    if (next < 0) {
      return List.of(values.apply(first));
    }
    List<String> all = new ArrayList<>();
    all.add(values.apply(first));
    for (int at = next; at >= 0; at = line(name, at + 1)) {
      all.add(values.apply(at));
    }
    return all;
  }

  @Override
  public @Nullable String first(String name) {
    int line = line(name, 0);
    return line < 0 ? null : values.apply(line);
  }

  @Override
  public boolean has(String name) {
    return line(name, 0) >= 0;
  }

  @Override
  public Iterable<String> names() {
    return Arrays.asList(names);
  }

  @Override
  public int count() {
    return names.length;
  }

  @Override
  public long characters() {
    return characters;
  }
}
