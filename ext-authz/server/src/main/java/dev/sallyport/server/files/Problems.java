package dev.sallyport.server.files;

import dev.sallyport.engine.compile.Diagnostic.Severity;
import java.util.ArrayList;
import java.util.List;

/** Collects what is told of one document. One thread. */
final class Problems {
  private static final int MOST = 100;

  private final List<FileProblem> told = new ArrayList<>(0);
  private final String file;
  private int errors;

  Problems(String file) {
    this.file = file;
  }

  void error(YamlNode at, FieldPath field, String message) {
    tell(at.line(), at.column(), field, Severity.ERROR, message);
  }

  void error(int line, int column, FieldPath field, String message) {
    tell(line, column, field, Severity.ERROR, message);
  }

  void warning(YamlNode at, FieldPath field, String message) {
    tell(at.line(), at.column(), field, Severity.WARNING, message);
  }

  private void tell(int line, int column, FieldPath field, Severity severity, String message) {
    if (severity == Severity.ERROR) {
      errors++;
    }
    if (told.size() < MOST) {
      told.add(new FileProblem(file, line, column, field.toString(), severity, message));
    }
  }

  /** How many errors there were, those beyond the bound too. */
  int errors() {
    return errors;
  }

  List<FileProblem> told() {
    return List.copyOf(told);
  }
}
