/**
 * Asks issuers: fetches their key sets in the background and keeps them through outages, and asks
 * them about single tokens.
 *
 * <p>In: the issuers of the snapshot in force. Out: the engine's ports {@link
 * dev.sallyport.engine.authenticate.KeySource} and {@link
 * dev.sallyport.engine.authenticate.TokenIntrospector}, answered from memory where that holds the
 * answer. This package judges no token.
 */
@NullMarked
package dev.sallyport.server.issuers;

import org.jspecify.annotations.NullMarked;
