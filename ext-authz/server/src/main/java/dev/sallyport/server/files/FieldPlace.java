package dev.sallyport.server.files;

import dev.sallyport.server.objects.Node;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the place of a field that is given as a path. */
final class FieldPlace {
  /** {@code ["a.b"]}, {@code [2]} or {@code name}. */
  private static final Pattern STEP =
      Pattern.compile("\\[\"([^\"]*)\"]|\\[(\\d{1,9})]|([^.\\[\\]]+)");

  private FieldPlace() {}

  /**
   * The node whose place to show.
   *
   * @param path such as {@code spec.operations[2].match[0].path}
   * @return the key of the field, the item of the list, or the nearest above that exists; the
   *     object's name where the path is empty
   */
  static Node find(Node.Mapping object, String path) {
    Node place = object;
    Node value = object;
    Matcher step = STEP.matcher(path.isEmpty() ? "metadata.name" : path);
    while (step.find()) {
      Node.@Nullable Entry entry = null;
      if (value instanceof Node.Mapping mapping) {
        entry = entry(mapping, step);
      }
      if (entry != null) {
        place = entry.key();
        value = entry.value();
        continue;
      }
      Node item = item(value, step);
      if (item == null) {
        return place;
      }
      place = item;
      value = item;
    }
    return place;
  }

  private static Node.@Nullable Entry entry(Node.Mapping mapping, Matcher step) {
    String name = step.group(1) == null ? step.group(3) : step.group(1);
    for (Node.Entry entry : mapping.entries()) {
      if (entry.key().text().equals(name)) {
        return entry;
      }
    }
    return null;
  }

  private static @Nullable Node item(Node value, Matcher step) {
    if (!(value instanceof Node.Sequence(var items, _, _)) || step.group(2) == null) {
      return null;
    }
    int index = Integer.parseInt(step.group(2));
    return index < items.size() ? items.get(index) : null;
  }
}
