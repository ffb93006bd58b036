package dev.sallyport.engine.compile;

import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.content.MediaRange;
import dev.sallyport.engine.content.Parameter;
import dev.sallyport.engine.content.Parameters;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.openapi.DocumentOperation;
import dev.sallyport.engine.openapi.OpenApiDocument;
import dev.sallyport.engine.openapi.Remark;
import dev.sallyport.engine.operation.PathTemplate;
import dev.sallyport.engine.operation.PathTemplate.Segment;
import dev.sallyport.engine.payload.PayloadRule;
import dev.sallyport.engine.schema.JsonSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An OpenAPI document with its schemas compiled: what policies take of it. Knows no policy, so that
 * several, and the next versions of one, share it.
 *
 * @param operations with what is asked of their requests
 * @param unclear paths of which it can't be told what a request asks for
 * @param remarks what of the document can't be enforced
 * @param faults why it can't be used; empty where it can
 */
record ApiDocument(
    List<Operation> operations,
    List<OpenApiDocument.Unclear> unclear,
    List<Remark> remarks,
    List<Remark> faults) {
  /** Says nothing. */
  static final ApiDocument NONE = new ApiDocument(List.of(), List.of(), List.of(), List.of());

  ApiDocument {
    operations = List.copyOf(operations);
    unclear = List.copyOf(unclear);
    remarks = List.copyOf(remarks);
    faults = List.copyOf(faults);
  }

  /**
   * What else than its text makes a document another one.
   *
   * @param deniesUnknown whether properties and parameters that it does not name are refused
   * @param credentials parameters of queries that hold credentials, and so are known
   */
  record Form(boolean deniesUnknown, Set<String> credentials) {
    Form {
      credentials = Set.copyOf(credentials);
    }
  }

  /**
   * An operation.
   *
   * @param body null where the document declares none
   */
  record Operation(
      DocumentOperation declared, @Nullable Body body, List<ParameterGroup> parameters) {
    Operation {
      parameters = List.copyOf(parameters);
    }
  }

  /**
   * What a body may be.
   *
   * @param pointer its place in the document
   * @param types all that are taken
   * @param judged those of them that are read, with their schemas
   * @param forms what fields of forms stand for
   * @param opaque those of them that are taken as they are
   * @param faults why its schemas can't be used; empty where they can
   */
  record Body(
      String pointer,
      boolean required,
      List<MediaRange> types,
      List<PayloadRule.Body> judged,
      List<ContentRule.Form> forms,
      List<MediaRange> opaque,
      List<Remark> faults) {
    Body {
      types = List.copyOf(types);
      judged = List.copyOf(judged);
      forms = List.copyOf(forms);
      opaque = List.copyOf(opaque);
      faults = List.copyOf(faults);
    }
  }

  /**
   * The parameters of one part of requests.
   *
   * @param others whether parameters that are not declared are looked at
   * @param schema null where any values will do
   * @param faults why their schemas can't be used; empty where they can
   */
  record ParameterGroup(
      Part part,
      List<Parameter> declared,
      boolean others,
      @Nullable JsonSchema schema,
      List<Remark> faults) {
    ParameterGroup {
      declared = List.copyOf(declared);
      faults = List.copyOf(faults);
    }

    /** The rule for requests that match a template. */
    Parameters in(PathTemplate template) {
      if (part != Part.PATH) {
        return new Parameters(part, declared, others, schema);
      }
      List<Parameter> placed = new ArrayList<>(declared.size());
      for (Parameter parameter : declared) {
        int segment = template.segments().indexOf(new Segment.Parameter(parameter.name()));
        if (segment >= 0) {
          placed.add(
              new Parameter(
                  parameter.name(),
                  parameter.style(),
                  parameter.explode(),
                  parameter.required(),
                  parameter.emptyAllowed(),
                  parameter.type(),
                  segment));
        }
      }
      return new Parameters(part, placed, others, placed.isEmpty() ? null : schema);
    }
  }
}
