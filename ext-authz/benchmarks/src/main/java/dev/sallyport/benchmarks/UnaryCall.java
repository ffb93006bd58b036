package dev.sallyport.benchmarks;

import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Calls {@code Check} as gRPC does, without a transport below. One thread.
 *
 * @param <T> what the service hands to gRPC as its response
 */
final class UnaryCall<T> {
  private final MethodDescriptor<CheckRequest, T> method;
  private final ServerCallHandler<CheckRequest, T> handler;

  @SuppressWarnings("unchecked") // The one method of the service takes these requests.
  UnaryCall(BindableService service) {
    ServerMethodDefinition<?, ?> definition = service.bindService().getMethods().iterator().next();
    method = (MethodDescriptor<CheckRequest, T>) definition.getMethodDescriptor();
    handler = (ServerCallHandler<CheckRequest, T>) definition.getServerCallHandler();
  }

  T answer(CheckRequest request) {
    Transport<T> transport = new Transport<>(method);
    ServerCall.Listener<CheckRequest> listener = handler.startCall(transport, new Metadata());
    listener.onMessage(request);
    listener.onHalfClose();
    listener.onComplete();
    if (transport.response == null) {
      throw new IllegalStateException("no answer");
    }
    return transport.response;
  }

  /** The bytes that go on the wire. */
  byte[] bytes(T response) {
    try (InputStream stream = method.streamResponse(response)) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Transport<T> extends ServerCall<CheckRequest, T> {
    private final MethodDescriptor<CheckRequest, T> method;
    private @Nullable T response;

    Transport(MethodDescriptor<CheckRequest, T> method) {
      this.method = method;
    }

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(T message) {
      response = message;
    }

    @Override
    public void close(Status status, Metadata trailers) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<CheckRequest, T> getMethodDescriptor() {
      return method;
    }
  }
}
