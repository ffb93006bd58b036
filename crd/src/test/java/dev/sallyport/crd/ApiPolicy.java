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

/** The kind {@code ApiPolicy}, for the generator only. */
@Group("sallyport.dev")
@Version("v1alpha1")
@Plural("apipolicies")
@ShortNames("apipol")
@Categories("sallyport")
@io.fabric8.crd.generator.annotation.Labels("gateway.networking.k8s.io/policy=Direct")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(name = "Hosts", jsonPath = ".status.hosts.owned")
@AdditionalPrinterColumn(name = "Enforcement", jsonPath = ".spec.enforcement")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@JsonClassDescription(
    "ApiPolicy says what may be asked of one API: by whom, with which credentials and scopes, and how often. Whatever it does not declare is denied.")
final class ApiPolicy extends CustomResource<ApiPolicySpec, ApiPolicyStatus> implements Namespaced {
  private static final long serialVersionUID = 1;

  @JsonPropertyDescription("What is wanted.")
  @Required
  @Override
  public ApiPolicySpec getSpec() {
    return super.getSpec();
  }

  @JsonPropertyDescription("What became of it, as Sallyport's leader last saw it.")
  @Override
  public ApiPolicyStatus getStatus() {
    return super.getStatus();
  }
}
