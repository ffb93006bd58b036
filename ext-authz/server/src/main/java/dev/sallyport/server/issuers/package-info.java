/**
 * Fetches the key sets of issuers in the background and keeps them through outages.
 *
 * <p>In: the issuers of the snapshot in force. Out: the engine's port {@link
 * dev.sallyport.engine.authenticate.KeySource}, answered from memory. This package judges no token.
 */
@NullMarked
package dev.sallyport.server.issuers;

import org.jspecify.annotations.NullMarked;
