/**
 * The shared words: what a decision is, why it fell, and what was known when it did.
 *
 * <p>Every other room of the engine speaks these types. This package knows no other room.
 */
@NullMarked
package dev.sallyport.engine.decision;

import org.jspecify.annotations.NullMarked;
