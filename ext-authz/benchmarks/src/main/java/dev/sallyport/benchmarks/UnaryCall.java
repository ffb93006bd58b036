package dev.sallyport.benchmarks;

import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Calls {@code Check} as gRPC does, without a transport below. One thread. */
final class UnaryCall {
  private final MethodDescriptor<CheckRequest, CheckResponse> method;
  private final ServerCallHandler<CheckRequest, CheckResponse> handler;

  @SuppressWarnings("unchecked") // The one method of the service has these types.
  UnaryCall(BindableService service) {
    ServerMethodDefinition<?, ?> definition = service.bindService().getMethods().iterator().next();
    method = (MethodDescriptor<CheckRequest, CheckResponse>) definition.getMethodDescriptor();
    handler = (ServerCallHandler<CheckRequest, CheckResponse>) definition.getServerCallHandler();
  }

  CheckResponse answer(CheckRequest request) {
    Transport transport = new Transport(method);
    ServerCall.Listener<CheckRequest> listener = handler.startCall(transport, new Metadata());
    listener.onMessage(request);
    listener.onHalfClose();
    listener.onComplete();
    if (transport.response == null) {
      throw new IllegalStateException("no answer");
    }
    return transport.response;
  }

  private static final class Transport extends ServerCall<CheckRequest, CheckResponse> {
    private final MethodDescriptor<CheckRequest, CheckResponse> method;
    private @Nullable CheckResponse response;

    Transport(MethodDescriptor<CheckRequest, CheckResponse> method) {
      this.method = method;
    }

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(CheckResponse message) {
      response = message;
    }

    @Override
    public void close(Status status, Metadata trailers) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<CheckRequest, CheckResponse> getMethodDescriptor() {
      return method;
    }
  }
}
