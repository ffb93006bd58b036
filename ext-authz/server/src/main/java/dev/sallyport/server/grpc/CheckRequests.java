package dev.sallyport.server.grpc;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.util.Map;

/** Requests as Envoy sends them under {@code encode_raw_headers}, made here to rehearse with. */
final class CheckRequests {
  private CheckRequests() {}

  /**
   * A GET.
   *
   * @param presented headers by lower-case name, beside those of every request
   */
  static CheckRequest get(String host, Map<String, String> presented) {
    HeaderMap.Builder headers =
        HeaderMap.newBuilder()
            .addHeaders(header(":authority", host))
            .addHeaders(header("user-agent", "rehearsal"));
    presented.forEach((name, value) -> headers.addHeaders(header(name, value)));
    AttributeContext.HttpRequest.Builder http =
        AttributeContext.HttpRequest.newBuilder()
            .setMethod("GET")
            .setHost(host)
            .setPath("/path?query=value")
            .setHeaderMap(headers);
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
