/**
 * Stage 6: whether the scopes that a caller holds suffice.
 *
 * <p>In: an operation's rule and the effective scopes. Out: whether they do, and all scopes that
 * the operation names, which a challenge tells at once.
 */
@NullMarked
package dev.sallyport.engine.authorize;

import org.jspecify.annotations.NullMarked;
