/**
 * Regions of addresses from a MaxMind database file.
 *
 * <p>In: a file in the MaxMind DB format, replaced while Sallyport runs. Out: {@link
 * dev.sallyport.engine.identity.RegionSource}. A file that cannot be read never reaches a decision:
 * the one before it stays, or the region is unknown.
 */
@NullMarked
package dev.sallyport.server.regions;

import org.jspecify.annotations.NullMarked;
