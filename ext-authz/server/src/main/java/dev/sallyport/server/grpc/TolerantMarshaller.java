package dev.sallyport.server.grpc;

import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.grpc.MethodDescriptor;
import java.io.InputStream;

/**
 * Reads requests, and marks one that is no message: gRPC would answer it with an error of its own,
 * which Envoy lets through under {@code failure_mode_allow} (CVE-2023-27488).
 */
record TolerantMarshaller(MethodDescriptor.Marshaller<CheckRequest> strict)
    implements MethodDescriptor.Marshaller<CheckRequest> {
  private static final CheckRequest UNREADABLE = CheckRequest.newBuilder().build();

  /** Whether the request stands for one that could not be read. */
  @SuppressWarnings("ReferenceEquality") // an empty message is equal to it, and readable
  static boolean isUnreadable(CheckRequest request) {
    return request == UNREADABLE;
  }

  @Override
  public InputStream stream(CheckRequest value) {
    return strict.stream(value);
  }

  @Override
  public CheckRequest parse(InputStream stream) {
    try {
      return strict.parse(stream);
    } catch (RuntimeException e) {
      return UNREADABLE;
    }
  }
}
