package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec.OpenApi;
import dev.sallyport.crd.ApiPolicySpec.SchemaRef;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.json.DocumentText.Reading;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Documents that a policy refers to, as trees: JSON or YAML, in a ConfigMap or a file. */
final class Documents {
  private final String namespace;
  private final Report report;
  private final References references;

  Documents(String namespace, Report report, References references) {
    this.namespace = namespace;
    this.report = report;
    this.references = references;
  }

  /**
   * A document that is there.
   *
   * @param name for people: {@code payments.openapi.yaml}, or {@code openapi.yaml of ConfigMap
   *     shop/payments}
   * @param content of the source, as it is now
   */
  record Found(Shelf.Place place, String name, Declared.Content content, String text) {}

  /** The document; null where there is none that can be read, which the report then says. */
  @Nullable JsonNode find(SchemaRef ref, String field) {
    Found found = locate(ref, field);
    return found == null ? null : read(found, field);
  }

  /** The text of a document; null where there is none, which the report then says. */
  @Nullable Found locate(SchemaRef ref, String field) {
    if (ref.configMap() != null && ref.key() != null && ref.file() == null) {
      return inConfigMap(ref.configMap(), ref.key(), field + ".configMap", field + ".key");
    }
    if (ref.file() != null && ref.configMap() == null && ref.key() == null) {
      return inFile(ref.file(), field + ".file", "`configMap` and `key`");
    }
    report.error(
        field, "Invalid", "a reference has exactly one of `configMap` (with `key`) and `file`");
    return null;
  }

  /** The text of an OpenAPI document; null where there is none, which the report then says. */
  @Nullable Found locate(OpenApi ref, String field) {
    if (ref.configMapRef() != null && ref.file() == null) {
      String at = field + ".configMapRef";
      return inConfigMap(
          ref.configMapRef().name(), ref.configMapRef().key(), at + ".name", at + ".key");
    }
    if (ref.file() != null && ref.configMapRef() == null) {
      return inFile(ref.file(), field + ".file", "`configMapRef`");
    }
    report.error(
        field, "Invalid", "a document is named by exactly one of `configMapRef` and `file`");
    return null;
  }

  /** What a text says; null where it can't be read, which the report then says. */
  @Nullable JsonNode read(Found found, String field) {
    return switch (references.shelf().read(found.place, found.content, found.text)) {
      case Reading.Tree(var tree) -> tree;
      case Reading.Faulty faulty -> {
        report.error(
            field,
            "Invalid",
            "the document " + quote(found.name) + " can't be read: " + faulty.told());
        yield null;
      }
    };
  }

  private @Nullable Found inConfigMap(String name, String key, String nameField, String keyField) {
    ObjectKey source = new ObjectKey("ConfigMap", namespace, name);
    if (!(references.content(source) instanceof Declared.ConfigMap content)) {
      report.error(
          nameField,
          "RefNotFound",
          "there is no ConfigMap "
              + quote(source.qualifiedName())
              + " that may be read; in a cluster it needs the label `sallyport.dev/watch: \"true\"`");
      return null;
    }
    String text = content.data().get(key);
    if (text == null) {
      report.error(keyField, "RefNotFound", "the ConfigMap has no key " + quote(key));
      return null;
    }
    return new Found(
        new Shelf.Place(source, key),
        key + " of ConfigMap " + source.qualifiedName(),
        content,
        text);
  }

  private @Nullable Found inFile(String path, String field, String instead) {
    ObjectKey source = Declared.file(path);
    if (!(references.content(source) instanceof Declared.Document content)) {
      report.error(
          field,
          "RefNotFound",
          "there is no document "
              + quote(path)
              + " in the folder of policies, from which its path is written. The name of one ends in"
              + " `.openapi`, `.schema` or `.tools`, then `.yaml`, `.yml` or `.json`; in a cluster, where there is no folder,"
              + " use "
              + instead);
      return null;
    }
    return new Found(new Shelf.Place(source, ""), path, content, content.text());
  }
}
