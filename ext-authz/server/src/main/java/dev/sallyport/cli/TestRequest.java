package dev.sallyport.cli;

import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Makes of the request of a policy test what Envoy would send. */
final class TestRequest {
  /** Of a block that is given to nobody (RFC 5737). */
  private static final String SOMEWHERE = "203.0.113.7";

  /** Where a region is put that no configured header holds; no caller can send such a name. */
  private static final String REGION = ":region";

  private static final String CONTENT_TYPE = "content-type";
  private static final String CONTENT_LENGTH = "content-length";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private TestRequest() {}

  /**
   * The request as it is written.
   *
   * @param url host, path and query; nothing in it is corrected
   * @param host in place of the one in the URL
   * @param path with the query, in place of the one in the URL
   * @param headers one line a name
   * @param lines names and values, for a header that is sent twice; nothing is added to these
   * @param peer the address that Envoy names as the source; empty for none
   * @param region where the caller is, in place of what the configuration says of its address
   * @param policy {@code namespace/name}, as Envoy's context extension names it
   * @param routes as Envoy Gateway names them
   * @param body text
   * @param base64 bytes
   * @param bodyFile a file with the bytes, by its path from the test file
   * @param json a value that is sent as JSON
   * @param lossy whether Envoy sends the body as text
   * @param size of the whole body, where less of it is sent
   * @param certificate a file in PEM with the caller's certificate, by its path from the test file
   */
  public record Written(
      @Nullable String method,
      @Nullable String url,
      @Nullable String host,
      @Nullable String path,
      Map<String, Object> headers,
      List<List<Object>> lines,
      @Nullable String peer,
      @Nullable String region,
      @Nullable String policy,
      List<Route> routes,
      @Nullable String body,
      @Nullable String base64,
      @Nullable String bodyFile,
      @Nullable Object json,
      @Nullable Boolean lossy,
      @Nullable Long size,
      @Nullable String certificate) {
    public Written {
      headers = headers == null ? Map.of() : headers;
      lines = lines == null ? List.of() : lines;
      routes = routes == null ? List.of() : routes;
    }
  }

  /** A Gateway API object. */
  public record Route(@Nullable String kind, @Nullable String namespace, String name) {}

  /** Which header holds the region of a request, where the test says one. */
  static String regionHeader(@Nullable String configured) {
    return configured == null ? REGION : configured.toLowerCase(Locale.ROOT);
  }

  /**
   * The request.
   *
   * @param folder that files are looked for in
   * @param regionHeader what the configuration calls it; null where it has none
   * @throws Failure if it can't be made; the message names the field
   */
  static Inbound read(
      Written written, Path folder, String id, Instant at, @Nullable String regionHeader)
      throws Failure {
    String url = written.url() == null ? "https://" : written.url();
    int authority = url.indexOf("//") + 2;
    if (authority < 2 || (written.url() == null && written.host() == null)) {
      throw new Failure("`url` needs `https://` or `http://` in front, and a host");
    }
    int slash = url.indexOf('/', authority);
    byte @Nullable [] body = body(written, folder);
    return new Inbound(
        id,
        at,
        written.method() == null ? "GET" : written.method(),
        written.path() == null ? (slash < 0 ? "" : url.substring(slash)) : written.path(),
        written.host() == null
            ? url.substring(authority, slash < 0 ? url.length() : slash)
            : written.host(),
        headers(written, body, regionHeader),
        body(written, body),
        written.peer() == null ? SOMEWHERE : written.peer(),
        written.certificate() == null
            ? null
            : CheckedRequest.certificate(folder.resolve(written.certificate()), "`certificate`"),
        written.policy(),
        written.routes().stream()
            .map(route ->
                new Inbound.Route(
                    route.kind() == null ? "HTTPRoute" : route.kind(),
                    route.namespace() == null ? "default" : route.namespace(),
                    route.name()))
            .toList());
  }

  private static Inbound.Body body(Written written, byte @Nullable [] bytes) {
    byte[] sent = bytes == null ? new byte[0] : bytes;
    long size = written.size() == null ? sent.length : written.size();
    return Boolean.TRUE.equals(written.lossy())
        ? new Inbound.Body(Inbound.BodyForm.LOSSY, sent.length, size, sent::clone)
        : Inbound.Body.of(sent, size);
  }

  private static byte @Nullable [] body(Written written, Path folder) throws Failure {
    long given =
        Stream.of(written.body(), written.base64(), written.bodyFile(), written.json())
            .filter(body -> body != null)
            .count();
    if (given > 1) {
      throw new Failure("a request has one of `body`, `base64`, `bodyFile` and `json`");
    }
    if (written.body() != null) {
      return written.body().getBytes(StandardCharsets.UTF_8);
    }
    if (written.json() != null) {
      return JSON.writeValueAsBytes(written.json());
    }
    if (written.base64() != null) {
      try {
        return Base64.getDecoder().decode(written.base64());
      } catch (IllegalArgumentException _) {
        throw new Failure("`base64` is not base64");
      }
    }
    if (written.bodyFile() == null) {
      return null;
    }
    return InputFile.ofRequest(folder.resolve(written.bodyFile()), "`bodyFile`");
  }

  private static Headers headers(
      Written written, byte @Nullable [] body, @Nullable String regionHeader) throws Failure {
    String region = written.region();
    if (!written.lines().isEmpty()) {
      if (!written.headers().isEmpty()) {
        throw new Failure("a request has `headers` or `lines`, not both");
      }
      List<Map.Entry<String, String>> lines = new ArrayList<>();
      for (List<Object> line : written.lines()) {
        if (line.size() != 2) {
          throw new Failure("a line of `lines` is a name and a value, as in `[accept, text/html]`");
        }
        lines.add(Map.entry(lowerCase(line.getFirst()), String.valueOf(line.getLast())));
      }
      if (region != null) {
        lines.add(Map.entry(regionHeader(regionHeader), region));
      }
      return Headers.listed(lines);
    }
    Map<String, String> headers = new LinkedHashMap<>();
    written
        .headers()
        .forEach((name, value) ->
            headers.put(lowerCase(name), value == null ? "" : String.valueOf(value)));
    if (body != null && !isMeasured(headers)) {
      headers.put(CONTENT_LENGTH, String.valueOf(body.length));
    }
    if (written.json() != null) {
      headers.putIfAbsent(CONTENT_TYPE, "application/json");
    }
    if (region != null) {
      headers.put(regionHeader(regionHeader), region);
    }
    return Headers.joined(headers);
  }

  /** Whether the test says how long the body is, or that nobody knows. */
  private static boolean isMeasured(Map<String, String> headers) {
    return headers.containsKey(CONTENT_LENGTH)
        || headers.containsKey("transfer-encoding")
        || headers.containsKey("x-envoy-auth-partial-body");
  }

  private static String lowerCase(Object name) {
    return String.valueOf(name).toLowerCase(Locale.ROOT);
  }
}
