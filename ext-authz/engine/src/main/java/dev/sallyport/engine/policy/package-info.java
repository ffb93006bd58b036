/**
 * Stage 2: which policy a request belongs to; and what a compiled policy is made of.
 *
 * <p>In: the policy that Envoy names, the route, or the canonical host. Out: the one policy that
 * owns it. The only room that composes the other rooms' rules.
 */
@NullMarked
package dev.sallyport.engine.policy;

import org.jspecify.annotations.NullMarked;
