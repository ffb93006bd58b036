package dev.sallyport.cli;

import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a command line what Envoy would send.
 *
 * <p>The URL is taken apart by hand and nothing in it is corrected: a request that is malformed is
 * worth a check too.
 */
final class CheckedRequest {
  private static final String END_CERTIFICATE = "-----END CERTIFICATE-----";

  private final String host;
  private final String path;

  private CheckedRequest(String host, String path) {
    this.host = host;
    this.path = path;
  }

  static CheckedRequest of(String url) throws Failure {
    String rest;
    if (url.regionMatches(true, 0, "https://", 0, 8)) {
      rest = url.substring(8);
    } else if (url.regionMatches(true, 0, "http://", 0, 7)) {
      rest = url.substring(7);
    } else {
      throw new Failure("--url needs `https://` or `http://` in front");
    }
    int fragment = rest.indexOf('#');
    String sent = fragment < 0 ? rest : rest.substring(0, fragment);
    int end = 0;
    while (end < sent.length() && sent.charAt(end) != '/' && sent.charAt(end) != '?') {
      end++;
    }
    if (end == 0) {
      throw new Failure("--url needs a host, as in `https://api.example.com/v1`");
    }
    String path = sent.substring(end);
    return new CheckedRequest(sent.substring(0, end), path.startsWith("/") ? path : '/' + path);
  }

  /** The path without its query, which may hold a credential. */
  String pathShown() {
    int query = path.indexOf('?');
    return query < 0 ? path : path.substring(0, query);
  }

  /**
   * The request.
   *
   * @param headers as {@code Name: value}
   * @param body null where there is none
   * @param certificate of the connection, as Envoy sends it; null where there is none
   */
  Inbound inbound(
      String id,
      Instant at,
      String method,
      List<String> headers,
      byte @Nullable [] body,
      @Nullable String peerAddress,
      @Nullable String certificate,
      @Nullable String policy)
      throws Failure {
    List<Map.Entry<String, String>> lines = new ArrayList<>();
    String authority = host;
    boolean hasLength = false;
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        // Not quoted: it may be a credential.
        throw new Failure("--header takes `Name: value`");
      }
      String name = header.substring(0, colon).strip().toLowerCase(Locale.ROOT);
      String value = header.substring(colon + 1).strip();
      if (name.equals("host")) {
        authority = value;
        continue;
      }
      hasLength |= name.equals("content-length");
      lines.add(Map.entry(name, value));
    }
    int size = body == null ? 0 : body.length;
    if (body != null && !hasLength) {
      lines.add(Map.entry("content-length", Integer.toString(size)));
    }
    return new Inbound(
        id,
        at,
        method,
        path,
        authority,
        Headers.listed(lines),
        body == null ? Inbound.Body.NONE : Inbound.Body.of(body),
        peerAddress,
        certificate,
        policy,
        List.of());
  }

  /** The bytes of {@code --body}: the text itself, or the file behind an {@code @}. */
  static byte @Nullable [] body(@Nullable String given) throws Failure {
    if (given == null) {
      return null;
    }
    if (!given.startsWith("@")) {
      return given.getBytes(StandardCharsets.UTF_8);
    }
    return InputFile.ofRequest(Path.of(given.substring(1)), "--body");
  }

  /**
   * A caller's certificate as Envoy sends it: of a chain the first, which is the caller's own.
   *
   * @param option that names the file
   */
  static @Nullable String certificate(@Nullable Path file, String option) throws Failure {
    if (file == null) {
      return null;
    }
    String text = new String(InputFile.ofRequest(file, option), StandardCharsets.ISO_8859_1);
    int start = text.indexOf("-----BEGIN CERTIFICATE-----");
    int end = text.indexOf(END_CERTIFICATE, Math.max(start, 0));
    if (start < 0 || end < 0) {
      throw new Failure("the file `" + file + "` of " + option + " holds no certificate in PEM");
    }
    return URLEncoder.encode(
            text.substring(start, end + END_CERTIFICATE.length()), StandardCharsets.UTF_8)
        .replace("+", "%20");
  }
}
