package dev.sallyport.engine.mcp;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.receive.Request;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An MCP endpoint of one policy. Immutable.
 *
 * @param <T> what an operation is; this room does not look into it
 */
public final class McpEndpoint<T> {
  private McpEndpoint() {}

  /** What a request to an endpoint is. */
  public sealed interface Exchange<T> {
    /**
     * A message, or the opening or end of a stream.
     *
     * @param operation what it is judged as
     * @param name the operation's name
     * @param tool the tool's name; null where none is called
     * @param arguments the tool's; null where none is called, or without arguments
     * @param rpc for the answer and the record
     */
    record Called<T>(
        T operation,
        String name,
        @Nullable String tool,
        @Nullable JsonNode arguments,
        Facts.Rpc rpc)
        implements Exchange<T> {}

    /** Not a message that the endpoint takes. */
    record Refused<T>(Denial denial, Facts.Rpc rpc) implements Exchange<T> {}
  }

  /** The path of the endpoint, for records. */
  public String path() {
    return "";
  }

  /**
   * Whether a path is the endpoint's.
   *
   * @param segments decoded, as in {@code RequestPath}
   */
  public boolean serves(List<String> segments) {
    return false;
  }

  /** Reads a request to the endpoint. */
  public Exchange<T> read(Request request) {
    return new Exchange.Refused<>(
        Denial.of(Reason.OPERATION_UNDECLARED, "MCP is not available in this version"),
        new Facts.Rpc(null, null, null, 0));
  }
}
