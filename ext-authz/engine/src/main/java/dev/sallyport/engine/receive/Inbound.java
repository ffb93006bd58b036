package dev.sallyport.engine.receive;

import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
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
  /** The same request, asked for another decision. */
  public Inbound again(String newId, Instant later) {
    return new Inbound(
        newId,
        later,
        method,
        path,
        host,
        headers,
        body,
        peerAddress,
        peerCertificate,
        policyExtension,
        routes);
  }

  /** A Gateway API object that Envoy Gateway names in {@code route_metadata_context}. */
  public record Route(String kind, String namespace, String name) {}

  /** How the bytes of a body came. */
  public enum BodyForm {
    /** Envoy sent none: there is none, or it does not buffer. */
    ABSENT,
    /** {@code raw_body}: the caller's own bytes. */
    EXACT,
    /** {@code body}: a text in which Envoy replaced each byte that is not UTF-8 by {@code !}. */
    LOSSY
  }

  /**
   * The body as far as Envoy sent it.
   *
   * @param form how its bytes came
   * @param received bytes in the check
   * @param size {@code http.size}: bytes that Envoy saw so far; zero where it sent no body
   * @param source gives the bytes, a new array each time it is asked
   */
  public record Body(BodyForm form, int received, long size, Supplier<byte[]> source) {
    public static final Body NONE = unsent(0);

    /** A body of which the check holds nothing. */
    public static Body unsent(long size) {
      return new Body(BodyForm.ABSENT, 0, size, () -> new byte[0]);
    }

    /** A body that was sent whole as it is. */
    public static Body of(byte[] bytes) {
      return of(bytes, bytes.length);
    }

    /** A body of which these bytes were sent as they are. */
    public static Body of(byte[] bytes, long size) {
      return new Body(
          bytes.length == 0 ? BodyForm.ABSENT : BodyForm.EXACT, bytes.length, size, bytes::clone);
    }

    /** The bytes in the check. */
    public byte[] bytes() {
      return source.get();
    }
  }
}
