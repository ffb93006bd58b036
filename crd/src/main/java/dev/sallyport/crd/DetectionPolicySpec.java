package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.crd.generator.annotation.SchemaFrom;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What counts as suspicious, and what happens then. */
@ValidationRule(
    value = "[self.learning].all(d, " + Bounds.IN_LIFE + ")",
    message = "must be at most `36500d`",
    fieldPath = ".learning")
public record DetectionPolicySpec(
    @JsonPropertyDescription(
            "Which identities of the namespace are watched: those that match all that stands here."
                + " Absent: all.")
        @Nullable Identities identities,
    @JsonPropertyDescription("What is looked for. At most 32.")
        @Required
        @Size(min = 1, max = 32)
        @SchemaFrom(type = Detector[].class)
        List<Map<String, Object>> detectors,
    @JsonPropertyDescription("How old a baseline must be before anything is done, as 24h.")
        @Default("24h")
        @Size(max = Bounds.DURATION_LENGTH)
        @Pattern(Bounds.DURATION)
        @Nullable String learning,
    @JsonPropertyDescription("Where findings are sent, beside Kubernetes Events. At most 8.")
        @Size(max = 8)
        @JsonProperty("notify")
        List<Notification> notifications) {
  public DetectionPolicySpec {
    detectors = Defaults.list(detectors);
    notifications = Defaults.list(notifications);
  }

  /** Which identities are watched. */
  public record Identities(
      @JsonPropertyDescription("Their types. Absent: all.") @ListSet @Size(max = 5)
          List<NonHumanIdentitySpec.Type> types,
      @JsonPropertyDescription("Their labels. Absent: any.") @Nullable Selector selector) {
    public Identities {
      types = Defaults.list(types);
    }
  }

  /** Labels, in the shape of {@code metav1.LabelSelector}. */
  public record Selector(
      @JsonPropertyDescription("Labels with exactly these values.") @Size(max = 32)
          Map<String, @Size(max = 63) String> matchLabels,
      @JsonPropertyDescription("Requirements on labels, all of which hold.") @Size(max = 32)
          List<LabelRequirement> matchExpressions) {
    public Selector {
      matchLabels = Defaults.map(matchLabels);
      matchExpressions = Defaults.list(matchExpressions);
    }
  }

  /** One requirement on a label. */
  @ValidationRule(
      value =
          "(self.operator == 'In' || self.operator == 'NotIn')"
              + " == (has(self.values) && size(self.values) > 0)",
      message = "`In` and `NotIn` need `values`, and `Exists` and `DoesNotExist` take none",
      fieldPath = ".values")
  public record LabelRequirement(
      @JsonPropertyDescription("The label.") @Required @Size(min = 1, max = 317) String key,
      @JsonPropertyDescription("In, NotIn, Exists or DoesNotExist.") @Required Operator operator,
      @JsonPropertyDescription("The values for In and NotIn.") @ListSet @Size(max = 32)
          List<@Size(max = 63) String> values) {
    public LabelRequirement {
      values = Defaults.list(values);
    }
  }

  /** How a label is compared. */
  public enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist
  }

  /** What a detector looks for. */
  public enum DetectorType {
    VolumeSpike,
    UnapprovedRegion,
    NewRegion,
    NewNetwork,
    ImpossibleTravel,
    NewOperation,
    DeniedBurst,
    Enumeration,
    DataVolume,
    SharedCredential,
    HumanUse,
    EnvironmentMix,
    SecretInUrl
  }

  /** What happens when a detector finds something. */
  public enum Action {
    Flag,
    Throttle,
    Quarantine
  }

  /** One detector, as its schema tells; beside these it has settings that its type knows. */
  public record Detector(
      @JsonPropertyDescription(
              "What it looks for: VolumeSpike, UnapprovedRegion, NewRegion, NewNetwork,"
                  + " ImpossibleTravel, NewOperation, DeniedBurst, Enumeration (many distinct ids"
                  + " or 404s), DataVolume (response bytes), SharedCredential (one credential,"
                  + " many workloads), HumanUse (a browser or an interactive client),"
                  + " EnvironmentMix or SecretInUrl. Its settings stand beside.")
          @Required
          DetectorType type,
      @JsonPropertyDescription(
              "What happens then: Flag (a finding), Throttle or Quarantine, a finding too.")
          @Default("Flag")
          Action action) {}

  /** Where findings are sent. */
  public record Notification(
      @JsonPropertyDescription("Findings are posted as CloudEvents.") @Required Webhook webhook) {}

  /** An HTTP endpoint that takes CloudEvents. */
  public record Webhook(
      @JsonPropertyDescription("An https URI.")
          @Required
          @Size(max = Bounds.URI_LENGTH)
          @Pattern(Bounds.HTTPS)
          String url) {}
}
