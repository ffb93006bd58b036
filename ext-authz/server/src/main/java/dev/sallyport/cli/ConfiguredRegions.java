package dev.sallyport.cli;

import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.regions.MaxMindRegions;
import java.io.IOException;

/** The regions of the configuration, opened. */
record ConfiguredRegions(RegionRanges ranges, RegionSource database, AutoCloseable file)
    implements AutoCloseable {
  static ConfiguredRegions of(Configuration.Regions configured) throws Failure {
    RegionRanges ranges;
    try {
      ranges = RegionRanges.of(configured.ranges());
    } catch (IllegalArgumentException e) {
      throw new Failure("`regions.ranges`: " + e.getMessage());
    }
    if (configured.mmdb() == null) {
      return new ConfiguredRegions(ranges, RegionSource.NONE, () -> {});
    }
    try {
      MaxMindRegions opened = MaxMindRegions.open(configured.mmdb());
      return new ConfiguredRegions(ranges, opened, opened);
    } catch (IOException e) {
      throw new Failure("`regions.mmdb`: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (Exception e) {
      throw new IllegalStateException("a file that was read whole can't fail to close", e);
    }
  }
}
