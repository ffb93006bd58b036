package dev.sallyport.benchmarks;

import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc.AuthorizationBlockingStub;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Asks as Envoy does, one request after the other, to see that what is measured is right. */
final class CheckClient implements AutoCloseable {
  private final ManagedChannel channel;
  private final AuthorizationBlockingStub stub;

  CheckClient(int port) {
    channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    stub = AuthorizationGrpc.newBlockingStub(channel);
  }

  CheckResponse check(CheckRequest request) {
    return stub.withDeadlineAfter(30, TimeUnit.SECONDS).withWaitForReady().check(request);
  }

  /** The reason code of an answer; {@code constant} for that of the no-op, which says none. */
  static String reason(CheckResponse response) {
    String reason =
        response.getDynamicMetadata().getFieldsMap().containsKey("reason")
            ? response.getDynamicMetadata().getFieldsOrThrow("reason").getStringValue()
            : "constant";
    boolean allowed = response.getStatus().getCode() == 0 && response.hasOkResponse();
    if (allowed != (reason.equals("allowed") || reason.equals("constant"))) {
      throw new IllegalStateException("status and reason differ: " + response);
    }
    return reason;
  }

  void expect(CheckRequest request, String reason) throws IOException {
    String got = reason(check(request));
    if (!got.equals(reason)) {
      throw new IOException("expected `" + reason + "`, got `" + got + "`");
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
