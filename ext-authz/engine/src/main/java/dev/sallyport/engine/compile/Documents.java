package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec.SchemaRef;
import dev.sallyport.engine.decision.ObjectKey;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Documents that a policy refers to, as trees: JSON or YAML, in a ConfigMap or a file. */
final class Documents {
  private static final YAMLMapper YAML = YAMLMapper.builder().build();

  private final String namespace;
  private final Report report;
  private final References references;

  Documents(String namespace, Report report, References references) {
    this.namespace = namespace;
    this.report = report;
    this.references = references;
  }

  /** The document; null where there is none that can be read, which the report then says. */
  @Nullable JsonNode find(SchemaRef ref, String field) {
    if (ref.configMap() == null || ref.key() == null) {
      report.unsupported(field + ".file", "a file");
      return null;
    }
    ObjectKey key = new ObjectKey("ConfigMap", namespace, ref.configMap());
    if (!(references.content(key) instanceof Declared.ConfigMap(var data))) {
      report.error(
          field + ".configMap",
          "RefNotFound",
          "there is no ConfigMap " + quote(key.qualifiedName()) + " that may be read");
      return null;
    }
    String text = data.get(ref.key());
    if (text == null) {
      report.error(field + ".key", "RefNotFound", "the ConfigMap has no key " + quote(ref.key()));
      return null;
    }
    try {
      // JSON is YAML.
      return YAML.readTree(text);
    } catch (JacksonException _) {
      report.error(field, "Invalid", "the document is neither JSON nor YAML");
      return null;
    }
  }
}
