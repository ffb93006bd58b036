package dev.sallyport.server.objects;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A value as it was written, in YAML or in JSON, with the place where it stands in its text.
 *
 * <p>What came as JSON has no place, and its strings stand in quotes.
 */
public sealed interface Node {
  /** From 1, in the document's own text; 0 where there is none. */
  int line();

  /** From 1, in code points; 0 where there is no text. */
  int column();

  /**
   * A single value.
   *
   * @param plain whether it stands without quotes, so that {@code 7} is a number
   */
  record Scalar(String text, boolean plain, int line, int column) implements Node {
    /** What a plain scalar means; a quoted one is text. */
    public ScalarKind kind() {
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
  record Sequence(List<Node> items, int line, int column) implements Node {}

  /**
   * Keys with values, in order.
   *
   * @param entries no two with the same key
   */
  record Mapping(List<Entry> entries, int line, int column) implements Node {
    /** The text of a key's value; empty where it has none, or is no single value. */
    public String text(String key) {
      return value(key) instanceof Scalar scalar ? scalar.text() : "";
    }

    /** The same, with one more key. */
    public Mapping with(String key, String value) {
      List<Entry> more = new ArrayList<>(entries);
      more.add(new Entry(new Scalar(key, false, 0, 0), new Scalar(value, false, 0, 0)));
      return new Mapping(more, line, column);
    }

    /** The value of a key; null where it has none. */
    public @Nullable Node value(String key) {
      for (Entry entry : entries) {
        if (entry.key.text.equals(key)) {
          return entry.value;
        }
      }
      return null;
    }
  }

  /** A value that is nested more than {@link #DEEPEST} levels deep, and was not read. */
  record TooDeep(int line, int column) implements Node {}

  /** One key of a mapping with its value. */
  record Entry(Scalar key, Node value) {}

  /** Deeper nesting than any object has. */
  int DEEPEST = 64;

  /** Whether it is written as nothing, {@code ~} or {@code null}. */
  default boolean isNull() {
    return false;
  }

  /** What the node is, as a user would say it. */
  default String noun() {
    return switch (this) {
      case Sequence _ -> "a list";
      case Mapping _ -> "a mapping";
      case TooDeep _ -> "nested more than " + DEEPEST + " levels deep";
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
