package dev.sallyport.engine.fields;

import java.util.List;

/**
 * One field of a resource.
 *
 * @param index its place among those of the policy
 * @param path its name and those of the objects that hold it, outermost first
 * @param scopes that it needs, all of them
 */
record Field(int index, List<String> path, List<String> scopes) {
  Field {
    path = List.copyOf(path);
    scopes = List.copyOf(scopes);
  }

  /** The field as a policy names it: {@code card.number}. */
  String name() {
    return String.join(".", path);
  }

  /** Two fields of one policy are the same if they have the same place. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Field field && field.index == index;
  }

  @Override
  public int hashCode() {
    return index;
  }
}
