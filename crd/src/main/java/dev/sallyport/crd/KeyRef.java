package dev.sallyport.crd;

/**
 * One key of a Secret or ConfigMap in the namespace of the object that refers.
 *
 * @param name {@code metadata.name} of the Secret or ConfigMap
 * @param key the key in its {@code data}
 */
public record KeyRef(String name, String key) {}
