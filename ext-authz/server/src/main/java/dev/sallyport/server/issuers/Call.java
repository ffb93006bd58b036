package dev.sallyport.server.issuers;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * One request to an issuer.
 *
 * @param uri with {@code http} or {@code https}
 * @param loopback whether its host may be written as a loopback address: the issuer's own object
 *     does so
 * @param accept the media types that are wanted
 * @param etag of what is held: where that has not changed, nothing need be sent (RFC 9110 section
 *     13.1.2); empty where nothing is held
 * @param post what is sent; nothing for GET
 * @param maxBytes the largest body that is read
 * @param timeout for everything from the name's look-up to the last byte
 */
record Call(
    URI uri,
    boolean loopback,
    String accept,
    String etag,
    Optional<Post> post,
    int maxBytes,
    Duration timeout) {

  /** The largest metadata document or key set that is read. */
  private static final int MAX_DOCUMENT_BYTES = 1 << 20;

  /** The largest answer about one token that is read. */
  private static final int MAX_ANSWER_BYTES = 1 << 18;

  /**
   * A form that is sent. It holds a secret, and so does the header: neither goes into a log.
   *
   * @param form as {@code application/x-www-form-urlencoded}
   * @param authorization the value of the header of that name
   */
  record Post(String form, String authorization) {
    @Override
    public String toString() {
      return "Post[…]";
    }
  }

  /** Fetches a document. */
  static Call get(URI uri, boolean loopback, String accept, String etag, Duration timeout) {
    return new Call(uri, loopback, accept, etag, Optional.empty(), MAX_DOCUMENT_BYTES, timeout);
  }

  /** Asks about one token. */
  static Call post(URI uri, boolean loopback, Post post, Duration timeout) {
    return new Call(
        uri, loopback, "application/json", "", Optional.of(post), MAX_ANSWER_BYTES, timeout);
  }
}
