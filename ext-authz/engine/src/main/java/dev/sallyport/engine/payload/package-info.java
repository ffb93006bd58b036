/**
 * Stage 7: whether an operation takes what a request carries: its body, its parameters, the
 * arguments of a tool.
 *
 * <p>In: an operation's rule, the request with its content, and the arguments. Out: yes, or why
 * not, with what schemas have against it. How a body is read is for {@link
 * dev.sallyport.engine.content}.
 */
@NullMarked
package dev.sallyport.engine.payload;

import org.jspecify.annotations.NullMarked;
