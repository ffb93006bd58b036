package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One condition of an object, in the shape of {@code metav1.Condition}. */
public record Condition(
    @JsonPropertyDescription("What is said: Accepted, ResolvedRefs, Ready and others.")
        @Required
        @Size(min = 1, max = 316)
        String type,
    @JsonPropertyDescription("Whether it holds.") @Required Status status,
    @JsonPropertyDescription("Why, in one word for programs.")
        @Required
        @Size(min = 1, max = 1024)
        @Pattern("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")
        String reason,
    @JsonPropertyDescription("Why, for people; it names the field.") @Required @Size(max = 32768)
        String message,
    @JsonPropertyDescription("The metadata.generation that this is said of.") @Min(0)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("When the status last became another.")
        @Required
        @Size(max = Bounds.TIME_LENGTH)
        @Timestamp
        String lastTransitionTime) {
  /** Whether it holds. */
  public enum Status {
    True,
    False,
    Unknown
  }
}
