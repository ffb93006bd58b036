package dev.sallyport.server.files;

import dev.sallyport.engine.compile.Diagnostic.Severity;
import java.util.Locale;

/**
 * Something wrong with a file, or with an object as it is written there.
 *
 * @param file as the user named the folder, with the path below it
 * @param line from 1; 0 where it is about the whole file
 * @param column from 1, in code points; 0 where it is about the whole file
 * @param field path in the object, {@code spec.operations[0].match[0]}; empty for the whole
 * @param severity an error keeps the object out of force, or in force as it last was
 * @param message lower case, no full stop, what to do; never a value out of a Secret
 */
public record FileProblem(
    String file, int line, int column, String field, Severity severity, String message) {
  static FileProblem ofFile(String file, Severity severity, String message) {
    return new FileProblem(file, 0, 0, "", severity, message);
  }

  FileProblem movedDown(int lines) {
    return lines == 0
        ? this
        : new FileProblem(file, line + lines, column, field, severity, message);
  }

  /** {@code policies/payments.yaml:12:9: error: spec.hosts: …}, one line. */
  @Override
  public String toString() {
    String place = line == 0 ? file : file + ':' + line + ':' + column;
    String where = field.isEmpty() ? "" : field + ": ";
    return place + ": " + severity.name().toLowerCase(Locale.ROOT) + ": " + where + message;
  }
}
