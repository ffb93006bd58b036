package dev.sallyport.engine.mcp;

import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.content.MediaRange;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.json.KnownNames;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Request;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An MCP endpoint of one policy (Model Context Protocol over streamable HTTP). Immutable.
 *
 * <p>A POST carries one JSON-RPC message, and the message alone says what is called. Headers that
 * repeat it ({@link Revision#V2026_07_28}) must agree, and decide nothing; {@code _meta} says what
 * the caller likes to say of itself, and is compared with the header of the revision only.
 *
 * @param <T> what an operation is; this room does not look into it
 */
public final class McpEndpoint<T> {
  /** The operation of a GET, which opens a stream. */
  public static final String STREAM = "stream";

  /** The operation of a DELETE. */
  public static final String END_SESSION = "end-session";

  /** The operation of an answer to what the server asked. */
  public static final String RESPONSE = "response";

  /** The operation of a tool that the policy does not list, where it lets such be called. */
  public static final String UNLISTED = MethodList.CALL;

  private static final String VERSION_HEADER = "mcp-protocol-version";
  private static final String METHOD_HEADER = "mcp-method";
  private static final String NAME_HEADER = "mcp-name";
  private static final String VERSION_MEMBER = "io.modelcontextprotocol/protocolVersion";

  /** The protocol's code for headers that say something else than the body. */
  private static final int HEADER_MISMATCH = -32020;

  /** JSON-RPC's code for parameters that are not what the method takes. */
  private static final int INVALID_PARAMS = -32602;

  private static final String UNLISTED_REVISION =
      "the endpoint does not take the revision of the protocol that `MCP-Protocol-Version` states,"
          + " or that it means where it is missing";

  /** What {@code tools/call} takes in any revision. */
  private static final Set<String> CALL_MEMBERS =
      Set.of("name", "arguments", "_meta", "task", "inputResponses", "requestState");

  /** Which member of the parameters {@code Mcp-Name} repeats. */
  private static final Map<String, String> NAMED =
      Map.of(MethodList.CALL, "name", "prompts/get", "name", "resources/read", "uri");

  private final Rules rules;
  private final ContentRule content;
  private final Map<String, Tool<T>> tools;

  /** Names of the tools in lower case. */
  private final Set<String> lowerCaseTools;

  private final Map<String, T> operations;

  /**
   * What an endpoint takes.
   *
   * @param path as it was declared
   * @param segments of the path
   * @param methods beside {@code tools/call}
   * @param origins of browsers that may call
   * @param maxBytes of a message
   * @param unlistedTools whether tools that are not listed may be called
   */
  public record Rules(
      String path,
      List<String> segments,
      Set<Revision> revisions,
      MethodList methods,
      Set<String> origins,
      long maxBytes,
      boolean unlistedTools) {
    public Rules {
      segments = List.copyOf(segments);
      revisions = Set.copyOf(revisions);
      origins = Set.copyOf(origins);
    }
  }

  /**
   * A tool that is listed.
   *
   * @param headers that repeat its arguments
   */
  public record Tool<T>(T operation, List<ArgumentHeader> headers) {
    public Tool {
      headers = List.copyOf(headers);
    }
  }

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

  /**
   * An endpoint.
   *
   * @param tools by name
   * @param arguments names of what tools take, not necessarily all
   * @param operation makes the operation of a name that is no tool's
   */
  public McpEndpoint(
      Rules rules,
      Map<String, Tool<T>> tools,
      Set<String> arguments,
      Function<String, T> operation) {
    this.rules = rules;
    Set<String> likely = new LinkedHashSet<>(Message.REQUEST_MEMBERS);
    likely.addAll(CALL_MEMBERS);
    likely.addAll(arguments);
    this.content =
        new ContentRule(
                List.of(new MediaRange("application", "json", "")),
                Set.of(),
                rules.maxBytes(),
                true)
            .knowing(KnownNames.of(likely));
    this.tools = Map.copyOf(tools);
    this.lowerCaseTools =
        tools.keySet().stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
    Map<String, T> others = new HashMap<>();
    for (String name : names(rules)) {
      others.put(name, operation.apply(name));
    }
    this.operations = Map.copyOf(others);
  }

  /** The operations that an endpoint has beside its tools. */
  public static Set<String> names(Rules rules) {
    Set<String> names = new LinkedHashSet<>(rules.methods().operations());
    names.add(STREAM);
    names.add(END_SESSION);
    names.add(RESPONSE);
    names.add(UNLISTED);
    return names;
  }

  /** The path of the endpoint, for records. */
  public String path() {
    return rules.path();
  }

  /**
   * Whether a path is the endpoint's.
   *
   * @param segments decoded, as in {@code RequestPath}
   */
  public boolean serves(List<String> segments) {
    return rules.segments().equals(segments);
  }

  /**
   * Whether a server may take a path for the endpoint's: in another case, or with a final slash
   * more or less. Its messages would be nobody's operation.
   *
   * @param segments decoded, as in {@code RequestPath}
   */
  public boolean mayServe(List<String> segments) {
    List<String> own = withoutLastSlash(rules.segments());
    List<String> others = withoutLastSlash(segments);
    boolean same = own.size() == others.size();
    for (int i = 0; same && i < own.size(); i++) {
      same = own.get(i).equalsIgnoreCase(others.get(i));
    }
    return same;
  }

  private static List<String> withoutLastSlash(List<String> segments) {
    int last = segments.size() - 1;
    return last > 0 && segments.get(last).isEmpty() ? segments.subList(0, last) : segments;
  }

  /** Reads a request to the endpoint. */
  public Exchange<T> read(Request request) {
    Headers headers = request.headers();
    List<String> origins = headers.values("origin");
    if (!origins.isEmpty()
        && !(origins.size() == 1 && rules.origins().contains(origins.getFirst()))) {
      // The protocol wants 403.
      return Reading.NOTHING.refused(
          Reason.OPERATION_UNDECLARED, "the endpoint takes no requests from this origin");
    }
    List<String> versions = headers.values(VERSION_HEADER);
    if (versions.size() > 1) {
      return Reading.NOTHING.malformed("`MCP-Protocol-Version` stands twice");
    }
    Revision stated = versions.isEmpty() ? null : Revision.parse(versions.getFirst());
    if (stated == null && !versions.isEmpty()) {
      return Reading.NOTHING.malformed("`MCP-Protocol-Version` is none that is known");
    }
    return switch (request.method()) {
      case "POST" -> message(request, stated);
      case "GET" -> session(request, stated, STREAM);
      case "DELETE" -> session(request, stated, END_SESSION);
      default ->
          Reading.of(stated)
              .refused(Reason.OPERATION_UNDECLARED, "an MCP endpoint takes POST, GET and DELETE");
    };
  }

  /** Before 2025-06-18 nobody stated a revision. */
  private static Revision spoken(@Nullable Revision stated) {
    return stated == null ? Revision.V2025_03_26 : stated;
  }

  private Exchange<T> called(Reading reading, String operation) {
    return new Exchange.Called<>(
        Objects.requireNonNull(operations.get(operation)), operation, null, null, reading.rpc(0));
  }

  // ---- GET and DELETE

  private Exchange<T> session(Request request, @Nullable Revision stated, String operation) {
    Revision revision = spoken(stated);
    Reading reading = Reading.of(revision);
    if (!rules.revisions().contains(revision)) {
      return reading.malformed(UNLISTED_REVISION);
    }
    if (!revision.hasSessions()) {
      return reading.refused(
          Reason.OPERATION_UNDECLARED, "this revision of the protocol takes POST only");
    }
    return Content.isTold(request)
        ? reading.malformed("a GET or DELETE has no body")
        : called(reading, operation);
  }

  // ---- POST

  private Exchange<T> message(Request request, @Nullable Revision stated) {
    return switch (content.read(request)) {
      case Content.Refused(var denial) -> new Exchange.Refused<>(denial, Reading.of(stated).rpc(0));
      case Content.Absent(), Content.Unread() ->
          Reading.of(stated).malformed("a POST needs a message");
      case Content.Tree(var body, _) ->
          switch (Message.read(body)) {
            case Message.Malformed(var why, var id) -> new Reading(stated, null, id).malformed(why);
            case Message.Response() -> response(spoken(stated));
            case Message.Notification(var method, var params) ->
                methodCall(request.headers(), stated, method, null, params);
            case Message.Call(var method, var id, var params) ->
                methodCall(request.headers(), stated, method, id, params);
          };
    };
  }

  private Exchange<T> response(Revision revision) {
    Reading reading = Reading.of(revision);
    if (!rules.revisions().contains(revision)) {
      return reading.malformed(UNLISTED_REVISION);
    }
    return revision.hasSessions()
        ? called(reading, RESPONSE)
        : reading.malformed("in this revision of the protocol a client sends no answers");
  }

  /**
   * A call or a notification.
   *
   * @param id null for a notification
   */
  private Exchange<T> methodCall(
      Headers headers,
      @Nullable Revision stated,
      String method,
      @Nullable String id,
      JsonNode params) {
    boolean callsTool = method.equals(MethodList.CALL);
    String operation = callsTool ? MethodList.CALL : rules.methods().operation(method);
    Reading reading = new Reading(spoken(stated), method.equals(operation) ? method : null, id);
    if (!takesRevision(stated, method)) {
      return reading.malformed(UNLISTED_REVISION);
    }
    String member = NAMED.get(method);
    if (member != null && !params.path(member).isString()) {
      return reading.malformed("`params." + member + "` must be a string");
    }
    Exchange<T> mismatch = compare(reading, headers, stated, params, method, member);
    if (mismatch != null) {
      return mismatch;
    }
    if (operation == null) {
      return reading.refused(Reason.OPERATION_UNDECLARED, "the endpoint takes no such method");
    }
    return callsTool ? toolCall(reading, headers, params) : called(reading, operation);
  }

  /**
   * Whether the policy takes the revision. {@code initialize} negotiates it, and what a client
   * would speak is not yet what is spoken.
   */
  private boolean takesRevision(@Nullable Revision stated, String method) {
    boolean negotiates = method.equals("initialize") && (stated == null || stated.hasSessions());
    return negotiates
        ? rules.revisions().stream().anyMatch(Revision::hasSessions)
        : rules.revisions().contains(spoken(stated));
  }

  private Exchange<T> toolCall(Reading reading, Headers headers, JsonNode params) {
    if (!Message.hasOnly(params, CALL_MEMBERS)) {
      return reading.malformed(
          "the `params` of a tool call have no members but `name`, `arguments`, `_meta`, `task`,"
              + " `inputResponses` and `requestState`");
    }
    JsonNode arguments = params.get("arguments");
    if (arguments != null && !arguments.isObject()) {
      return reading.malformed("`params.arguments` must be an object");
    }
    String name = params.path("name").stringValue();
    Tool<T> tool = tools.get(name);
    if (tool == null) {
      return rules.unlistedTools() && mayBeUnlisted(name)
          ? new Exchange.Called<>(
              Objects.requireNonNull(operations.get(UNLISTED)),
              UNLISTED,
              name,
              arguments,
              reading.rpc(0))
          : reading.refused(Reason.TOOL_UNDECLARED, "the endpoint declares no such tool");
    }
    for (ArgumentHeader header : tool.headers()) {
      if (!agrees(reading, headers, header, arguments)) {
        return reading.mismatch("an `Mcp-Param` header does not say what the arguments say");
      }
    }
    return new Exchange.Called<>(tool.operation(), name, name, arguments, reading.rpc(0));
  }

  /** A server that ignores case would take another case of a listed tool for that tool. */
  private boolean mayBeUnlisted(String name) {
    return ToolName.isName(name) && !lowerCaseTools.contains(name.toLowerCase(Locale.ROOT));
  }

  // ---- headers that repeat what the body says

  /**
   * Why headers and body do not agree; null where they do.
   *
   * @param member of the parameters that {@code Mcp-Name} repeats, a string; null for none
   */
  private static <T> @Nullable Exchange<T> compare(
      Reading reading,
      Headers headers,
      @Nullable Revision stated,
      JsonNode params,
      String method,
      @Nullable String member) {
    // What headers a notification needs, no revision says.
    boolean required = reading.mirrors() && reading.id != null;
    JsonNode version = params.path("_meta").get(VERSION_MEMBER);
    if (version == null && required) {
      return reading.malformed(INVALID_PARAMS, "`params._meta` needs `" + VERSION_MEMBER + '`');
    }
    if (version != null
        && !(stated != null && version.isString() && stated.code().equals(version.stringValue()))) {
      // A server may go by the body alone, so a header that is missing is a mismatch in all.
      return reading.malformed(
          HEADER_MISMATCH, "`MCP-Protocol-Version` does not say what the body says");
    }
    if (!agrees(headers, METHOD_HEADER, required, method::equals)) {
      return reading.mismatch("`Mcp-Method` does not say what the body says");
    }
    if (member == null) {
      return null;
    }
    String name = params.path(member).stringValue();
    return agrees(headers, NAME_HEADER, required, value -> MirroredValue.isText(value, name))
        ? null
        : reading.mismatch("`Mcp-Name` does not say what the body says");
  }

  private static boolean agrees(
      Reading reading, Headers headers, ArgumentHeader header, @Nullable JsonNode arguments) {
    JsonNode argument = header.argument(arguments);
    return agrees(
        headers,
        header.header(),
        reading.mirrors() && argument != null,
        value -> argument != null && MirroredValue.isArgument(value, argument));
  }

  /** Whether a header stands there once and agrees, or is missing where it may be. */
  private static boolean agrees(
      Headers headers, String name, boolean required, Predicate<String> agreeing) {
    List<String> values = headers.values(name);
    return switch (values.size()) {
      case 0 -> !required;
      case 1 -> agreeing.test(values.getFirst());
      default -> false;
    };
  }

  /**
   * What is known of a message so far.
   *
   * @param method null for one that the policy does not name
   * @param id as JSON
   */
  private record Reading(
      @Nullable Revision revision, @Nullable String method, @Nullable String id) {
    static final Reading NOTHING = new Reading(null, null, null);

    static Reading of(@Nullable Revision revision) {
      return new Reading(revision, null, null);
    }

    boolean mirrors() {
      return revision != null && revision.mirrors();
    }

    Facts.Rpc rpc(int code) {
      return new Facts.Rpc(revision == null ? null : revision.code(), method, id, code);
    }

    <T> Exchange<T> refused(Reason reason, String detail) {
      return new Exchange.Refused<>(Denial.of(reason, detail), rpc(0));
    }

    <T> Exchange<T> malformed(String why) {
      return malformed(0, why);
    }

    <T> Exchange<T> malformed(int code, String why) {
      return new Exchange.Refused<>(Denial.of(Reason.REQUEST_MALFORMED, why), rpc(code));
    }

    /** The code belongs to the revision that made it; to others it means nothing. */
    <T> Exchange<T> mismatch(String why) {
      return malformed(mirrors() ? HEADER_MISMATCH : 0, why);
    }
  }
}
