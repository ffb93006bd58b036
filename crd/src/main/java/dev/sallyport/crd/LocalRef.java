package dev.sallyport.crd;

/**
 * A reference to an object of a known kind in the namespace of the object that refers.
 *
 * @param name {@code metadata.name} of the object
 */
public record LocalRef(String name) {}
