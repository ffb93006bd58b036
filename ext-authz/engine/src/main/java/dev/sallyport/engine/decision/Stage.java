package dev.sallyport.engine.decision;

import java.util.Locale;

/** The eight stages of a decision, in their order. */
public enum Stage {
  RECEIVE,
  POLICY,
  OPERATION,
  AUTHENTICATE,
  IDENTITY,
  AUTHORIZE,
  PAYLOAD,
  QUOTA;

  private final String code = name().toLowerCase(Locale.ROOT);

  /** The stage as users read it: {@code authenticate}. */
  public String code() {
    return code;
  }
}
