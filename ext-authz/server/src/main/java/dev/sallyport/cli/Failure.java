package dev.sallyport.cli;

import java.io.Serial;

/** A command can't be carried out as it was given: exit code 2, and one line for people. */
final class Failure extends Exception {
  @Serial private static final long serialVersionUID = 1;

  Failure(String message) {
    super(message);
  }
}
