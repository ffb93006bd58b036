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

/** The kind {@code TokenIssuer}, for the generator only. */
@Group("sallyport.dev")
@Version("v1alpha1")
@Plural("tokenissuers")
@ShortNames("issuer")
@Categories("sallyport")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(name = "Issuer", jsonPath = ".spec.issuer")
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@JsonClassDescription("TokenIssuer says whose tokens are believed, and what they must hold.")
final class TokenIssuer extends CustomResource<TokenIssuerSpec, TokenIssuerStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1;

  @JsonPropertyDescription("What is wanted.")
  @Required
  @Override
  public TokenIssuerSpec getSpec() {
    return super.getSpec();
  }

  @JsonPropertyDescription("What became of it, as Sallyport's leader last saw it.")
  @Override
  public TokenIssuerStatus getStatus() {
    return super.getStatus();
  }
}
