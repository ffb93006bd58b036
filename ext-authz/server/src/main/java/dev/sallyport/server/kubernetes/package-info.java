/**
 * The declared objects from an API server, and what is said to it in return.
 *
 * <p>In: objects that informers see, one by one. Out: what changed, as {@link
 * dev.sallyport.engine.compile.Changes}; status and Events, written by one leader; answers of the
 * TokenReview API. The only package that knows the Kubernetes client. It does not judge what a spec
 * means; that is done where specs are compiled.
 */
@NullMarked
package dev.sallyport.server.kubernetes;

import org.jspecify.annotations.NullMarked;
