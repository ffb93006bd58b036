package dev.sallyport.server.admin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What {@code /metrics} shows. */
@FunctionalInterface
public interface MetricsPage {
  /** No metric at all. */
  MetricsPage EMPTY =
      _ ->
          new Content(
              "text/plain; version=0.0.4; charset=utf-8", "".getBytes(StandardCharsets.UTF_8));

  /**
   * The metrics as they are now.
   *
   * @param accept the request's {@code Accept} field, null where it has none
   */
  Content read(@Nullable String accept) throws IOException;

  /**
   * One page.
   *
   * @param body must not be changed
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared, and a copy of a large page is waste
  record Content(String contentType, byte[] body) {}
}
