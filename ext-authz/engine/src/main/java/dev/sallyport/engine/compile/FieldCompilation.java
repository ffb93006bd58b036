package dev.sallyport.engine.compile;

import dev.sallyport.crd.ApiPolicySpec.Fields;
import dev.sallyport.engine.fields.FieldScope;
import org.jspecify.annotations.Nullable;

/** Compiles the field scopes of one operation. */
final class FieldCompilation {
  private FieldCompilation() {}

  /** The field scopes; null where they were refused. */
  static @Nullable FieldScope compile(Fields fields, String field, Report report) {
    report.unsupported(field, "a field scope");
    return null;
  }
}
