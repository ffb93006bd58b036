package dev.sallyport.engine.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Names that documents are likely to hold, such as those of a schema. Each is made once, for all
 * documents: whoever looks one up that was read finds the very same string. Immutable.
 */
public final class KnownNames {
  /** None. */
  public static final KnownNames NONE = new KnownNames(1);

  /** Longer ones are seldom names that come again. */
  static final int LONGEST = 32;

  private static final int MOST = 1024;

  private final @Nullable String[] names;
  private final byte[][] utf8;

  private KnownNames(int slots) {
    names = new String[slots];
    utf8 = new byte[slots][];
  }

  /** Of names, as many of them as there is room for. */
  public static KnownNames of(Collection<String> names) {
    if (names.isEmpty()) {
      return NONE;
    }
    KnownNames known = new KnownNames(2 * Integer.highestOneBit(Math.min(2 * names.size(), MOST)));
    for (String name : names) {
      known.add(name);
    }
    return known;
  }

  private void add(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > LONGEST || bytes.length != name.length()) {
      return;
    }
    int slot = hash(bytes, 0, bytes.length) & (names.length - 1);
    if (names[slot] == null) {
      names[slot] = name.intern();
      utf8[slot] = bytes;
    }
  }

  /** The name between two places of a document, all ASCII; null where it is none that is known. */
  @Nullable String find(int hash, byte[] document, int from, int to) {
    int slot = hash & (names.length - 1);
    byte[] known = utf8[slot];
    return known != null && Arrays.equals(known, 0, known.length, document, from, to)
        ? names[slot]
        : null;
  }

  /** A number that is seldom the same for two names of one schema. */
  static int hash(byte[] bytes, int from, int to) {
    int middle = from + (to - from) / 2;
    int ends = 31 * (31 * (31 * (to - from) + bytes[from]) + bytes[middle]) + bytes[to - 1];
    return ends ^ ends >>> 7;
  }
}
