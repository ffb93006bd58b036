/**
 * Stage 6: whether the scopes that a caller holds suffice.
 *
 * <p>In: an operation's rule and the effective scopes. Out: yes, or a denial with one challenge
 * that names all scopes of the operation.
 */
@NullMarked
package dev.sallyport.engine.authorize;

import org.jspecify.annotations.NullMarked;
