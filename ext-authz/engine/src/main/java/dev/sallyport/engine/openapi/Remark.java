package dev.sallyport.engine.openapi;

/**
 * Something about a document that its reader should know.
 *
 * @param pointer a JSON Pointer (RFC 6901) into the document; empty for the whole
 * @param message lower case, no full stop, what to do
 */
public record Remark(String pointer, String message) {
  /** The place and the message, as a sentence goes on with it. */
  public String told() {
    return pointer.isEmpty() ? message : '`' + pointer + "`: " + message;
  }
}
