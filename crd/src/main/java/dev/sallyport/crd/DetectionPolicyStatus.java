package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a {@code DetectionPolicy}. */
public record DetectionPolicyStatus(
    @JsonPropertyDescription("The metadata.generation that this is said of.") @Min(0)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Accepted: the object is valid. ResolvedRefs: what it refers to is there. Ready: its"
                + " detectors run.")
        @ListMap("type")
        @Size(max = 16)
        List<Condition> conditions) {
  public DetectionPolicyStatus {
    conditions = Defaults.list(conditions);
  }
}
