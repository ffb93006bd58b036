package dev.sallyport.server.files;

/**
 * A place in a file.
 *
 * @param file as the user named the folder, with the path below it
 * @param line from 1
 * @param column from 1, in code points
 */
public record Location(String file, int line, int column) {
  /** {@code policies/payments.yaml:12:9}. */
  @Override
  public String toString() {
    return file + ':' + line + ':' + column;
  }
}
