package dev.sallyport.engine.compile;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicySpec.SchemaRef;
import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.schema.JsonSchema;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.Remark;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
   * A schema as it was found.
   *
   * @param document it alone, as a tree
   * @param field of the policy that holds it, or that refers to what does
   * @param inPolicy whether the policy holds it
   * @param about what every message about it begins with
   */
  record Written(JsonNode document, String field, boolean inPolicy, String about) {
    /** Another document in its place. */
    Written with(JsonNode other) {
      return new Written(other, field, inPolicy, about);
    }

    /** Where in the policy a remark is of: in its own schema, or at the reference to another. */
    private String place(Remark remark) {
      return inPolicy ? field + path(remark.pointer()) : field;
    }

    private String message(Remark remark) {
      return inPolicy || remark.pointer().isEmpty()
          ? about + remark.message()
          : about + "at " + Report.quote(remark.pointer()) + ": " + remark.message();
    }
  }

  /**
   * Finds a schema that stands in the policy, or that it refers to.
   *
   * @param field of what has them; the schema's is {@code .schema} or {@code .schemaRef} of it
   * @return null where there is none, which the report then says
   */
  @Nullable Written find(
      @Nullable Map<String, Object> schema, @Nullable SchemaRef reference, String field) {
    if (schema != null && reference == null) {
      return new Written(TREES.valueToTree(schema), field + ".schema", true, "");
    }
    if (reference != null && schema == null) {
      JsonNode document = documents.find(reference, field + ".schemaRef");
      return document == null ? null : new Written(document, field + ".schemaRef", false, "");
    }
    report.error(field, "Invalid", "exactly one of `schema` and `schemaRef` is needed");
    return null;
  }

  /**
   * Compiles a schema that stands in the policy, or that it refers to.
   *
   * @param field as in {@link #find}
   * @return null where there is none that can be used, which the report then says
   */
  @Nullable Found compile(
      @Nullable Map<String, Object> schema,
      @Nullable SchemaRef reference,
      ApiPolicySpec.UnknownProperties unknown,
      String field) {
    Written written = find(schema, reference, field);
    if (written == null) {
      return null;
    }
    JsonSchema compiled = compile(written, unknown);
    return compiled == null ? null : new Found(written.document, compiled);
  }

  /** Compiles a schema; null where it can't be used, which the report then says. */
  @Nullable JsonSchema compile(Written written, ApiPolicySpec.UnknownProperties unknown) {
    UnknownProperties meant =
        switch (unknown) {
          case Deny -> UnknownProperties.DENY;
          case Allow -> UnknownProperties.ALLOW;
        };
    return switch (JsonSchema.compile(written.document, "", Dialect.DRAFT_2020_12, meant)) {
      case JsonSchema.Compiled.Usable(var schema, var warnings) -> {
        for (Remark warning : warnings) {
          report.warning(written.place(warning), "Schema", written.message(warning));
        }
        yield schema;
      }
      case JsonSchema.Compiled.Refused(var faults) -> {
        for (Remark fault : faults) {
          report.error(written.place(fault), "Invalid", written.message(fault));
        }
        yield null;
      }
    };
  }

  /** A JSON Pointer as the path of a field goes on: {@code .properties["a.b"].enum[0]}. */
  static String path(String pointer) {
    StringBuilder path = new StringBuilder();
    List<String> names = Objects.requireNonNull(Pointer.steps(pointer));
    for (String name : names) {
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
