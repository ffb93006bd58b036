package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of an {@code ApiPolicy}. */
public record ApiPolicyStatus(
    @JsonPropertyDescription("The metadata.generation that this is said of.") @Min(0)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "The hosts that the policy claims, those of its routes included. Absent before they"
                + " were looked at.")
        @Nullable Hosts hosts,
    @JsonPropertyDescription(
            "Accepted: the object is valid, and no older policy has one of its hosts. ResolvedRefs:"
                + " what it refers to is there. Ready: it is enforced as it stands.")
        @ListMap("type")
        @Size(max = 16)
        List<Condition> conditions) {
  public ApiPolicyStatus {
    conditions = Defaults.list(conditions);
  }

  /** The hosts that it claims, those of its routes included. */
  public record Hosts(
      @JsonPropertyDescription("Requests to these are judged by this policy.")
          @ListSet
          @Size(max = 1024)
          List<@Size(max = 253) String> owned,
      @JsonPropertyDescription("Requests to these are judged by another policy, which is older.")
          @ListMap("host")
          @Size(max = 1024)
          List<LostHost> lost) {
    public Hosts {
      owned = Defaults.list(owned);
      lost = Defaults.list(lost);
    }
  }

  /** A host that another policy owns. */
  public record LostHost(
      @JsonPropertyDescription("The host.") @Required @Size(max = 253) String host,
      @JsonPropertyDescription("The policy that owns it, as namespace/name.")
          @Required
          @Size(max = 317)
          String owner) {}
}
