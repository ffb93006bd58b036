package dev.sallyport.engine.compile;

import dev.sallyport.engine.decision.ObjectKey;

/**
 * Something about one object that its author should know.
 *
 * @param field path in the object, {@code spec.operations[2].match[0].path}; empty for the whole
 * @param code the condition's reason in CamelCase: {@code Invalid}, {@code Conflicted}, {@code
 *     RefNotFound}, {@code Unsupported}, {@code Unreachable}, {@code Risky}
 * @param message lower case, no full stop, what to do; never a credential
 */
public record Diagnostic(
    Severity severity, ObjectKey object, String field, String code, String message) {
  /** Whether the object is enforced as written. */
  public enum Severity {
    /** The object, or the part that the field names, is not in force. */
    ERROR,
    /** It is in force, and may not do what its author meant. */
    WARNING
  }
}
