package dev.sallyport.engine.receive;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request as Envoy sent it, nothing changed and nothing believed.
 *
 * @param id the decision's id, new for each
 * @param at when it was received; the decision's only clock
 * @param method as in {@code :method}
 * @param path as in {@code :path}, with the query; empty for CONNECT
 * @param host as in {@code :authority}, case and port kept
 * @param peerAddress the address that Envoy names as the source, textual; null where it names none
 * @param peerCertificate the certificate that Envoy names as the source's, in URL-encoded PEM; null
 *     where it names none
 * @param policyExtension {@code context_extensions["sallyport.dev/policy"]}; null where it is
 *     absent
 * @param routes what Envoy Gateway says of the route; empty where it says nothing
 */
public record Inbound(
    String id,
    Instant at,
    String method,
    String path,
    String host,
    Headers headers,
    Body body,
    @Nullable String peerAddress,
    @Nullable String peerCertificate,
    @Nullable String policyExtension,
    List<Route> routes) {

  /** A Gateway API object that Envoy Gateway names in {@code route_metadata_context}. */
  public record Route(String kind, String namespace, String name) {}

  /**
   * The body as far as Envoy sent it.
   *
   * @param received bytes in the check
   * @param size {@code http.size}: bytes that Envoy saw so far; zero where it sent no body
   */
  public record Body(int received, long size) {
    public static final Body NONE = new Body(0, 0);
  }
}
