package dev.sallyport.engine.identity;

import dev.sallyport.engine.decision.Facts;
import org.jspecify.annotations.Nullable;

/**
 * Where a call came from, as far as it can be known, and who said so.
 *
 * @param address null where it is unknown
 * @param addressFrom {@code peer}, {@code x-forwarded-for} or {@code unknown}
 * @param region null where it is unknown
 * @param regionFrom {@code header}, {@code ranges}, {@code mmdb} or {@code unknown}
 */
public record Located(
    @Nullable IpAddress address, String addressFrom, @Nullable String region, String regionFrom) {
  public static final Located UNKNOWN = new Located(null, "unknown", null, "unknown");

  /** The same as the decision records it. */
  public Facts.Source facts() {
    return new Facts.Source(
        address == null ? null : address.toString(), addressFrom, region, regionFrom);
  }
}
