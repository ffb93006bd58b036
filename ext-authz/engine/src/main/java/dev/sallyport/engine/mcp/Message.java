package dev.sallyport.engine.mcp;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * One JSON-RPC message (JSON-RPC 2.0 sections 4 and 5), read so that no two servers can take it for
 * two different ones: a member that the protocol does not know is refused, since to a server that
 * ignores case {@code Method} is {@code method}.
 */
sealed interface Message {
  /**
   * What wants an answer.
   *
   * @param id as JSON
   * @param params an empty object where there are none
   */
  record Call(String method, String id, JsonNode params) implements Message {}

  /** What wants none. */
  record Notification(String method, JsonNode params) implements Message {}

  /** The answer to what the server asked on a stream. */
  record Response() implements Message {}

  /**
   * None of them.
   *
   * @param why one sentence for the caller, without the caller's text
   * @param id as JSON, where it could be read
   */
  record Malformed(String why, @Nullable String id) implements Message {}

  /** Of an id as JSON without its quotes, which every answer repeats. */
  int LONGEST_ID = 256;

  /** The first part of the method of every notification. */
  String NOTIFICATIONS = "notifications/";

  Set<String> REQUEST_MEMBERS = Set.of("jsonrpc", "id", "method", "params");
  Set<String> RESPONSE_MEMBERS = Set.of("jsonrpc", "id", "result", "error");

  /** Reads a message. */
  static Message read(JsonNode body) {
    if (body.isArray()) {
      return new Malformed("batches are not taken: send one message a request", null);
    }
    if (!body.isObject()) {
      return new Malformed("a message must be an object", null);
    }
    JsonNode sentId = body.get("id");
    String id = sentId == null ? null : id(sentId);
    JsonNode version = body.get("jsonrpc");
    if (version == null || !version.isString() || !version.stringValue().equals("2.0")) {
      return new Malformed("`jsonrpc` must be \"2.0\"", id);
    }
    if (sentId != null && id == null) {
      return new Malformed("`id` must be an integer, or a string of at most 256 characters", null);
    }
    return body.has("method") ? request(body, id) : response(body, id);
  }

  private static Message request(JsonNode body, @Nullable String id) {
    if (!hasOnly(body, REQUEST_MEMBERS)) {
      return new Malformed(
          "a request has no members but `jsonrpc`, `id`, `method` and `params`", id);
    }
    JsonNode method = body.get("method");
    if (!method.isString()) {
      return new Malformed("`method` must be a string", id);
    }
    JsonNode params = body.get("params");
    if (params != null && !params.isObject()) {
      return new Malformed("`params` must be an object", id);
    }
    JsonNode given = params == null ? JsonNodeFactory.instance.objectNode() : params;
    String name = method.stringValue();
    if (name.startsWith(NOTIFICATIONS)) {
      return id == null
          ? new Notification(name, given)
          : new Malformed("a notification has no `id`", id);
    }
    return id == null ? new Malformed("a request needs an `id`", null) : new Call(name, id, given);
  }

  // Its id is one that the server gave, so no answer repeats it.
  private static Message response(JsonNode body, @Nullable String id) {
    if (!hasOnly(body, RESPONSE_MEMBERS)) {
      return new Malformed(
          "a message needs a `method`, or is an answer of `jsonrpc`, `id` and `result` or `error`",
          null);
    }
    if (body.has("result") == body.has("error")) {
      return new Malformed("a message needs a `method`, or either a `result` or an `error`", null);
    }
    JsonNode content = body.has("result") ? body.get("result") : body.get("error");
    if (!content.isObject()) {
      return new Malformed("a `result` or `error` must be an object", null);
    }
    return id == null ? new Malformed("an answer needs an `id`", null) : new Response();
  }

  /** The id as JSON; null where it is none, or none that an answer may repeat. */
  private static @Nullable String id(JsonNode id) {
    boolean taken =
        id.isString()
            ? id.stringValue().length() <= LONGEST_ID
            : id.isIntegralNumber() && id.canConvertToLong();
    String text = taken ? id.toString() : "";
    // Escapes make it longer than its characters are.
    return taken && text.length() <= LONGEST_ID + "\"\"".length() ? text : null;
  }

  /** Whether an object has no member but these. */
  static boolean hasOnly(JsonNode object, Set<String> members) {
    for (String name : object.propertyNames()) {
      if (!members.contains(name)) {
        return false;
      }
    }
    return true;
  }
}
