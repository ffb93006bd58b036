/** Requests through a real Envoy, and what comes back. */
@NullMarked
package dev.sallyport.e2e;

import org.jspecify.annotations.NullMarked;
