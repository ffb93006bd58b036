package dev.sallyport.engine.authenticate;

/**
 * What Sallyport authenticates itself to an issuer with.
 *
 * @param text visible ASCII and spaces, not empty
 */
public record ClientSecret(String text) {
  /** Never prints it. */
  @Override
  public String toString() {
    return "ClientSecret[redacted]";
  }
}
