package dev.sallyport.server.files;

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
  static YamlNode find(YamlNode.Mapping object, String path) {
    YamlNode place = object;
    YamlNode value = object;
    Matcher step = STEP.matcher(path.isEmpty() ? "metadata.name" : path);
    while (step.find()) {
      YamlNode.@Nullable Entry entry = null;
      if (value instanceof YamlNode.Mapping mapping) {
        entry = entry(mapping, step);
      }
      if (entry != null) {
        place = entry.key();
        value = entry.value();
        continue;
      }
      YamlNode item = item(value, step);
      if (item == null) {
        return place;
      }
      place = item;
      value = item;
    }
    return place;
  }

  private static YamlNode.@Nullable Entry entry(YamlNode.Mapping mapping, Matcher step) {
    String name = step.group(1) == null ? step.group(3) : step.group(1);
    for (YamlNode.Entry entry : mapping.entries()) {
      if (entry.key().text().equals(name)) {
        return entry;
      }
    }
    return null;
  }

  private static @Nullable YamlNode item(YamlNode value, Matcher step) {
    if (!(value instanceof YamlNode.Sequence(var items, _, _)) || step.group(2) == null) {
      return null;
    }
    int index = Integer.parseInt(step.group(2));
    return index < items.size() ? items.get(index) : null;
  }
}
