/**
 * Stage 3: which operation a request is.
 *
 * <p>In: templates and gRPC methods, each with a value that this room does not look into. Out: the
 * value of the most specific template that fits a method and a path. This package knows nothing of
 * policies.
 */
@NullMarked
package dev.sallyport.engine.operation;

import org.jspecify.annotations.NullMarked;
