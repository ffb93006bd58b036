package dev.sallyport.engine.content;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.receive.Request;
import tools.jackson.databind.JsonNode;

/** The body of a request, as an operation takes it. */
public sealed interface Content {
  /** There is none, for sure. */
  record Absent() implements Content {}

  /**
   * JSON, or the fields of a form as an object.
   *
   * @param mediaType {@code type/subtype} in lower case
   */
  record Tree(JsonNode value, String mediaType) implements Content {}

  /** There may be one, and the operation does not look into it. */
  record Unread() implements Content {}

  /** The operation does not take it, or it can't be judged. */
  record Refused(Denial denial) implements Content {}

  /** Whether something of a request says that it has a body. */
  static boolean isTold(Request request) {
    return SentBody.isTold(request);
  }
}
