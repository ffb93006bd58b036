package dev.sallyport.engine.decision;

/**
 * The name of a custom resource, Secret or ConfigMap.
 *
 * @param kind such as {@code ApiPolicy}
 */
public record ObjectKey(String kind, String namespace, String name) {
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
