package dev.sallyport.engine.schema;

import dev.sallyport.engine.decision.Violation;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** A schema that values can be judged by. Immutable and thread-safe. */
public final class JsonSchema {
  private static final int MOST_NAMES = 100;

  private final LibrarySchema library;
  private final Subschema closures;
  private final UnknownProperties unknown;

  /** Whether a valid value whose judgement met no unnamed property has none. */
  private final boolean namesAreSeen;

  private final Set<String> names;

  JsonSchema(LibrarySchema library, Subschema closures, UnknownProperties unknown) {
    this.library = library;
    this.closures = closures;
    this.unknown = unknown;
    this.namesAreSeen = UnknownSearch.isNeedless(closures);
    this.names = closures.names(MOST_NAMES);
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

  /** Names of properties that the schema, and those that it leads to, list; not all of many. */
  public Set<String> names() {
    return names;
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
    Run.Progress run = new Run.Progress(value);
    try {
      boolean valid = closures.passes(value, run);
      boolean allNamed = valid && namesAreSeen && !run.unnamed;
      List<String> unnamed =
          unknown == UnknownProperties.DENY && !allNamed && !run.exhausted()
              ? UnknownSearch.search(value, closures, run)
              : List.of();
      if (run.exhausted()) {
        return List.of(Violations.givenUp(part));
      }
      return valid && unnamed.isEmpty()
          ? List.of()
          : Violations.of(valid ? List.of() : explain(value, part), unnamed, part);
    } catch (StackOverflowError _) {
      return List.of(Violations.givenUp(part));
    }
  }

  /**
   * What is wrong with an invalid value.
   *
   * @return at least one: a value that the closures refuse stays refused, whatever the library says
   */
  private List<Violation> explain(JsonNode value, Violation.Part part) {
    return switch (library.list(value)) {
      case LibrarySchema.Judgement.Invalid(var errors) -> Violations.of(errors, part);
      case LibrarySchema.Judgement.Valid(), LibrarySchema.Judgement.GivenUp() ->
          List.of(Violations.unexplained(part));
    };
  }

  /** What the library says alone. For tests that hold both against each other. */
  LibrarySchema.Judgement judgeByLibrary(JsonNode value) {
    return library.judge(value);
  }
}
