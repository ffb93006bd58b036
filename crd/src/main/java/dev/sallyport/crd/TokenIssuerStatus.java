package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a {@code TokenIssuer}. */
public record TokenIssuerStatus(
    @JsonPropertyDescription("The metadata.generation that this is said of.") @Min(0)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Accepted: the object is valid. ResolvedRefs: what it refers to is there. Ready: tokens"
                + " of this issuer are believed as this object says.")
        @ListMap("type")
        @Size(max = 16)
        List<Condition> conditions) {
  public TokenIssuerStatus {
    conditions = Defaults.list(conditions);
  }
}
