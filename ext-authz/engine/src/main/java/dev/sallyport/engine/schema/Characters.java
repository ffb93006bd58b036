package dev.sallyport.engine.schema;

import java.util.Arrays;

/**
 * A set of characters, in the sense of Unicode's code points. Immutable.
 *
 * @param bounds where it begins and where it ends, in turn: the first is a member, the second the
 *     first that is none; rising
 */
@SuppressWarnings("ArrayRecordComponent") // compared by Automaton's own means
record Characters(int[] bounds) {
  private static final int END = Character.MAX_CODE_POINT + 1;

  static final Characters ALL = new Characters(new int[] {0, END});
  static final Characters DIGITS = of('0', '9');
  static final Characters WORD = of('0', '9', 'A', 'Z', '_', '_', 'a', 'z');

  /** White space of ECMA-262. */
  static final Characters SPACE =
      of(
          '\t', '\r', ' ', ' ', 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f,
          0x202f, 0x205f, 0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff);

  /** Those at which a line ends. */
  static final Characters LINE_ENDS = of('\n', '\n', '\r', '\r', 0x2028, 0x2029);

  /** The first and the last of each range, in any order. */
  static Characters of(int... ranges) {
    Builder builder = new Builder();
    for (int i = 0; i < ranges.length; i += 2) {
      builder.add(ranges[i], ranges[i + 1]);
    }
    return builder.build();
  }

  static Characters one(int character) {
    return new Characters(new int[] {character, character + 1});
  }

  /** Whether it holds a character. */
  boolean holds(int point) {
    int place = Arrays.binarySearch(bounds, point);
    return (place >= 0 ? place : -place - 2) % 2 == 0;
  }

  /** All that it does not hold. */
  Characters inverted() {
    boolean first = bounds.length > 0 && bounds[0] == 0;
    boolean last = bounds.length > 0 && bounds[bounds.length - 1] == END;
    int[] inverted = new int[bounds.length + (first ? -1 : 1) + (last ? -1 : 1)];
    int length = 0;
    if (!first) {
      inverted[length++] = 0;
    }
    for (int i = first ? 1 : 0; i < bounds.length - (last ? 1 : 0); i++) {
      inverted[length++] = bounds[i];
    }
    if (!last) {
      inverted[length++] = END;
    }
    return new Characters(inverted);
  }

  /** Which of 64 characters from one on it holds, a bit each. */
  long bits(int from) {
    long bits = 0;
    for (int i = 0; i < bounds.length && bounds[i] < from + 64; i += 2) {
      int first = Math.max(bounds[i] - from, 0);
      int end = Math.min(bounds[i + 1] - from, 64);
      if (first < end) {
        bits |= (-1L >>> (64 - (end - first))) << first;
      }
    }
    return bits;
  }

  /** Collects members, in any order and as often as may be. */
  static final class Builder {
    /** The first of each range, and behind it in the lower half the last. */
    private long[] ranges = new long[4];

    private int count;

    void add(int first, int last) {
      if (count == ranges.length) {
        ranges = Arrays.copyOf(ranges, 2 * count);
      }
      ranges[count++] = (long) first << 32 | last;
    }

    void add(Characters others) {
      for (int i = 0; i < others.bounds.length; i += 2) {
        add(others.bounds[i], others.bounds[i + 1] - 1);
      }
    }

    Characters build() {
      Arrays.sort(ranges, 0, count);
      int[] bounds = new int[2 * count];
      int length = 0;
      for (int i = 0; i < count; i++) {
        int first = (int) (ranges[i] >>> 32);
        int end = (int) ranges[i] + 1;
        if (length > 0 && first <= bounds[length - 1]) {
          bounds[length - 1] = Math.max(bounds[length - 1], end);
          continue;
        }
        bounds[length++] = first;
        bounds[length++] = end;
      }
      return new Characters(Arrays.copyOf(bounds, length));
    }
  }
}
