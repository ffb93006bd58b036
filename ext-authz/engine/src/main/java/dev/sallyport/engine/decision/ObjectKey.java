package dev.sallyport.engine.decision;

import org.jspecify.annotations.Nullable;

/**
 * The name of a custom resource, Secret or ConfigMap.
 *
 * @param kind such as {@code ApiPolicy}
 */
public record ObjectKey(String kind, String namespace, String name) {
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof ObjectKey key
            && name.equals(key.name)
            && namespace.equals(key.namespace)
            && kind.equals(key.kind));
  }

  @Override
  public int hashCode() {
    return 31 * (31 * name.hashCode() + namespace.hashCode()) + kind.hashCode();
  }

  /** {@code namespace/name}. */
  public String qualifiedName() {
    return namespace + '/' + name;
  }

  /** {@code kind namespace/name}, for messages. */
  @Override
  public String toString() {
    return kind + ' ' + namespace + '/' + name;
  }
}
