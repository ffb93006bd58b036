/** Runs a real Envoy in front of the built distribution; knows nothing of its classes. */
@NullMarked
package dev.sallyport.e2e;

import org.jspecify.annotations.NullMarked;
