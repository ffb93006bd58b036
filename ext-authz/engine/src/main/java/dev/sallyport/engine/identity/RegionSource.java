package dev.sallyport.engine.identity;

import org.jspecify.annotations.Nullable;

/** The port to a database of regions by address, such as a MaxMind file. */
public interface RegionSource {
  /**
   * The region of an address: an ISO 3166-1 country code or a name of the database's own.
   *
   * @return null where it is unknown; a broken database knows nothing and throws nothing
   */
  @Nullable String regionOf(IpAddress address);

  /** Knows no region. */
  RegionSource NONE = _ -> null;
}
