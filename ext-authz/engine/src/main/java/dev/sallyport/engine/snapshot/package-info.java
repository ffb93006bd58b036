/** What is in force: one immutable index a kind, replaced whole. No behaviour lives here. */
@NullMarked
package dev.sallyport.engine.snapshot;

import org.jspecify.annotations.NullMarked;
