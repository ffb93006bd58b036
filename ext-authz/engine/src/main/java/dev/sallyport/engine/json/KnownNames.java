package dev.sallyport.engine.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final @Nullable String[] names;
  private final byte[][] utf8;

  /** The beginnings of the names, and their ends: up to 16 bytes, all that they are. */
  private final long[] heads;

  private final long[] tails;

  private KnownNames(int slots) {
    names = new String[slots];
    utf8 = new byte[slots][];
    heads = new long[slots];
    tails = new long[slots];
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
    int length = bytes.length;
    if (length == 0 || length > LONGEST || length != name.length()) {
      return;
    }
    long head = head(bytes, 0, length);
    long tail = tail(bytes, 0, length);
    int slot = hash(head, tail, length) & (names.length - 1);
    if (names[slot] == null) {
      names[slot] = name.intern();
      utf8[slot] = bytes;
      heads[slot] = head;
      tails[slot] = tail;
    }
  }

  /**
   * The name between two places of a document, all ASCII; null where it is none that is known.
   *
   * @param head of the name
   * @param tail of the name
   */
  @Nullable String find(long head, long tail, byte[] document, int from, int to) {
    int length = to - from;
    int slot = hash(head, tail, length) & (names.length - 1);
    String name = names[slot];
    return name != null
            && name.length() == length
            && heads[slot] == head
            && tails[slot] == tail
            && (length <= 2 * Long.BYTES
                || Arrays.equals(utf8[slot], 0, length, document, from, to))
        ? name
        : null;
  }

  /** The first eight bytes of a name, or all of a shorter one. */
  static long head(byte[] bytes, int from, int to) {
    return to - from < Long.BYTES ? few(bytes, from, to) : (long) WORD.get(bytes, from);
  }

  /** The last eight bytes of a name; 0 where it has no more. */
  static long tail(byte[] bytes, int from, int to) {
    return to - from <= Long.BYTES ? 0 : (long) WORD.get(bytes, to - Long.BYTES);
  }

  private static long few(byte[] bytes, int from, int to) {
    if (from + Long.BYTES <= bytes.length) {
      return (long) WORD.get(bytes, from) & ((1L << (8 * (to - from))) - 1);
    }
    long word = 0;
    for (int i = to - 1; i >= from; i--) {
      word = word << 8 | (bytes[i] & 0xff);
    }
    return word;
  }

  /** A number that is seldom the same for two names of one schema. */
  static int hash(long head, long tail, int length) {
    long mixed = (head ^ Long.rotateLeft(tail, 23) ^ length) * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 40);
  }
}
