package dev.sallyport.server.files;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A value of a YAML document, with the place where it stands in its text. */
sealed interface YamlNode {
  /** From 1, in the document's own text. */
  int line();

  /** From 1, in code points. */
  int column();

  /**
   * A single value.
   *
   * @param plain whether it stands without quotes, so that {@code 7} is a number
   */
  record Scalar(String text, boolean plain, int line, int column) implements YamlNode {
    /** What a plain scalar means; a quoted one is text. */
    ScalarKind kind() {
      return plain ? ScalarKind.of(text) : ScalarKind.TEXT;
    }

    @Override
    public boolean isNull() {
      return plain && ScalarKind.of(text) == ScalarKind.NULL;
    }

    /** Never the text: it may be a Secret's. */
    @Override
    public String toString() {
      return "Scalar[" + line + ':' + column + ']';
    }
  }

  /** A list. */
  record Sequence(List<YamlNode> items, int line, int column) implements YamlNode {}

  /**
   * Keys with values, in order.
   *
   * @param entries no two with the same key
   */
  record Mapping(List<Entry> entries, int line, int column) implements YamlNode {
    @Nullable YamlNode value(String key) {
      for (Entry entry : entries) {
        if (entry.key.text.equals(key)) {
          return entry.value;
        }
      }
      return null;
    }
  }

  /** One key of a mapping with its value. */
  record Entry(Scalar key, YamlNode value) {}

  /** Whether it is written as nothing, {@code ~} or {@code null}. */
  default boolean isNull() {
    return false;
  }

  /** What the node is, as a user would say it. */
  default String noun() {
    return switch (this) {
      case Sequence _ -> "a list";
      case Mapping _ -> "a mapping";
      case Scalar scalar ->
          switch (scalar.kind()) {
            case NULL -> "empty";
            case BOOLEAN -> "a boolean";
            case INTEGER, AMBIGUOUS_INTEGER, FLOAT, NOT_FINITE -> "a number";
            case TEXT -> "a string";
          };
    };
  }
}
