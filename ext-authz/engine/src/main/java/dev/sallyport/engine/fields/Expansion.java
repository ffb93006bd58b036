package dev.sallyport.engine.fields;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What OData's {@code $expand} names: {@code card}, {@code card($select=number,holder)}, {@code
 * card($select=number;$expand=issuer($select=name))} and {@code *}. An object without a {@code
 * $select} shows what its server likes, which counts as all that is below it. Other options of
 * OData are not read.
 *
 * @param objects by name, in the order of the request
 * @param reading what they name, or why it can't be told
 */
record Expansion(Map<String, Level> objects, Reading reading) {
  /**
   * One object that is expanded.
   *
   * @param depth of its fields' names in their paths
   */
  private record Level(int depth, List<Field> selected, Map<String, Level> expanded) {
    /** As OData writes it with the fields that are left; null where none of its own is. */
    @Nullable String written(String name, Predicate<Field> left) {
      List<String> fields =
          selected.stream()
              .filter(left)
              .map(field -> String.join("/", field.path().subList(depth, field.path().size())))
              .toList();
      if (fields.isEmpty()) {
        // Without a $select of its own the server would choose.
        return null;
      }
      String below = Expansion.written(expanded, left);
      return name
          + "($select="
          + String.join(",", fields)
          + (below.isEmpty() ? "" : ";$expand=" + below)
          + ')';
    }
  }

  /** Reads a whole value, of which something is not blank. */
  static Expansion read(String text, FieldNode root) {
    FieldList.Progress progress = new FieldList.Progress(text);
    Map<String, Level> objects = new LinkedHashMap<>();
    Reading.Draft draft = new Reading.Draft();
    boolean read = objects(progress, draft, root, 0, objects) && progress.atEnd();
    return read
        ? new Expansion(objects, draft.named())
        : new Expansion(Map.of(), progress.unreadable());
  }

  /** As OData writes it with the fields that are left; empty where there are none. */
  String written(Predicate<Field> left) {
    return written(objects, left);
  }

  private static String written(Map<String, Level> objects, Predicate<Field> left) {
    List<String> written = new ArrayList<>(objects.size());
    objects.forEach((name, level) -> {
      String one = level.written(name, left);
      if (one != null) {
        written.add(one);
      }
    });
    return String.join(",", written);
  }

  private static boolean objects(
      FieldList.Progress progress,
      Reading.Draft draft,
      @Nullable FieldNode node,
      int depth,
      Map<String, Level> objects) {
    do {
      if (!progress.count() || depth >= FieldList.DEEPEST) {
        return false;
      }
      boolean read =
          progress.skip('*')
              ? objects.isEmpty() && everything(draft, node, depth, objects)
              : object(progress, draft, node, depth, objects);
      if (!read) {
        return false;
      }
    } while (progress.skip(','));
    return true;
  }

  private static boolean everything(
      Reading.Draft draft, @Nullable FieldNode node, int depth, Map<String, Level> objects) {
    if (node != null) {
      node.children()
          .forEach((name, child) -> {
            if (!child.isField()) {
              draft.addAllOf(child);
              objects.put(name, new Level(depth + 1, child.fields(), Map.of()));
            }
          });
    }
    if (objects.isEmpty()) {
      // The server would expand what the policy does not list.
      draft.addAllOf(null);
    }
    return true;
  }

  private static boolean object(
      FieldList.Progress progress,
      Reading.Draft draft,
      @Nullable FieldNode node,
      int depth,
      Map<String, Level> objects) {
    String name = progress.name();
    if (name.isEmpty() || objects.containsKey(name)) {
      return false;
    }
    FieldNode child = node == null ? null : node.child(name);
    FieldNode object = child == null || child.isField() ? null : child;
    Map<String, Level> expanded = new LinkedHashMap<>();
    Reading.Draft own = new Reading.Draft();
    boolean selects = false;
    if (progress.skip('(')) {
      do {
        if (!selects && progress.skip("$select=")) {
          selects = true;
          if (!FieldList.list(progress, own, object, depth + 1)) {
            return false;
          }
        } else if (!expanded.isEmpty()
            || !progress.skip("$expand=")
            || !objects(progress, draft, object, depth + 1, expanded)) {
          return false;
        }
      } while (progress.skip(';'));
      if (!progress.skip(')')) {
        return false;
      }
    }
    if (!selects || object == null) {
      own.addAllOf(object);
    }
    draft.add(own.named());
    if (object != null) {
      objects.put(name, new Level(depth + 1, List.copyOf(own.named().fields()), expanded));
    }
    return true;
  }
}
