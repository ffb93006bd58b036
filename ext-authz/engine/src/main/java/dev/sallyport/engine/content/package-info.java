/**
 * What a request carries: its body, decoded and read once, and its parameters, as trees.
 *
 * <p>In: a request and what its operation takes. Out: a tree, or a denial that says why it can't be
 * judged: cut short, of another type or encoding, not what it says it is. Judges no schema.
 */
@NullMarked
package dev.sallyport.engine.content;

import org.jspecify.annotations.NullMarked;
