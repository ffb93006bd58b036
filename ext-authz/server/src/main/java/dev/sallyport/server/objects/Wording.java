package dev.sallyport.server.objects;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How words of a user stand in a message, and what they probably meant. */
public final class Wording {
  private static final int LONGEST_LIST = 12;
  private static final int LONGEST_QUOTE = 80;

  private Wording() {}

  /** The text in backticks, on one line, cut where it is long. */
  public static String quote(String text) {
    StringBuilder quoted = new StringBuilder("`");
    int end = Math.min(text.length(), LONGEST_QUOTE);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      quoted.append(
          Character.isISOControl(c) || Character.isSurrogate(c) || c == '`' ? '\ufffd' : c);
    }
    return quoted.append(end < text.length() ? "…`" : "`").toString();
  }

  /** {@code ; did you mean `path`?}, or {@code ; known are …}. */
  public static String forUnknown(String word, Collection<String> known) {
    String nearest = nearest(word, known);
    if (nearest != null) {
      return "; did you mean " + quote(nearest) + "?";
    }
    return known.size() > LONGEST_LIST ? "" : "; known are " + list(known);
  }

  /** {@code `a`, `b`}. */
  public static String list(Collection<String> words) {
    return words.stream().map(Wording::quote).collect(Collectors.joining(", "));
  }

  /** The known word that a slip of the finger turns into this one; null where there is none. */
  static @Nullable String nearest(String word, Collection<String> known) {
    String nearest = null;
    int least = Math.min(3, 1 + word.length() / 3);
    for (String candidate : List.copyOf(known)) {
      int distance = distance(lower(word), lower(candidate));
      if (distance < least || distance == 0) {
        least = distance;
        nearest = candidate;
      }
    }
    return nearest;
  }

  private static String lower(String word) {
    return word.length() > 64 ? "" : word.toLowerCase(Locale.ROOT);
  }

  /** Insertions, deletions, replacements and swaps of neighbours that turn one into the other. */
  private static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      cost[i][0] = i;
    }
    for (int j = 0; j <= b.length(); j++) {
      cost[0][j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        int replace = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least =
            Math.min(
                Math.min(cost[i - 1][j] + 1, cost[i][j - 1] + 1), cost[i - 1][j - 1] + replace);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, cost[i - 2][j - 2] + 1);
        }
        cost[i][j] = least;
      }
    }
    return cost[a.length()][b.length()];
  }
}
