/**
 * The memory of proofs and nonces (RFC 9449).
 *
 * <p>In: digests of proofs, and times, from the engine. Out: whether a proof was used before, and
 * nonces. Knows no token, no policy and no request. What was used is remembered in this process;
 * nothing here blocks.
 */
@NullMarked
package dev.sallyport.server.proofs;

import org.jspecify.annotations.NullMarked;
