/**
 * Stage 1: makes one canonical {@link dev.sallyport.engine.receive.Request} of what Envoy sent, or
 * says why it is malformed.
 *
 * <p>In: an {@link dev.sallyport.engine.receive.Inbound}, as the transport read it. Out: a request
 * whose host and path can be matched in only one way. This package knows no policy; forms of a path
 * that a policy may let through are facts of the request, judged once the policy is known.
 */
@NullMarked
package dev.sallyport.engine.receive;

import org.jspecify.annotations.NullMarked;
