package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What counts as suspicious, and what happens then.
 *
 * @param identities which identities are watched; all where it is null
 * @param detectors what is looked for
 * @param learning no action before a baseline of this age exists, {@code 24h} where it is null
 * @param notifications where findings are sent beside Kubernetes Events
 */
public record DetectionPolicySpec(
    @Nullable Map<String, Object> identities,
    List<Map<String, Object>> detectors,
    @Nullable String learning,
    @JsonProperty("notify") List<Map<String, Object>> notifications) {
  public DetectionPolicySpec {
    detectors = Defaults.list(detectors);
    notifications = Defaults.list(notifications);
  }
}
