/**
 * Stage 7: whether an operation takes what a request carries: content type, encoding, size.
 *
 * <p>In: an operation's rule and the request. Out: yes, or why not. What can't be told, such as the
 * size of a body that Envoy did not send whole, is refused.
 */
@NullMarked
package dev.sallyport.engine.payload;

import org.jspecify.annotations.NullMarked;
