package dev.sallyport.engine.conditions;

import dev.cel.common.CelErrorCode;
import dev.cel.common.exceptions.CelRuntimeException;

/**
 * A value that an expression asked for can't be told; why is one of our own sentences, and holds
 * nothing of the request.
 */
final class Faulty extends CelRuntimeException {
  private static final long serialVersionUID = 1;

  private final String why;

  Faulty(String why) {
    super(null, CelErrorCode.INVALID_ARGUMENT);
    this.why = why;
  }

  String why() {
    return why;
  }

  /** Callers control how often this happens, and nobody reads a trace. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
