package dev.sallyport.server.telemetry;

import io.opentelemetry.sdk.common.export.GrpcSender;
import io.opentelemetry.sdk.common.export.GrpcSenderConfig;
import io.opentelemetry.sdk.common.export.GrpcSenderProvider;

/** Found by the OpenTelemetry SDK where {@code OTEL_EXPORTER_OTLP_PROTOCOL} is {@code grpc}. */
public final class CollectorChannelProvider implements GrpcSenderProvider {
  @Override
  public GrpcSender createSender(GrpcSenderConfig config) {
    return new CollectorChannel(config);
  }
}
