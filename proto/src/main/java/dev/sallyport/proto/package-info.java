/** Sallyport's wire types; generated from {@code src/main/proto}. */
@NullMarked
package dev.sallyport.proto;

import org.jspecify.annotations.NullMarked;
