/**
 * The declared objects from a watched folder.
 *
 * <p>In: YAML files with the objects that {@code kubectl apply} takes. Out: what changed, as {@link
 * dev.sallyport.engine.compile.Changes}, and every problem with its file, line, column and field.
 * This package does not judge what a spec means; that is done where specs are compiled.
 */
@NullMarked
package dev.sallyport.server.files;

import org.jspecify.annotations.NullMarked;
