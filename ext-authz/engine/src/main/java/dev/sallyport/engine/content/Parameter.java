package dev.sallyport.engine.content;

/**
 * One parameter, and how its value is written (OpenAPI 3.1 section 4.8.12).
 *
 * @param name as declared; of headers without regard to case
 * @param style how arrays and objects are written
 * @param explode whether each element or member is written on its own
 * @param required whether it must be there
 * @param emptyAllowed whether it may be there without a value, whatever its type
 * @param type what its text stands for
 * @param segment which segment of the request's path it is, counted from 0; only of paths
 */
public record Parameter(
    String name,
    Style style,
    boolean explode,
    boolean required,
    boolean emptyAllowed,
    ValueType type,
    int segment) {

  /** How a value is written. */
  public enum Style {
    /** Query and cookie: {@code a=1&a=2}, or {@code a=1,2}. */
    FORM,
    /** Query: {@code a=1%202}. */
    SPACE_DELIMITED,
    /** Query: {@code a=1|2}. */
    PIPE_DELIMITED,
    /** Query: {@code a[x]=1&a[y]=2}. */
    DEEP_OBJECT,
    /** Path and header: {@code 1,2}. */
    SIMPLE,
    /** Path: {@code .1.2}. */
    LABEL,
    /** Path: {@code ;a=1,2}. */
    MATRIX,
    /** Anywhere: a JSON text ({@code content} of {@code application/json}). */
    JSON
  }

  /**
   * A parameter of a query, as a schema of the whole query declares it: a list repeats its name, an
   * object puts its members in brackets.
   */
  public static Parameter ofQuery(String name, ValueType type) {
    Style style = type.kind() == ValueType.Kind.OBJECT ? Style.DEEP_OBJECT : Style.FORM;
    return new Parameter(name, style, true, false, false, type, 0);
  }
}
