/**
 * The server that Envoy asks: the only package that sees Envoy's types.
 *
 * <p>In: {@code CheckRequest}s, a pipeline, the current snapshot. Out: {@code CheckResponse}s, and
 * a word to the decision listeners. Every response comes from one factory, {@link
 * dev.sallyport.server.grpc.CheckResponses}. This package decides nothing.
 */
@NullMarked
package dev.sallyport.server.grpc;

import org.jspecify.annotations.NullMarked;
