package dev.sallyport.engine.openapi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of an operation's requests.
 *
 * @param pointer its place in the document
 * @param content at least one; of those that fit a request the most specific counts
 */
public record RequestBody(String pointer, boolean required, List<MediaType> content) {
  public RequestBody {
    content = List.copyOf(content);
  }

  /**
   * One way to write the body.
   *
   * @param range {@code application/json}, {@code image/*} or {@code *}{@code /*}; lower case,
   *     without parameters
   * @param schema the place of its schema; null where anything will do
   * @param oddField the place of the first field of a form that is written in another style than
   *     one field an item; null where there is none
   */
  public record MediaType(
      String pointer, String range, @Nullable String schema, @Nullable String oddField) {}
}
