package dev.sallyport.engine.compile;

import dev.sallyport.crd.ApiPolicySpec.SchemaRef;
import dev.sallyport.engine.schema.JsonSchema;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.Remark;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Compiles the schemas that one policy holds or refers to, each as JSON Schema 2020-12. */
final class Schemas {
  private static final JsonMapper TREES =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_$/-]+");
  private static final Pattern INDEX = Pattern.compile("[0-9]{1,9}");

  private final Documents documents;
  private final Report report;

  Schemas(Documents documents, Report report) {
    this.documents = documents;
    this.report = report;
  }

  /**
   * A schema that can be used.
   *
   * @param document it alone, as a tree
   */
  record Found(JsonNode document, JsonSchema schema) {}

  /**
   * Compiles a schema that stands in the policy, or that it refers to.
   *
   * @param field of what has them; the schema's is {@code .schema} or {@code .schemaRef} of it
   * @return null where there is none that can be used, which the report then says
   */
  @Nullable Found compile(
      @Nullable Map<String, Object> schema,
      @Nullable SchemaRef reference,
      UnknownProperties unknown,
      String field) {
    if (schema != null && reference == null) {
      return compile(TREES.valueToTree(schema), unknown, field + ".schema", true);
    }
    if (reference != null && schema == null) {
      JsonNode document = documents.find(reference, field + ".schemaRef");
      return document == null ? null : compile(document, unknown, field + ".schemaRef", false);
    }
    report.error(field, "Invalid", "exactly one of `schema` and `schemaRef` is needed");
    return null;
  }

  private @Nullable Found compile(
      JsonNode document, UnknownProperties unknown, String field, boolean inPolicy) {
    return switch (JsonSchema.compile(document, "", Dialect.DRAFT_2020_12, unknown)) {
      case JsonSchema.Compiled.Usable(var schema, var warnings) -> {
        for (Remark warning : warnings) {
          report.warning(place(field, warning, inPolicy), "Schema", message(warning, inPolicy));
        }
        yield new Found(document, schema);
      }
      case JsonSchema.Compiled.Refused(var faults) -> {
        for (Remark fault : faults) {
          report.error(place(field, fault, inPolicy), "Invalid", message(fault, inPolicy));
        }
        yield null;
      }
    };
  }

  /** Where in the policy a remark is of: in its own schema, or at the reference to another. */
  private static String place(String field, Remark remark, boolean inPolicy) {
    return inPolicy ? field + path(remark.pointer()) : field;
  }

  private static String message(Remark remark, boolean inPolicy) {
    return inPolicy || remark.pointer().isEmpty()
        ? remark.message()
        : "at " + Report.quote(remark.pointer()) + ": " + remark.message();
  }

  /** A JSON Pointer as the path of a field goes on: {@code .properties["a.b"].enum[0]}. */
  static String path(String pointer) {
    StringBuilder path = new StringBuilder();
    String[] tokens = pointer.split("/", -1);
    for (int i = 1; i < tokens.length; i++) {
      String name = tokens[i].replace("~1", "/").replace("~0", "~");
      if (INDEX.matcher(name).matches()) {
        path.append('[').append(name).append(']');
      } else if (PLAIN.matcher(name).matches()) {
        path.append('.').append(name);
      } else {
        path.append("[\"").append(name).append("\"]");
      }
    }
    return path.toString();
  }
}
