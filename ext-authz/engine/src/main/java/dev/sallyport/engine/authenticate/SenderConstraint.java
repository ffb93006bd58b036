package dev.sallyport.engine.authenticate;

/** What shows that a credential was presented by whom it was given to. */
public enum SenderConstraint {
  /** Nothing: whoever has it can use it. */
  NONE(""),
  /** The certificate of the connection: mutual TLS itself, or a token bound to it (RFC 8705). */
  CERTIFICATE("mtls"),
  /** A proof by the key that the token is bound to (RFC 9449). */
  PROOF("dpop");

  private final String code;

  SenderConstraint(String code) {
    this.code = code;
  }

  /** As a decision records it; empty for none. */
  public String code() {
    return code;
  }
}
