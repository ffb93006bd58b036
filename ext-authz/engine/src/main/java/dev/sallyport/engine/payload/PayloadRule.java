package dev.sallyport.engine.payload;

import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.receive.Request;
import dev.sallyport.engine.schema.JsonSchema;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What a request to one operation may carry.
 *
 * @param content how its body is read, and which bodies it takes at all
 * @param arguments what the arguments of an MCP tool may be; null where any will do, or it is none
 */
public record PayloadRule(ContentRule content, @Nullable JsonSchema arguments) {
  /** Nothing is looked at. */
  public static final PayloadRule NONE = new PayloadRule(ContentRule.NONE, null);

  /**
   * Judges a request.
   *
   * @param content what {@link #content()} read of it
   * @param arguments of the MCP tool that it calls; null where it calls none, or without arguments
   * @return null where the operation takes it
   */
  public @Nullable Denial check(Request request, Content content, @Nullable JsonNode arguments) {
    Denial denial =
        switch (content) {
          case Content.Refused(var why) -> why;
          case Content.Absent(), Content.Unread(), Content.Tree _ -> null;
        };
    return denial == null ? checkArguments(arguments) : denial;
  }

  private @Nullable Denial checkArguments(@Nullable JsonNode sent) {
    if (arguments == null) {
      return null;
    }
    // To leave arguments out means to call without any, which a schema may refuse.
    JsonNode judged = sent == null ? JsonNodeFactory.instance.objectNode() : sent;
    List<Violation> errors = arguments.check(judged, Part.ARGUMENTS);
    return errors.isEmpty()
        ? null
        : Denial.of(
            Reason.TOOL_ARGUMENTS_INVALID, "the tool does not take these arguments", errors);
  }
}
