/**
 * Stage 8: which limits a request touches, over a {@link dev.sallyport.engine.quota.QuotaStore}.
 *
 * <p>In: compiled limits and who is calling. Out: whether all of them still hold, and the header
 * fields that say how much is left. The counting itself is behind the port.
 */
@NullMarked
package dev.sallyport.engine.quota;

import org.jspecify.annotations.NullMarked;
