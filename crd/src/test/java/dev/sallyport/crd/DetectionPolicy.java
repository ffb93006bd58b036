package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.Required;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** The kind {@code DetectionPolicy}, for the generator only. */
@Group("sallyport.dev")
@Version("v1alpha1")
@Plural("detectionpolicies")
@ShortNames("detect")
@Categories("sallyport")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@JsonClassDescription(
    "DetectionPolicy says what counts as suspicious in the behaviour of identities, and what happens then."
        + Unavailable.IDLE)
final class DetectionPolicy extends CustomResource<DetectionPolicySpec, DetectionPolicyStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1;

  @JsonPropertyDescription("What is wanted.")
  @Required
  @Override
  public DetectionPolicySpec getSpec() {
    return super.getSpec();
  }

  @JsonPropertyDescription("What became of it, as Sallyport's leader last saw it.")
  @Override
  public DetectionPolicyStatus getStatus() {
    return super.getStatus();
  }
}
