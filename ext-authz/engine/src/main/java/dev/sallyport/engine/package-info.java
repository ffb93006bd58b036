/**
 * Decides. {@link dev.sallyport.engine.Pipeline} runs the eight stages of a decision in their
 * order.
 *
 * <p>In: a request, a snapshot, and how long the caller may wait. Out: a decision. The engine opens
 * no socket, reads no file, starts no thread and asks nobody the time.
 */
@NullMarked
package dev.sallyport.engine;

import org.jspecify.annotations.NullMarked;
