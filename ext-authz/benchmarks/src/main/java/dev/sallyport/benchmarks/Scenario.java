package dev.sallyport.benchmarks;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext.HttpRequest;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext.Peer;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext.Request;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;

/** A request that is measured, and what it must get. */
public enum Scenario {
  /** A GET by a known API key that has the scope. */
  ALLOWED("allowed", "GET", 4),

  /** A DELETE by the same key, which lacks the scope. */
  SCOPE_INSUFFICIENT("scope_insufficient", "DELETE", 5),

  /** A path that no operation has. */
  OPERATION_UNDECLARED("operation_undeclared", "GET", 99),

  /** A GET by a key that nobody has. */
  CREDENTIAL_INVALID("credential_invalid", "GET", 4);

  private final String reason;
  private final String method;
  private final int operation;

  Scenario(String reason, String method, int operation) {
    this.reason = reason;
    this.method = method;
    this.operation = operation;
  }

  /** The reason code of the decision. */
  public String reason() {
    return reason;
  }

  /**
   * As Envoy 1.40 sends it with {@code encode_raw_headers}, about a browserless client's headers.
   */
  CheckRequest request(PolicySet set) {
    return request(set, set.caller());
  }

  /** The same by another identity of the policy. */
  CheckRequest request(PolicySet set, int identity) {
    String key = this == CREDENTIAL_INVALID ? "sp_live_nobody" : set.key(identity);
    return request(set.host(set.policy()), set.path(operation), header("x-api-key", key));
  }

  /** The same on another host, with another credential. */
  CheckRequest request(String host, String collection, HeaderValue credential) {
    String path = collection + "/4c1f7e90-5b8d-4a51-9d6e-08c2b7f3a1aa?fields=id,name&limit=50";
    HeaderMap headers =
        HeaderMap.newBuilder()
            .addHeaders(header(":authority", host))
            .addHeaders(header(":path", path))
            .addHeaders(header(":method", method))
            .addHeaders(header(":scheme", "https"))
            .addHeaders(header("user-agent", "acme-settlement/4.2 (python-requests 2.32)"))
            .addHeaders(header("accept", "application/json"))
            .addHeaders(header("accept-encoding", "gzip, deflate, br"))
            .addHeaders(header("accept-language", "en"))
            .addHeaders(header("cache-control", "no-cache"))
            .addHeaders(credential)
            .addHeaders(header("x-correlation-id", "9f3b2c50-77a1-4f0e-b0f5-3d1a6c2e9b44"))
            .addHeaders(
                header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"))
            .addHeaders(header("x-forwarded-for", "203.0.113.7"))
            .addHeaders(header("x-forwarded-proto", "https"))
            .addHeaders(header("x-envoy-external-address", "203.0.113.7"))
            .addHeaders(header("x-request-id", "2f0a1f4e-5c6b-9b7e-8a55-0d7c3f1e6b21"))
            .build();
    return CheckRequest.newBuilder()
        .setAttributes(
            AttributeContext.newBuilder()
                .setSource(Peer.newBuilder().setAddress(address("203.0.113.7", 51234)))
                .setDestination(Peer.newBuilder().setAddress(address("10.0.0.8", 8443)))
                .setRequest(
                    Request.newBuilder()
                        .setTime(Timestamp.newBuilder().setSeconds(1795644000).setNanos(123456000))
                        .setHttp(
                            HttpRequest.newBuilder()
                                .setId("14341913099464177202")
                                .setMethod(method)
                                .setHeaderMap(headers)
                                .setPath(path)
                                .setHost(host)
                                .setScheme("https")
                                .setProtocol("HTTP/2")))
                .setMetadataContext(Metadata.getDefaultInstance())
                .setRouteMetadataContext(Metadata.getDefaultInstance()))
        .build();
  }

  /** The request as one gRPC message on the wire: not compressed, its length, its bytes. */
  byte[] frame(PolicySet set) {
    return frame(request(set));
  }

  static byte[] frame(CheckRequest request) {
    byte[] message = request.toByteArray();
    byte[] frame = new byte[5 + message.length];
    frame[1] = (byte) (message.length >> 24);
    frame[2] = (byte) (message.length >> 16);
    frame[3] = (byte) (message.length >> 8);
    frame[4] = (byte) message.length;
    System.arraycopy(message, 0, frame, 5, message.length);
    return frame;
  }

  static HeaderValue header(String name, String value) {
    return HeaderValue.newBuilder()
        .setKey(name)
        .setRawValue(ByteString.copyFromUtf8(value))
        .build();
  }

  private static Address address(String literal, int port) {
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(literal).setPortValue(port))
        .build();
  }
}
