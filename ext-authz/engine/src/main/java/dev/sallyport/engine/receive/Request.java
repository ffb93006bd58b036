package dev.sallyport.engine.receive;

import dev.sallyport.engine.json.JsonReader;
import dev.sallyport.engine.receive.Canonical.Malformed;
import dev.sallyport.engine.receive.Canonical.Read;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One canonical request.
 *
 * @param inbound what it was made of
 * @param path null for CONNECT and {@code OPTIONS *}, which name no path and match no operation
 * @param bounds what it was read within, and its body is to be
 */
public record Request(
    Inbound inbound, Host host, @Nullable RequestPath path, Query query, Bounds bounds) {
  private static final Set<String> METHOD_OVERRIDES =
      Set.of("x-http-method-override", "x-http-method", "x-method-override");

  /**
   * What a request may be at most, so that a hostile one costs little.
   *
   * @param jsonDepth arrays and objects within each other in its body
   */
  public record Bounds(int headers, long headerCharacters, int pathCharacters, int jsonDepth) {
    /** Above Envoy's own defaults of 100 headers and 60 KiB. */
    public static final Bounds DEFAULT =
        new Bounds(512, 256 * 1024, 16 * 1024, JsonReader.Limits.BODY.depth());

    /** The same, with bodies that nest so deep. */
    public Bounds withJsonDepth(int depth) {
      return new Bounds(headers, headerCharacters, pathCharacters, depth);
    }
  }

  /** The request's host alone, which is enough to find its policy. */
  public static Canonical<Host> readHost(Inbound inbound) {
    Canonical<Host> host = Host.read(inbound.host());
    // Over HTTP/2 Envoy drops a host header beside :authority; one that is there and differs is a
    // second host.
    if (host instanceof Read<Host>) {
      for (String other : inbound.headers().values("host")) {
        if (!Host.read(other).equals(host)) {
          return new Malformed<>("the request names two hosts");
        }
      }
    }
    return host;
  }

  /** Reads the rest of a request whose host is known. */
  public static Canonical<Request> read(Inbound inbound, Host host, Bounds bounds) {
    Headers headers = inbound.headers();
    if (headers.count() > bounds.headers() || headers.characters() > bounds.headerCharacters()) {
      return new Malformed<>("the request has too many or too large headers");
    }
    if (!isToken(inbound.method())) {
      return new Malformed<>("the method is not a token");
    }
    if (overridesMethod(headers)) {
      return new Malformed<>("the request overrides its method");
    }
    String target = inbound.path();
    if (target.length() > bounds.pathCharacters()) {
      return new Malformed<>("the path is too long");
    }
    boolean namesNoPath =
        (target.isEmpty() && inbound.method().equals("CONNECT"))
            || (target.equals("*") && inbound.method().equals("OPTIONS"));
    if (namesNoPath) {
      return new Read<>(new Request(inbound, host, null, new Query(""), bounds));
    }
    int question = target.indexOf('?');
    String query = question < 0 ? "" : target.substring(question + 1);
    if (!isQuery(query)) {
      return new Malformed<>("the query holds a character outside visible ASCII");
    }
    Canonical<RequestPath> path =
        RequestPath.read(question < 0 ? target : target.substring(0, question));
    return switch (path) {
      case Read<RequestPath>(var read) ->
          new Read<>(new Request(inbound, host, read, new Query(query), bounds));
      case Malformed<RequestPath>(var why) -> new Malformed<>(why);
    };
  }

  private static boolean overridesMethod(Headers headers) {
    for (String name : headers.names()) {
      // CGI and its heirs read `_` and `-` as one.
      if (name.startsWith("x") && METHOD_OVERRIDES.contains(name.replace('_', '-'))) {
        return true;
      }
    }
    return false;
  }

  public String method() {
    return inbound.method();
  }

  public Headers headers() {
    return inbound.headers();
  }

  /** Whether a gRPC client sent it, by its content type. */
  public boolean isGrpc() {
    String type = headers().first("content-type");
    return type != null && type.startsWith("application/grpc");
  }

  private static boolean isQuery(String query) {
    for (int i = 0; i < query.length(); i++) {
      char c = query.charAt(i);
      if (c <= 0x20 || c >= 0x7f || c == '#') {
        return false;
      }
    }
    return true;
  }

  private static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!Ascii.isTokenCharacter(text.charAt(i))) {
        return false;
      }
    }
    return !text.isEmpty();
  }
}
