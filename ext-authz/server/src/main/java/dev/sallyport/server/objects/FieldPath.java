package dev.sallyport.server.objects;

import org.jspecify.annotations.Nullable;

/**
 * A field in an object, written out only when somebody must hear of it.
 *
 * @param parent null for the whole object
 * @param name null where it is an item of a list
 */
public record FieldPath(@Nullable FieldPath parent, @Nullable String name, int index) {
  /** The whole object; written as nothing. */
  public static final FieldPath ROOT = new FieldPath(null, null, -1);

  /** A field of it. */
  public FieldPath child(String name) {
    return new FieldPath(this, name, -1);
  }

  /** An item of it, from 0. */
  public FieldPath item(int index) {
    return new FieldPath(this, null, index);
  }

  /** {@code spec.operations[2].match[0].path}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    write(text);
    return text.toString();
  }

  private void write(StringBuilder text) {
    if (parent == null) {
      return;
    }
    parent.write(text);
    if (name == null) {
      text.append('[').append(index).append(']');
      return;
    }
    if (isPlainName(name)) {
      text.append(text.isEmpty() ? "" : ".").append(name);
      return;
    }
    text.append("[\"").append(name).append("\"]");
  }

  private static boolean isPlainName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean isWord = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!isWord && "_-$/".indexOf(c) < 0) {
        return false;
      }
    }
    return !name.isEmpty();
  }
}
