package dev.sallyport.crd;

import org.jspecify.annotations.Nullable;

/**
 * One condition of an object, in the shape of {@code metav1.Condition}.
 *
 * @param type {@code Accepted}, {@code ResolvedRefs}, {@code Ready}, …
 * @param reason one word in CamelCase
 * @param message for people; names the field
 * @param observedGeneration the {@code metadata.generation} that this is said of
 * @param lastTransitionTime RFC 3339; when the status last became another
 */
public record Condition(
    String type,
    Status status,
    String reason,
    String message,
    @Nullable Long observedGeneration,
    String lastTransitionTime) {
  /** Whether it holds. */
  public enum Status {
    True,
    False,
    Unknown
  }
}
