/**
 * The admin port: probes and metrics over HTTP.
 *
 * <p>In: what is missing for readiness, and a page of metrics. Out: answers. This package knows
 * neither Envoy nor the engine, and answers no question about policies.
 */
@NullMarked
package dev.sallyport.server.admin;

import org.jspecify.annotations.NullMarked;
