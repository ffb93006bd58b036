package dev.sallyport.e2e;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code requests.json} of an example: requests in order, each with the answer that it gets.
 *
 * @param times how often the request is sent, each time with the same answer; once where it is null
 */
record ExampleRequests(String name, @Nullable Integer times, Sent request, Expected answer) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /** What is sent. */
  record Sent(
      String method, URI url, @Nullable Map<String, String> headers, @Nullable String body) {}

  /**
   * What comes back; what is null or absent is not looked at.
   *
   * @param shadowedLimit a limit that is only tried out and would have denied the request
   * @param headers of the answer; {@code *} for any value
   * @param upstream headers that the upstream saw; null for one that it must not see
   * @param target path and query that the upstream saw
   * @param document the file beside {@code requests.json} that comes back, where what is in front
   *     of the upstream answers
   */
  record Expected(
      int status,
      String reason,
      @Nullable String shadowedLimit,
      @Nullable String operation,
      @Nullable String identity,
      @Nullable Map<String, String> headers,
      @Nullable Map<String, @Nullable String> upstream,
      @Nullable String target,
      @Nullable String document) {}

  /** Reads a file of them. */
  static List<ExampleRequests> read(Path file) {
    return List.of(JSON.readValue(file.toFile(), ExampleRequests[].class));
  }

  int count() {
    return times == null ? 1 : times;
  }

  RawRequest toRequest() {
    return toRequest(value -> value);
  }

  /**
   * The request.
   *
   * @param fill puts tokens into the headers that ask for them
   */
  RawRequest toRequest(UnaryOperator<String> fill) {
    URI url = request.url();
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    RawRequest sent = RawRequest.of(request.method(), url.getAuthority(), url.getRawPath() + query);
    if (request.headers() != null) {
      for (Map.Entry<String, String> header : request.headers().entrySet()) {
        sent = sent.with(header.getKey(), fill.apply(header.getValue()));
      }
    }
    return request.body() == null ? sent : sent.withBody(request.body());
  }
}
