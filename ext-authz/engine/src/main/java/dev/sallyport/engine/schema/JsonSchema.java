package dev.sallyport.engine.schema;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Violation;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A schema that values can be judged by. Immutable and thread-safe. */
public final class JsonSchema {
  private final LibrarySchema library;
  private final @Nullable Set<String> names;

  JsonSchema(LibrarySchema library, @Nullable Set<String> names) {
    this.library = library;
    this.names = names;
  }

  /** The language that a schema is written in. */
  public enum Dialect {
    /** JSON Schema 2020-12, formats asserted. */
    DRAFT_2020_12,
    /** The schema objects of OpenAPI 3.0. */
    OPENAPI_3_0,
    /** The schema objects of OpenAPI 3.1. */
    OPENAPI_3_1
  }

  /** Whether a property that the schema does not name is a violation. */
  public enum UnknownProperties {
    DENY,
    ALLOW
  }

  /**
   * Something about a schema that its author should know.
   *
   * @param pointer a JSON Pointer into the schema; empty for the whole
   * @param message lower case, no full stop, what to do
   */
  public record Remark(String pointer, String message) {}

  /** What came of compiling. */
  public sealed interface Compiled {
    /**
     * It can be used.
     *
     * @param warnings keywords without effect, unknown formats and the like
     */
    record Usable(JsonSchema schema, List<Remark> warnings) implements Compiled {}

    /**
     * It can't.
     *
     * @param faults at least one
     */
    record Refused(List<Remark> faults) implements Compiled {}
  }

  /**
   * Compiles a schema.
   *
   * @param document what holds the schema, and what its local references lead into
   * @param pointer the schema's place in the document, a JSON Pointer; empty for the whole
   */
  public static Compiled compile(
      JsonNode document, String pointer, Dialect dialect, UnknownProperties unknown) {
    return SchemaDocument.open(document, dialect).compile(pointer, unknown);
  }

  /**
   * Judges a value.
   *
   * @param part what the violations are of
   * @return empty where the value is valid; at most {@code Denial.MOST_ERRORS}
   */
  public List<Violation> check(JsonNode value, Violation.Part part) {
    return switch (library.list(value)) {
      case LibrarySchema.Judgement.Valid() -> unknown(value, part);
      case LibrarySchema.Judgement.Invalid(var errors) -> Violations.of(errors, part);
      case LibrarySchema.Judgement.GivenUp() -> List.of(Violations.givenUp(part));
    };
  }

  private List<Violation> unknown(JsonNode value, Violation.Part part) {
    if (names == null) {
      return List.of();
    }
    return value.propertyNames().stream()
        .filter(name -> !names.contains(name))
        .limit(Denial.MOST_ERRORS)
        .map(name -> Violations.unknown(Pointer.shown(name), part))
        .toList();
  }
}
