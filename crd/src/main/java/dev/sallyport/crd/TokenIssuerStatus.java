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
            "The keys that were fetched; absent where they stand in the object, or before the"
                + " first came.")
        @Nullable Keys keys,
    @JsonPropertyDescription(
            "Accepted: the object is valid. ResolvedRefs: what it refers to is there. Ready: tokens"
                + " of this issuer are believed as this object says.")
        @ListMap("type")
        @Size(max = 16)
        List<Condition> conditions) {
  public TokenIssuerStatus {
    conditions = Defaults.list(conditions);
  }

  /** Keys that were fetched. */
  public record Keys(
      @JsonPropertyDescription("How many can verify signatures.") @Min(0) @Nullable Long usable,
      @JsonPropertyDescription("Why others of the set can't be used, each with its place in it.")
          @Size(max = 16)
          List<@Size(max = 256) String> problems) {
    public Keys {
      problems = Defaults.list(problems);
    }
  }
}
