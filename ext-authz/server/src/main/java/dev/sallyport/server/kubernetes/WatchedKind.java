package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.Shared;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A kind of which objects are read.
 *
 * @param group empty for the core API
 * @param versions that will do, the best first
 * @param plural as it stands in paths
 * @param selector of labels; null for all objects
 * @param need what it means when the kind can't be read
 */
record WatchedKind(
    String kind,
    String group,
    List<String> versions,
    String plural,
    @Nullable String selector,
    Need need) {
  private static final String ONLY_WATCHED = "sallyport.dev/watch=true";

  /** Whether there is a life without it. */
  enum Need {
    /** Nothing is enforced before it was read. */
    REQUIRED,

    /** Where it is not installed, or not ours to read, there is nothing of it. */
    OPTIONAL
  }

  /** The kinds that policies are made of. */
  static final List<WatchedKind> DECLARED =
      List.of(
          own("ApiPolicy", "apipolicies"),
          own("NonHumanIdentity", "nonhumanidentities"),
          own("TokenIssuer", "tokenissuers"),
          own("DetectionPolicy", "detectionpolicies"),
          core("Secret", "secrets"),
          core("ConfigMap", "configmaps"),
          route("HTTPRoute", "httproutes", "v1beta1"),
          route("GRPCRoute", "grpcroutes", "v1alpha2"));

  /** The service accounts whose tokens are reviewed. */
  static final WatchedKind SERVICE_ACCOUNT =
      new WatchedKind("ServiceAccount", "", List.of("v1"), "serviceaccounts", null, Need.OPTIONAL);

  private static WatchedKind own(String kind, String plural) {
    return new WatchedKind(kind, "sallyport.dev", List.of("v1alpha1"), plural, null, Need.REQUIRED);
  }

  private static WatchedKind core(String kind, String plural) {
    return new WatchedKind(kind, "", List.of("v1"), plural, ONLY_WATCHED, Need.REQUIRED);
  }

  private static WatchedKind route(String kind, String plural, String olderVersion) {
    return new WatchedKind(
        kind,
        "gateway.networking.k8s.io",
        List.of("v1", olderVersion),
        plural,
        null,
        Need.OPTIONAL);
  }

  /** Whether it is one of the four kinds, which have a status of ours. */
  boolean isOwn() {
    return group.equals("sallyport.dev");
  }

  String apiVersion(String version) {
    return group.isEmpty() ? version : group + '/' + version;
  }

  /** {@code secrets}, {@code apipolicies.sallyport.dev}. */
  String qualifiedPlural() {
    return group.isEmpty() ? plural : plural + '.' + group;
  }

  /**
   * The path of its objects, with the beginning of a query.
   *
   * @param namespace null for all
   */
  String path(String version, @Nullable String namespace) {
    return (group.isEmpty() ? "/api/" : "/apis/")
        + apiVersion(version)
        + (namespace == null ? "" : "/namespaces/" + encode(namespace))
        + '/'
        + plural
        + '?'
        + (selector == null ? "" : "labelSelector=" + encode(selector) + '&');
  }

  /** The name of an object; null where it has none. */
  @Nullable ObjectKey key(Node.Mapping object, Shared shared) {
    if (!(object.value("metadata") instanceof Node.Mapping metadata)) {
      return null;
    }
    String namespace = metadata.text("namespace");
    String name = metadata.text("name");
    return namespace.isEmpty() || name.isEmpty()
        ? null
        : new ObjectKey(kind, shared.one(namespace), name);
  }

  /** With kind and version, which what stands in a list of the core API does not bear. */
  Node.Mapping complete(Node.Mapping object, String version) {
    Node.Mapping whole = object.value("kind") == null ? object.with("kind", kind) : object;
    return whole.value("apiVersion") == null
        ? whole.with("apiVersion", apiVersion(version))
        : whole;
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
