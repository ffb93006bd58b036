/**
 * The Model Context Protocol: which JSON-RPC message a request is, and which tool it calls.
 *
 * <p>In: an endpoint's rules and a request. Out: the operation that the message is, or a denial in
 * the protocol's own terms. Judges no arguments and no caller.
 */
@NullMarked
package dev.sallyport.engine.mcp;

import org.jspecify.annotations.NullMarked;
