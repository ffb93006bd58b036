package dev.sallyport.engine.schema;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** JSON Pointers (RFC 6901). */
final class Pointer {
  /** Characters of a caller's own name that are shown. */
  private static final int LONGEST_NAME = 64;

  private Pointer() {}

  /** A pointer with one more step. */
  static String child(String pointer, String name) {
    return pointer + '/' + name.replace("~", "~0").replace("/", "~1");
  }

  static String child(String pointer, int index) {
    return pointer + '/' + index;
  }

  /** The names and indices that a pointer leads through; null where it is no pointer. */
  static @Nullable List<String> steps(String pointer) {
    List<String> steps = new ArrayList<>();
    if (pointer.isEmpty()) {
      return steps;
    }
    if (pointer.charAt(0) != '/') {
      return null;
    }
    for (String step : pointer.substring(1).split("/", -1)) {
      steps.add(step.replace("~1", "/").replace("~0", "~"));
    }
    return steps;
  }

  /** What a step leads to; null where there is nothing. */
  static @Nullable JsonNode step(JsonNode node, String step) {
    if (!node.isArray()) {
      return node.get(step);
    }
    boolean index =
        step.length() < 10
            && !step.isEmpty()
            && step.chars().allMatch(c -> c >= '0' && c <= '9')
            && (step.length() == 1 || step.charAt(0) != '0');
    return index ? node.get(Integer.parseInt(step)) : null;
  }

  /**
   * A step for a caller to read: the name may be his own, so it is bounded, and holds no control
   * characters.
   */
  static String shown(String name) {
    StringBuilder shown = new StringBuilder("/");
    int end = Math.min(name.length(), LONGEST_NAME);
    if (end < name.length() && Character.isHighSurrogate(name.charAt(end - 1))) {
      end--;
    }
    for (int i = 0; i < end; i++) {
      char c = name.charAt(i);
      if (c == '~') {
        shown.append("~0");
      } else if (c == '/') {
        shown.append("~1");
      } else if (Character.isISOControl(c)
          || c == 0x2028
          || c == 0x2029
          || Character.getType(c) == Character.FORMAT
          || isLone(name, i)) {
        shown.append(String.format("\\u%04x", (int) c));
      } else {
        shown.append(c);
      }
    }
    return end < name.length() ? shown.append('…').toString() : shown.toString();
  }

  private static boolean isLone(String name, int i) {
    char c = name.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == name.length() || !Character.isLowSurrogate(name.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(name.charAt(i - 1)));
  }
}
