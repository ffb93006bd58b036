package dev.sallyport.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A fact of a decision, as a test may expect it. */
sealed interface Actual {
  /** What is written where there is nothing. */
  Set<String> NOTHING = Set.of("", "[]", "[][]", "null");

  /** The fact as one line. */
  String text();

  /** A single word or number; empty where it was not reached or does not apply. */
  record One(String text) implements Actual {
    static One of(@Nullable Object value) {
      return new One(value == null ? "" : value.toString());
    }
  }

  /** Something of several named parts. */
  record Parts(String text, Map<String, String> members) implements Actual {
    public Parts {
      members = Map.copyOf(members);
    }
  }

  /**
   * A list.
   *
   * @param byName what each is, where they have names; empty where they have none
   */
  record Several(String text, List<? extends Actual> items, Map<String, String> byName)
      implements Actual {
    public Several {
      items = List.copyOf(items);
      byName = Map.copyOf(byName);
    }

    static Several of(List<? extends Actual> items, Map<String, String> byName) {
      return new Several(items.stream().map(Actual::text).toList().toString(), items, byName);
    }

    static Several of(List<String> words) {
      return of(words.stream().map(One::new).toList(), Map.of());
    }
  }

  /** Whether a test that expects this is right. */
  default boolean is(@Nullable Object expected) {
    if (expected == null) {
      return NOTHING.contains(text());
    }
    return switch (this) {
      case One(var text) -> text.equals(expected.toString());
      case Parts(var text, var members) ->
          expected instanceof Map<?, ?> named
              ? named.entrySet().stream()
                  .allMatch(entry -> isNamed(entry.getKey(), entry.getValue(), members))
              : text.equals(expected.toString());
      case Several(var text, var items, var byName) ->
          switch (expected) {
            case List<?> list ->
                items.stream().anyMatch(Parts.class::isInstance)
                    ? areInAnyOrder(items, list)
                    : areEach(items, list);
            case Map<?, ?> named ->
                named.entrySet().stream()
                    .allMatch(entry -> isNamed(entry.getKey(), entry.getValue(), byName));
            default ->
                text.equals(expected.toString())
                    || (items.size() == 1 && items.getFirst().text().equals(expected.toString()));
          };
    };
  }

  private static boolean areEach(List<? extends Actual> items, List<?> expected) {
    if (items.size() != expected.size()) {
      return false;
    }
    for (int i = 0; i < items.size(); i++) {
      if (!items.get(i).is(expected.get(i))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether each item is expected once: what finds errors of a schema may find them in any order,
   * and one that is said in few words may stand for several.
   */
  private static boolean areInAnyOrder(List<? extends Actual> items, List<?> expected) {
    if (items.size() != expected.size()) {
      return false;
    }
    int[] takenBy = new int[items.size()];
    Arrays.fill(takenBy, -1);
    for (int i = 0; i < expected.size(); i++) {
      if (!takes(i, items, expected, takenBy, new boolean[takenBy.length])) {
        return false;
      }
    }
    return true;
  }

  /** Finds an item for what is expected, and another for who had it: an augmenting path. */
  private static boolean takes(
      int one, List<? extends Actual> items, List<?> expected, int[] takenBy, boolean[] seen) {
    for (int i = 0; i < seen.length; i++) {
      if (!seen[i] && items.get(i).is(expected.get(one))) {
        seen[i] = true;
        if (takenBy[i] < 0 || takes(takenBy[i], items, expected, takenBy, seen)) {
          takenBy[i] = one;
          return true;
        }
      }
    }
    return false;
  }

  /** A named part; nothing is expected to be absent, and an asterisk to be there. */
  private static boolean isNamed(
      @Nullable Object name, @Nullable Object expected, Map<String, String> members) {
    String member = members.get(String.valueOf(name));
    if (expected == null || member == null) {
      return expected == null && member == null;
    }
    return expected.equals("*") || member.equals(expected.toString());
  }
}
