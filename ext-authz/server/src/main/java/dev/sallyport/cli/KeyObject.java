package dev.sallyport.cli;

import org.jspecify.annotations.Nullable;

/** What kubectl takes to make a new key known to a cluster: YAML on standard output. */
final class KeyObject {
  /** Where a Secret made here holds the key. */
  static final String ENTRY = "api_key";

  private KeyObject() {}

  /** A Secret for {@code kubectl apply} that holds the key itself; it alone tells the key. */
  static String secret(String name, @Nullable String namespace, String key) {
    return """
    apiVersion: v1
    kind: Secret
    metadata:
      name: "%s"
    %s  labels: {sallyport.dev/watch: "true"}
    type: Opaque
    stringData: {%s: "%s"}
    """
        .formatted(
            name, namespace == null ? "" : "  namespace: \"" + namespace + "\"\n", ENTRY, key);
  }

  /**
   * A patch (RFC 6902) for {@code kubectl patch} that adds one credential to those of an identity.
   * An object to apply would not do: {@code kubectl apply --server-side} takes what it finds
   * applied in the older way for its own, and removes all of it that the object does not say again.
   *
   * @param apiKey the credential's value, in YAML's flow style
   */
  static String patch(String credential, String apiKey) {
    return """
    - op: add
      path: /spec/credentials/-
      value:
        name: "%s"
        apiKey: %s
    """
        .formatted(credential, apiKey);
  }

  /** The command that takes the patch from its standard input. */
  static String patchCommand(String identity, @Nullable String namespace) {
    return "kubectl patch nhi "
        + identity
        + (namespace == null ? "" : " -n " + namespace)
        + " --type json --patch-file /dev/stdin";
  }
}
