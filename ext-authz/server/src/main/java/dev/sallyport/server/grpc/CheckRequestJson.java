package dev.sallyport.server.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.sallyport.engine.receive.Inbound;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.time.Instant;

/** A {@code CheckRequest} in protobuf's JSON mapping, as somebody wrote it down to ask again. */
public final class CheckRequestJson {
  private CheckRequestJson() {}

  /**
   * Reads one as if Envoy had sent it.
   *
   * @throws IllegalArgumentException if it is none; the message says why, perhaps with a part of it
   */
  public static Inbound read(String json, String id, Instant at) {
    CheckRequest.Builder request = CheckRequest.newBuilder();
    try {
      JsonFormat.parser().merge(json, request);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    return InboundReader.read(request.build(), id, at);
  }
}
