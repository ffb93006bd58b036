package dev.sallyport.engine.json;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** JSON Pointers (RFC 6901). */
public final class Pointer {
  /** Characters of a caller's own name that are shown. */
  private static final int LONGEST_NAME = 64;

  private Pointer() {}

  /** A pointer with one more step, a name. */
  public static String child(String pointer, String name) {
    return pointer + '/' + name.replace("~", "~0").replace("/", "~1");
  }

  /** A pointer with one more step, an index. */
  public static String child(String pointer, int index) {
    return pointer + '/' + index;
  }

  /** The names and indices that a pointer leads through, unescaped; null where it is none. */
  public static @Nullable List<String> steps(String pointer) {
    List<String> steps = new ArrayList<>();
    if (pointer.isEmpty()) {
      return steps;
    }
    if (pointer.charAt(0) != '/') {
      return null;
    }
    for (String step : pointer.substring(1).split("/", -1)) {
      // In this order: `~01` is `~1` and no slash.
      steps.add(step.replace("~1", "/").replace("~0", "~"));
    }
    return steps;
  }

  /** What a pointer leads to; null where that is nothing, or it is no pointer. */
  public static @Nullable JsonNode find(JsonNode root, String pointer) {
    List<String> steps = steps(pointer);
    if (steps == null) {
      return null;
    }
    JsonNode at = root;
    for (String step : steps) {
      at = step(at, step);
      if (at == null) {
        return null;
      }
    }
    return at;
  }

  /** What a step leads to; null where there is nothing. */
  public static @Nullable JsonNode step(JsonNode node, String step) {
    if (!node.isArray()) {
      return node.get(step);
    }
    int index = index(step);
    return index < 0 ? null : node.get(index);
  }

  /** The place in a list that a step names; -1 where it names none (RFC 6901 section 4). */
  public static int index(String step) {
    boolean index =
        step.length() < 10
            && !step.isEmpty()
            && step.chars().allMatch(c -> c >= '0' && c <= '9')
            && (step.length() == 1 || step.charAt(0) != '0');
    return index ? Integer.parseInt(step) : -1;
  }

  /**
   * The pointer that is the fragment of a URI (RFC 6901 section 6), decoded.
   *
   * @param fragment without its {@code #}
   * @return null where an escape is bad; what it returns may be no pointer
   */
  public static @Nullable String ofFragment(String fragment) {
    try {
      // A plus sign stands for itself there.
      return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return null;
    }
  }

  /**
   * A step for a caller to read: the name may be his own, so it is bounded, and holds no control
   * characters.
   */
  public static String shown(String name) {
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
