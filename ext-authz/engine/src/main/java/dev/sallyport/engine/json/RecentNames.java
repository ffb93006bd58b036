package dev.sallyport.engine.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The names that one document used lately. Objects of a list have the same ones, so most names are
 * made once: it takes less memory, and who looks one up compares no characters.
 *
 * <p>A name has one slot, which the next one there takes: names that share a slot cost what they
 * would without it, and no more.
 */
final class RecentNames {
  private static final int SLOTS = 64;

  private final byte[] document;
  private final KnownNames known;
  private final @Nullable String[] names = new String[SLOTS];

  /** Where in the document each stands. */
  private final int[] starts = new int[SLOTS];

  RecentNames(byte[] document, KnownNames known) {
    this.document = document;
    this.known = known;
  }

  /** The name between two places, all ASCII. */
  String at(int from, int to) {
    int length = to - from;
    if (length == 0 || length > KnownNames.LONGEST) {
      return text(from, length);
    }
    long head = KnownNames.head(document, from, to);
    long tail = KnownNames.tail(document, from, to);
    String expected = known.find(head, tail, document, from, to);
    if (expected != null) {
      return expected;
    }
    int slot = KnownNames.hash(head, tail, length) & (SLOTS - 1);
    String recent = names[slot];
    if (recent != null
        && recent.length() == length
        && Arrays.equals(document, starts[slot], starts[slot] + length, document, from, to)) {
      return recent;
    }
    String name = text(from, length);
    names[slot] = name;
    starts[slot] = from;
    return name;
  }

  private String text(int from, int length) {
    return new String(document, from, length, StandardCharsets.ISO_8859_1);
  }
}
