/** Sallyport's wire types; generated from {@code src/main/proto/sallyport/v1}. */
@NullMarked
package dev.sallyport.proto.v1;

import org.jspecify.annotations.NullMarked;
