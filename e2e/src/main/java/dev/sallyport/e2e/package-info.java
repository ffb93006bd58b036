/**
 * Runs the built distribution between a real Envoy and a real Kubernetes API server; knows none of
 * its classes.
 */
@NullMarked
package dev.sallyport.e2e;

import org.jspecify.annotations.NullMarked;
