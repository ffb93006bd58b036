package dev.sallyport.server.objects;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes nodes of what a JSON parser made. */
final class JsonNodes {
  private JsonNodes() {}

  static @Nullable Node of(@Nullable Object value, Shared shared, int depth) {
    if (depth > Node.DEEPEST) {
      return null;
    }
    return switch (value) {
      case null -> scalar("", true);
      case Map<?, ?> map -> mapping(map, shared, depth);
      case List<?> list -> sequence(list, shared, depth);
      case Number number -> scalar(number.toString(), true);
      case Boolean flag -> scalar(flag.toString(), true);
      default -> scalar(value.toString(), false);
    };
  }

  private static Node scalar(String text, boolean plain) {
    return new Node.Scalar(text, plain, 0, 0);
  }

  private static @Nullable Node mapping(Map<?, ?> map, Shared shared, int depth) {
    List<Node.Entry> entries = new ArrayList<>(map.size());
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Node value = of(entry.getValue(), shared, depth + 1);
      if (value == null) {
        return null;
      }
      String key = shared.one(String.valueOf(entry.getKey()));
      entries.add(new Node.Entry(new Node.Scalar(key, false, 0, 0), value));
    }
    return new Node.Mapping(entries, 0, 0);
  }

  private static @Nullable Node sequence(List<?> list, Shared shared, int depth) {
    List<Node> items = new ArrayList<>(list.size());
    for (Object item : list) {
      Node node = of(item, shared, depth + 1);
      if (node == null) {
        return null;
      }
      items.add(node);
    }
    return new Node.Sequence(items, 0, 0);
  }
}
