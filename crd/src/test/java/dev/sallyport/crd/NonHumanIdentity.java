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

/** The kind {@code NonHumanIdentity}, for the generator only. */
@Group("sallyport.dev")
@Version("v1alpha1")
@Plural("nonhumanidentities")
@ShortNames("nhi")
@Categories("sallyport")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(name = "Phase", jsonPath = ".status.phase")
@AdditionalPrinterColumn(name = "Owner", jsonPath = ".spec.owner.team")
@AdditionalPrinterColumn(
    name = "Last used",
    jsonPath = ".status.lastUsed",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "Findings",
    jsonPath = ".status.findingCount",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@JsonClassDescription(
    "NonHumanIdentity declares a caller that is no person: a partner, an agent, a pipeline, an application or a service account. It says who answers for it, what it presents, and what it was granted.")
final class NonHumanIdentity extends CustomResource<NonHumanIdentitySpec, NonHumanIdentityStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1;

  @JsonPropertyDescription("What is wanted.")
  @Required
  @Override
  public NonHumanIdentitySpec getSpec() {
    return super.getSpec();
  }

  @JsonPropertyDescription("What became of it, as Sallyport's leader last saw it.")
  @Override
  public NonHumanIdentityStatus getStatus() {
    return super.getStatus();
  }
}
