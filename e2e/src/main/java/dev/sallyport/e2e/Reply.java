package dev.sallyport.e2e;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An answer as it came over the wire.
 *
 * @param status zero where the connection was closed without an answer
 * @param body as UTF-8
 */
public record Reply(int status, List<Field> fields, String body) {
  private static final JsonMapper JSON = new JsonMapper();

  /** The values of a header, in order; names are compared without case. */
  public List<String> all(String name) {
    return fields.stream()
        .filter(field -> field.name().equalsIgnoreCase(name))
        .map(Field::value)
        .toList();
  }

  public Optional<String> first(String name) {
    return all(name).stream().findFirst();
  }

  /** The body as JSON; a missing node where it is none. */
  public JsonNode json() {
    String type = first("content-type").orElse("").toLowerCase(Locale.ROOT);
    return type.contains("json") ? JSON.readTree(body) : JSON.missingNode();
  }

  /** The reason of a denial; empty for every other answer. */
  public String reason() {
    return problem().path("reason").asString("");
  }

  /** What a denial says: a problem (RFC 9457), or the data of a JSON-RPC error. */
  private JsonNode problem() {
    JsonNode data = json().at("/error/data");
    return data.isObject() ? data : json();
  }

  /** The decision's id: a denial tells the caller, an allow the upstream. */
  public String decisionId() {
    return seen()
        .flatMap(seen -> seen.first("x-sallyport-decision-id"))
        .orElseGet(() -> problem().path("decisionId").asString(""));
  }

  /** What the upstream saw, where it was the upstream that answered. */
  public Optional<Upstream.Seen> seen() {
    return first("x-upstream").isPresent()
        ? Optional.of(Upstream.Seen.of(json()))
        : Optional.empty();
  }

  static Reply read(BufferedInputStream in, String method) throws IOException {
    String line = RawRequest.line(in);
    if (line.isEmpty()) {
      return new Reply(0, List.of(), "");
    }
    String[] parts = line.split(" ", 3);
    int status = Integer.parseInt(parts[1]);
    List<Field> fields = RawRequest.fields(in);
    if (status == 100) {
      return read(in, method);
    }
    Reply head = new Reply(status, fields, "");
    boolean hasNone = method.equals("HEAD") || status == 101 || status == 204 || status == 304;
    boolean isTunnel = method.equals("CONNECT") && status / 100 == 2;
    if (hasNone || isTunnel) {
      return head;
    }
    return new Reply(status, fields, new String(body(head, in), StandardCharsets.UTF_8));
  }

  private static byte[] body(Reply head, BufferedInputStream in) throws IOException {
    if (head.first("transfer-encoding").orElse("").equalsIgnoreCase("chunked")) {
      return RawRequest.chunks(in);
    }
    Optional<String> declared = head.first("content-length");
    if (declared.isEmpty()) {
      return in.readAllBytes();
    }
    int length = Integer.parseInt(declared.get());
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("the body ends early");
    }
    return body;
  }
}
