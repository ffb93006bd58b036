/**
 * Strict JSON: one reader for bodies, tool arguments and tokens' claims; and JSON Pointers.
 *
 * <p>In: bytes and limits. Out: one tree, or why there is none. Knows nothing of requests.
 */
@NullMarked
package dev.sallyport.engine.json;

import org.jspecify.annotations.NullMarked;
