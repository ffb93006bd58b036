package dev.sallyport.engine.openapi;

import org.jspecify.annotations.Nullable;

/**
 * A parameter of an operation.
 *
 * @param pointer its place in the document
 * @param name as it stands in requests; of headers in lower case
 * @param style how its value is written
 * @param explode whether each item or property of a value stands on its own
 * @param emptyAllowed whether it may stand without a value
 * @param mediaType of a value that is written as a document of its own, lower case; null where it
 *     is written by its style
 * @param schema the place of its schema; null where any value will do
 */
public record DocumentParameter(
    String pointer,
    In in,
    String name,
    boolean required,
    Style style,
    boolean explode,
    boolean emptyAllowed,
    @Nullable String mediaType,
    @Nullable String schema) {
  /** Where a parameter stands. */
  public enum In {
    PATH("path"),
    QUERY("query"),
    HEADER("header"),
    COOKIE("cookie");

    private final String code;

    In(String code) {
      this.code = code;
    }

    /** As documents write it: {@code query}. */
    public String code() {
      return code;
    }
  }

  /** How values with more than one part are written (OpenAPI 3.1.1 section 4.8.12.2). */
  public enum Style {
    SIMPLE("simple"),
    FORM("form"),
    LABEL("label"),
    MATRIX("matrix"),
    SPACE_DELIMITED("spaceDelimited"),
    PIPE_DELIMITED("pipeDelimited"),
    DEEP_OBJECT("deepObject");

    private final String code;

    Style(String code) {
      this.code = code;
    }

    /** As documents write it: {@code deepObject}. */
    public String code() {
      return code;
    }
  }
}
