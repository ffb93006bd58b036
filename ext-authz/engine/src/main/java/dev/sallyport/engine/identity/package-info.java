/**
 * Stage 5: whose credential it is, and whether that identity may call now, from there.
 *
 * <p>In: a verified subject and where the request came from. Out: the identity, or why it may not
 * call. Looks up by hash, never by scan. Declares the port {@link
 * dev.sallyport.engine.identity.RegionSource}.
 */
@NullMarked
package dev.sallyport.engine.identity;

import org.jspecify.annotations.NullMarked;
