package dev.sallyport.engine.decision;

/**
 * One way in which a request breaks its schema. Holds what the schema says and where, never a value
 * that was sent.
 *
 * @param part what of the request the pointer leads into
 * @param pointer a JSON Pointer (RFC 6901) to the place; empty for the whole. Names in it may be
 *     the caller's own, bounded in length
 * @param keyword the keyword of JSON Schema that is not met, such as {@code maximum}; {@code scope}
 *     for a field beyond scope, {@code syntax} for what can't be read
 * @param detail one short sentence for the caller: what is wanted, not what was sent
 */
public record Violation(Part part, String pointer, String keyword, String detail) {
  /** What of a request is judged by a schema. */
  public enum Part {
    BODY("body"),
    QUERY("query"),
    PATH("path"),
    HEADER("header"),
    COOKIE("cookie"),
    ARGUMENTS("arguments");

    private final String code;

    Part(String code) {
      this.code = code;
    }

    /** The part as users read it: {@code body}. */
    public String code() {
      return code;
    }
  }
}
