package dev.sallyport.engine;

import dev.sallyport.engine.receive.Canonical;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Host;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.receive.Request;
import java.util.List;

/** Requests as Envoy sends them, without what only some tests have to say. */
public final class Sent {
  private static final String HOST = "api.example.com";

  private Sent() {}

  /** To {@code api.example.com}, from nowhere. */
  public static Inbound inbound(String method, String target, Headers headers, byte[] body) {
    return new Inbound(
        "test",
        Worlds.NOW,
        method,
        target,
        HOST,
        headers,
        Inbound.Body.of(body),
        null,
        null,
        null,
        List.of());
  }

  /** The same, read. */
  public static Request request(String method, String target, Headers headers, byte[] body) {
    return switch (Request.read(
        inbound(method, target, headers, body), new Host(HOST), Request.Bounds.DEFAULT)) {
      case Canonical.Read<Request>(var request) -> request;
      case Canonical.Malformed<Request>(var why) ->
          throw new IllegalArgumentException(target + ": " + why);
    };
  }
}
