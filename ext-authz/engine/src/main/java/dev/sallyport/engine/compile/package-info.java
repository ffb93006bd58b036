/**
 * Turns the objects that users wrote into one immutable snapshot.
 *
 * <p>In: what changed, and the previous compilation. Out: a new snapshot that shares what did not
 * change, and diagnostics. An object that fails keeps its previous compiled form. This package
 * reads no files and asks no server.
 */
@NullMarked
package dev.sallyport.engine.compile;

import org.jspecify.annotations.NullMarked;
