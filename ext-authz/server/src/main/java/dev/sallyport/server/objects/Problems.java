package dev.sallyport.server.objects;

import dev.sallyport.engine.compile.Diagnostic.Severity;
import java.util.ArrayList;
import java.util.List;

/** Collects what is told of one document. One thread. */
public final class Problems {
  private static final int MOST = 100;

  private final List<Problem> told = new ArrayList<>(0);
  private int errors;

  /** Adds an error about a node. */
  public void error(Node at, FieldPath field, String message) {
    tell(at.line(), at.column(), field, Severity.ERROR, message);
  }

  /** Adds an error about a place. */
  public void error(int line, int column, FieldPath field, String message) {
    tell(line, column, field, Severity.ERROR, message);
  }

  void warning(Node at, FieldPath field, String message) {
    tell(at.line(), at.column(), field, Severity.WARNING, message);
  }

  private void tell(int line, int column, FieldPath field, Severity severity, String message) {
    if (severity == Severity.ERROR) {
      errors++;
    }
    if (told.size() < MOST) {
      told.add(new Problem(line, column, field.toString(), severity, message));
    }
  }

  /** How many errors there were, those beyond the bound too. */
  int errors() {
    return errors;
  }

  /** What was told, in order; no more than anybody reads. */
  public List<Problem> told() {
    return List.copyOf(told);
  }
}
