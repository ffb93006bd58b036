package dev.sallyport.engine.content;

import dev.sallyport.engine.Sent;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Request;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Requests with bodies, as Envoy sends them when it buffers. */
final class Bodies {
  private Bodies() {}

  static Request request(String method, String path, Map<String, String> headers, byte[] body) {
    return Sent.request(method, path, Headers.joined(headers), body);
  }

  /** A POST whose body was buffered whole. */
  static Request post(String contentType, byte[] body) {
    return post(contentType, Map.of(), body);
  }

  static Request post(String contentType, Map<String, String> more, byte[] body) {
    Map<String, String> headers = new HashMap<>(more);
    headers.put("content-type", contentType);
    headers.put("content-length", String.valueOf(body.length));
    headers.put("x-envoy-auth-partial-body", "false");
    return request("POST", "/x", headers, body);
  }

  static Content read(ContentRule rule, String contentType, String body) {
    return rule.read(post(contentType, body.getBytes(StandardCharsets.UTF_8)));
  }

  /** A rule that reads every type that can be read. */
  static ContentRule all(long maxBytes, String... encodings) {
    return all(maxBytes, ValueType.STRING, encodings);
  }

  static ContentRule all(long maxBytes, ValueType fields, String... encodings) {
    MediaRange any = new MediaRange("*", "*", "");
    return new ContentRule(
        List.of(any),
        Set.of(encodings),
        maxBytes,
        true,
        List.of(new ContentRule.Form(any, fields)),
        List.of());
  }

  /** The reason's code, and why, of what was refused; the tree of what was read. */
  static String told(Content content) {
    return switch (content) {
      case Content.Tree(var value, _) -> value.toString();
      case Content.Absent() -> "absent";
      case Content.Unread() -> "unread";
      case Content.Refused(Denial denial) ->
          denial.reason().code()
              + ": "
              + (denial.errors().isEmpty() ? denial.detail() : denial.errors().getFirst().detail());
    };
  }
}
