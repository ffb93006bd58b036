package dev.sallyport.engine.openapi;

import org.jspecify.annotations.Nullable;

/**
 * A way in which the document says that callers prove who they are.
 *
 * @param name its key in the document
 * @param in of an API key: {@code header}, {@code query} or {@code cookie}; else empty
 * @param parameter of an API key: the name of the header, parameter or cookie; of HTTP
 *     authentication: the scheme in lower case; of OpenID Connect: the URL of the metadata
 */
public record SecurityScheme(
    String name, String pointer, Type type, String in, @Nullable String parameter) {
  /** What kind of scheme it is. */
  public enum Type {
    API_KEY,
    HTTP,
    OAUTH2,
    OPEN_ID_CONNECT,
    MUTUAL_TLS,
    /** One that this program does not know. */
    UNKNOWN
  }

  /** Whether its requirements name scopes. */
  public boolean hasScopes() {
    return type == Type.OAUTH2 || type == Type.OPEN_ID_CONNECT;
  }
}
