package dev.sallyport.server.telemetry;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.GrpcResponse;
import io.opentelemetry.sdk.common.export.GrpcSender;
import io.opentelemetry.sdk.common.export.GrpcSenderConfig;
import io.opentelemetry.sdk.common.export.GrpcStatusCode;
import io.opentelemetry.sdk.common.export.MessageWriter;
import io.opentelemetry.sdk.common.export.RetryPolicy;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Sends OTLP over gRPC on the Netty that serves Envoy; the SDK's own senders would bring another
 * HTTP client.
 */
final class CollectorChannel implements GrpcSender {
  private final GrpcSenderConfig config;
  private final MethodDescriptor<byte[], byte[]> method;
  private final ManagedChannel channel;

  CollectorChannel(GrpcSenderConfig config) {
    this.config = config;
    this.method =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(config.getFullMethodName())
            .setRequestMarshaller(Bytes.INSTANCE)
            .setResponseMarshaller(Bytes.INSTANCE)
            .build();
    this.channel = channel(config);
  }

  private static ManagedChannel channel(GrpcSenderConfig config) {
    URI endpoint = config.getEndpoint();
    boolean tls = "https".equals(endpoint.getScheme());
    int port = endpoint.getPort() < 0 ? 4317 : endpoint.getPort();
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(endpoint.getHost(), port).directExecutor();
    if (!tls) {
      builder.usePlaintext();
    } else {
      builder.useTransportSecurity().sslContext(sslContext(config));
    }
    RetryPolicy retryPolicy = config.getRetryPolicy();
    if (retryPolicy != null) {
      builder
          .enableRetry()
          .defaultServiceConfig(serviceConfig(config.getFullMethodName(), retryPolicy));
    }
    return builder.build();
  }

  /**
   * The operating environment's trust, unless {@code OTEL_EXPORTER_OTLP_CERTIFICATE} names another.
   */
  private static io.netty.handler.ssl.SslContext sslContext(GrpcSenderConfig config) {
    if (config.getSslContext() == null) {
      try {
        return GrpcSslContexts.forClient().build();
      } catch (SSLException e) {
        throw new UncheckedIOException("TLS is not available", e);
      }
    }
    return new JdkSslContext(
        config.getSslContext(),
        true,
        Http2SecurityUtil.CIPHERS,
        SupportedCipherSuiteFilter.INSTANCE,
        new ApplicationProtocolConfig(
            Protocol.ALPN,
            SelectorFailureBehavior.NO_ADVERTISE,
            SelectedListenerFailureBehavior.ACCEPT,
            "h2"),
        ClientAuth.NONE,
        null,
        false);
  }

  /** What the OTLP specification calls retryable, in gRPC's own form. */
  private static Map<String, ?> serviceConfig(String fullMethodName, RetryPolicy policy) {
    String service = fullMethodName.substring(0, fullMethodName.indexOf('/'));
    return Map.of(
        "methodConfig",
        List.of(
            Map.of(
                "name",
                List.of(Map.of("service", service)),
                "retryPolicy",
                Map.of(
                    "maxAttempts",
                    (double) policy.getMaxAttempts(),
                    "initialBackoff",
                    seconds(policy.getInitialBackoff()),
                    "maxBackoff",
                    seconds(policy.getMaxBackoff()),
                    "backoffMultiplier",
                    policy.getBackoffMultiplier(),
                    "retryableStatusCodes",
                    List.of(
                        "CANCELLED",
                        "DEADLINE_EXCEEDED",
                        "ABORTED",
                        "OUT_OF_RANGE",
                        "UNAVAILABLE",
                        "DATA_LOSS")))));
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1000.0 + "s";
  }

  @Override
  public void send(
      MessageWriter message, Consumer<GrpcResponse> onResponse, Consumer<Throwable> onError) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(message.getContentLength());
    try {
      message.writeMessage(bytes);
    } catch (IOException e) {
      onError.accept(e);
      return;
    }
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(config.getTimeout().toNanos(), TimeUnit.NANOSECONDS);
    if (config.getCompressor() != null) {
      options = options.withCompression(config.getCompressor().getEncoding());
    }
    Channel withHeaders =
        ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers()));
    ClientCalls.asyncUnaryCall(
        withHeaders.newCall(method, options), bytes.toByteArray(), new Reply(onResponse));
  }

  private Metadata headers() {
    Metadata headers = new Metadata();
    config
        .getHeadersSupplier()
        .get()
        .forEach((name, values) ->
            values.forEach(value ->
                headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value)));
    return headers;
  }

  @Override
  public CompletableResultCode shutdown() {
    channel.shutdownNow();
    return CompletableResultCode.ofSuccess();
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Response(GrpcStatusCode code, @Nullable String description, byte[] message)
      implements GrpcResponse {
    @Override
    public GrpcStatusCode getStatusCode() {
      return code;
    }

    @Override
    public @Nullable String getStatusDescription() {
      return description;
    }

    @Override
    public byte[] getResponseMessage() {
      return message;
    }
  }

  private static final class Reply implements StreamObserver<byte[]> {
    private final Consumer<GrpcResponse> onResponse;
    private byte[] message = {};

    Reply(Consumer<GrpcResponse> onResponse) {
      this.onResponse = onResponse;
    }

    @Override
    public void onNext(byte[] value) {
      message = value;
    }

    @Override
    public void onError(Throwable t) {
      Status status = Status.fromThrowable(t);
      onResponse.accept(
          new Response(
              GrpcStatusCode.fromValue(status.getCode().value()),
              status.getDescription(),
              message));
    }

    @Override
    public void onCompleted() {
      onResponse.accept(new Response(GrpcStatusCode.OK, null, message));
    }
  }

  /** Messages as they are: the SDK has its own writer for OTLP. */
  private enum Bytes implements MethodDescriptor.Marshaller<byte[]> {
    INSTANCE;

    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException("an answer could not be read", e);
      }
    }
  }
}
