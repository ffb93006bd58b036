package dev.sallyport.engine.decision;

/**
 * One header field of an answer (RFC 9110 section 5).
 *
 * @param name lower case
 * @param value visible ASCII and spaces only
 */
public record HttpField(String name, String value) {
  public HttpField {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      // INVARIANT: nothing that a caller sent can split or smuggle a field.
      if (c < 0x20 || c > 0x7e) {
        throw new IllegalArgumentException("a field value holds a character outside visible ASCII");
      }
    }
  }
}
