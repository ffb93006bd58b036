package dev.sallyport.server.issuers;

import dev.sallyport.engine.authenticate.StrictJson;
import dev.sallyport.engine.identity.IpAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an issuer says of itself (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2), as
 * far as anybody needs it.
 *
 * @param keySet where its keys are
 */
record Metadata(URI keySet) {
  private static final String OPENID = "/.well-known/openid-configuration";
  private static final String OAUTH = "/.well-known/oauth-authorization-server";

  /** What a document says. */
  sealed interface Reading {
    record Read(Metadata metadata) implements Reading {}

    /**
     * Nothing that can be believed.
     *
     * @param why for people; holds nothing of the document
     */
    record Unusable(String why) implements Reading {}
  }

  /**
   * Where an issuer's metadata may be, in the order in which it is looked for: OpenID Connect's
   * place behind its path, then that of RFC 8414 section 3.1 before it.
   *
   * @return nothing where the issuer is no URL that may be called
   */
  static List<URI> places(String issuer) {
    Optional<URI> url = url(issuer).filter(uri -> mayBeCalled(uri, isLoopback(uri)));
    if (url.isEmpty()) {
      return List.of();
    }
    String authority = url.get().getScheme() + "://" + url.get().getRawAuthority();
    String path = url.get().getRawPath();
    String bare = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return List.of(URI.create(authority + bare + OPENID), URI.create(authority + OAUTH + bare));
  }

  /** Whether an issuer is a host that is written as a loopback address: one to try things with. */
  static boolean isLoopback(String issuer) {
    return url(issuer).filter(Metadata::isLoopback).isPresent();
  }

  /** An absolute URL with a host and without a query, a fragment and a user. */
  private static Optional<URI> url(String text) {
    try {
      URI uri = new URI(text);
      return uri.getHost() == null
              || uri.getRawQuery() != null
              || uri.getRawFragment() != null
              || uri.getRawUserInfo() != null
          ? Optional.empty()
          : Optional.of(uri);
    } catch (URISyntaxException _) {
      return Optional.empty();
    }
  }

  private static boolean isLoopback(URI uri) {
    IpAddress literal = IpAddress.parse(Proxies.bare(uri.getHost()));
    return literal != null && ReachableAddresses.isLoopback(literal);
  }

  private static boolean mayBeCalled(URI uri, boolean plain) {
    return "https".equalsIgnoreCase(uri.getScheme())
        || (plain && "http".equalsIgnoreCase(uri.getScheme()));
  }

  /**
   * Reads a document.
   *
   * @param issuer whose it is meant to be: both must agree to the letter (RFC 8414 section 3.3)
   */
  static Reading read(byte[] json, String issuer) {
    Optional<Map<String, @Nullable Object>> document = StrictJson.object(json);
    if (document.isEmpty()) {
      return new Reading.Unusable("it is not a JSON object with unique names");
    }
    if (!issuer.equals(document.get().get("issuer"))) {
      return new Reading.Unusable("its `issuer` is another one");
    }
    if (!(document.get().get("jwks_uri") instanceof String text)) {
      return new Reading.Unusable("it has no `jwks_uri`");
    }
    return keySet(text, isLoopback(issuer))
        .<Reading>map(uri -> new Reading.Read(new Metadata(uri)))
        .orElseGet(() -> new Reading.Unusable("its `jwks_uri` is no https URL"));
  }

  private static Optional<URI> keySet(String text, boolean loopback) {
    try {
      URI uri = new URI(text);
      return uri.getHost() != null && mayBeCalled(uri, loopback && isLoopback(uri))
          ? Optional.of(uri)
          : Optional.empty();
    } catch (URISyntaxException _) {
      return Optional.empty();
    }
  }
}
