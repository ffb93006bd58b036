/**
 * One declared object, strictly read.
 *
 * <p>In: the nodes of an object, from a file or from an API server. Out: what it declares, or every
 * fault with its field. So a folder and a cluster answer alike. This package does not know where
 * objects come from, and does not judge what a spec means; that is done where specs are compiled.
 */
@NullMarked
package dev.sallyport.server.objects;

import org.jspecify.annotations.NullMarked;
