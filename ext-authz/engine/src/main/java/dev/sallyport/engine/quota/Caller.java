package dev.sallyport.engine.quota;

import dev.sallyport.crd.RateLimitSpec.Dimension;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.identity.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who calls what, as far as limits count by it. What is missing is counted as one: all callers
 * without an identity share a bucket, so that to hide it gains nothing.
 *
 * @param identity names one identity and no other; null for a caller without
 * @param credential names one credential and no other; null for a caller without
 * @param address where the call came from; null where that is unknown
 * @param operation the operation's name; null where none matched
 */
public record Caller(
    @Nullable String identity,
    @Nullable String credential,
    @Nullable IpAddress address,
    @Nullable String operation) {
  private static final String MISSING = "-";
  private static final int MAX_CHARACTERS = 128;
  private static final Dimension[] DIMENSIONS = Dimension.values();

  /**
   * The caller as a limit sees it: text that two callers share only if they share the bucket.
   *
   * <p>One dimension is its own text. Of several, each but the missing has its length before it
   * ({@code 4:acme-}), so that no value can pass for the end of another.
   */
  String subject(Limit limit) {
    if (limit.per().size() == 1) {
      String value = value(limit.per().iterator().next());
      if (value == null) {
        return MISSING;
      }
      return value.startsWith(MISSING) ? MISSING + value : value;
    }
    StringBuilder subject = new StringBuilder(64);
    for (Dimension dimension : DIMENSIONS) {
      if (limit.per().contains(dimension)) {
        append(subject, value(dimension));
      }
    }
    return subject.toString();
  }

  private static void append(StringBuilder subject, @Nullable String value) {
    if (value == null) {
      subject.append(MISSING);
      return;
    }
    subject.append(value.length()).append(':').append(value);
  }

  private @Nullable String value(Dimension dimension) {
    return switch (dimension) {
      case IDENTITY -> bounded(identity);
      case CREDENTIAL -> bounded(credential);
      case SOURCE_ADDRESS -> address == null ? null : network(address);
      case OPERATION -> bounded(operation);
    };
  }

  /**
   * Long names come from tokens; a store must not hold what a caller can make as long as it likes.
   */
  private static @Nullable String bounded(@Nullable String name) {
    if (name == null || name.length() <= MAX_CHARACTERS) {
      return name;
    }
    return "sha256:" + KeyDigest.of(name).hex();
  }

  /** IPv6 by /64: whoever holds one address of it holds all (RFC 6177 section 2). */
  private static String network(IpAddress address) {
    return address.isV4() ? address.toString() : Long.toHexString(address.high()) + "::/64";
  }
}
