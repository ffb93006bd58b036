package dev.sallyport.server.grpc;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;

/** Requests as Envoy sends them under {@code encode_raw_headers}, made here to rehearse with. */
final class CheckRequests {
  private CheckRequests() {}

  /** A GET that presents an API key. */
  static CheckRequest get(String host, String key) {
    AttributeContext.HttpRequest.Builder http =
        AttributeContext.HttpRequest.newBuilder()
            .setMethod("GET")
            .setHost(host)
            .setPath("/path?query=value")
            .setHeaderMap(
                HeaderMap.newBuilder()
                    .addHeaders(header(":authority", host))
                    .addHeaders(header("x-api-key", key))
                    .addHeaders(header("user-agent", "rehearsal")));
    SocketAddress.Builder peer = SocketAddress.newBuilder().setAddress("127.0.0.1");
    return CheckRequest.newBuilder()
        .setAttributes(
            AttributeContext.newBuilder()
                .setSource(
                    AttributeContext.Peer.newBuilder()
                        .setAddress(Address.newBuilder().setSocketAddress(peer)))
                .setRequest(AttributeContext.Request.newBuilder().setHttp(http)))
        .build();
  }

  private static HeaderValue.Builder header(String name, String value) {
    return HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value));
  }
}
