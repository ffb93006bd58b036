/**
 * Says what was decided: the decision log, metrics and spans, over the OpenTelemetry SDK.
 *
 * <p>In: decisions, as they fall, and numbers from the rest of the server. Out: JSON lines, the
 * text of {@code /metrics}, and OTLP where the standard {@code OTEL_*} variables ask for it.
 * Nothing here may hold a decision up or change it, and no credential passes through.
 */
@NullMarked
package dev.sallyport.server.telemetry;

import org.jspecify.annotations.NullMarked;
