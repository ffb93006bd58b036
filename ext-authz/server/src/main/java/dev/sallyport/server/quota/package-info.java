/**
 * The counters of rate limits.
 *
 * <p>In: charges from the engine. Out: whether each bucket had a token, and what is left. Knows no
 * policy and no request. Counters live in this process; nothing here blocks.
 */
@NullMarked
package dev.sallyport.server.quota;

import org.jspecify.annotations.NullMarked;
