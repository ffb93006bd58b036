package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How many requests one caller may make in a window. */
@ValidationRule(
    // Linear: to compare each with each would cost more than the API server grants 2,000
    // operations.
    value =
        "size(self.per) == ['identity', 'credential', 'sourceAddress', 'operation']"
            + ".filter(d, d in self.per).size()",
    message = "a dimension is named twice, remove one",
    fieldPath = ".per")
@ValidationRule(
    value =
        "[self.window].all(d, "
            + Bounds.NO_DURATION
            + " || ("
            + Bounds.MILLIS
            + " >= 1000 && "
            + Bounds.MILLIS
            + " <= 2678400000))",
    message = "must be `1s` to `31d`",
    fieldPath = ".window")
@ValidationRule(
    value =
        "[self.window].all(d, "
            + Bounds.NO_DURATION
            + " || self.requests <= 1000 * "
            + Bounds.MILLIS
            + ")",
    message = "must be at most 1000000 a second, lower it or widen the window",
    fieldPath = ".requests")
public record RateLimitSpec(
    @JsonPropertyDescription(
            "A name that no other limit of the list has. Callers see it in RateLimit-Policy.")
        @Required
        @Size(min = 1, max = Bounds.NAME_LENGTH)
        @Pattern(Bounds.LIMIT_NAME)
        String name,
    @JsonPropertyDescription(
            "What is counted by, all of it together: identity, credential, sourceAddress (IPv6 by"
                + " /64), operation.")
        @Required
        @Size(min = 1, max = 4)
        List<Dimension> per,
    @JsonPropertyDescription("How many requests a window allows.")
        @Required
        @Min(1)
        @Max(1_000_000_000)
        @Nullable Long requests,
    @JsonPropertyDescription("1s to 31d, as 30s, 1m, 1h or 1d.")
        @Required
        @Size(max = Bounds.DURATION_LENGTH)
        @Pattern(Bounds.DURATION)
        @Nullable String window,
    @JsonPropertyDescription("How many requests may come at once. Absent: as many as requests.")
        @Min(1)
        @Max(1_000_000_000)
        @Nullable Long burst,
    @JsonPropertyDescription("Enforce, or Shadow: it counts and is recorded, and denies nobody.")
        @Default("Enforce")
        Enforcement enforcement) {
  public RateLimitSpec {
    name = Defaults.or(name, "");
    per = Defaults.list(per);
    enforcement = Defaults.or(enforcement, Enforcement.Enforce);
  }

  /** A property of a request that a limit counts by. */
  public enum Dimension {
    @JsonProperty("identity")
    IDENTITY,
    @JsonProperty("credential")
    CREDENTIAL,
    @JsonProperty("sourceAddress")
    SOURCE_ADDRESS,
    @JsonProperty("operation")
    OPERATION
  }
}
