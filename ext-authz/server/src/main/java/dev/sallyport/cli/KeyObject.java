package dev.sallyport.cli;

import org.jspecify.annotations.Nullable;

/**
 * What {@code kubectl apply} takes to make a new key known to a cluster: YAML on standard output.
 */
final class KeyObject {
  /** Where a Secret made here holds the key. */
  static final String ENTRY = "api_key";

  private KeyObject() {}

  /** A Secret that holds the key itself; it alone tells the key. */
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
        .formatted(name, namespaceLine(namespace), ENTRY, key);
  }

  /**
   * An identity with nothing but the one credential: applied on the server it joins those that the
   * identity has.
   *
   * @param apiKey the credential's value, in YAML's flow style
   */
  static String identity(
      String name, @Nullable String namespace, String credential, String apiKey) {
    return """
    # Joins the credentials of an identity that is there:
    # kubectl apply --server-side --field-manager sallyport-key-%s -f -
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata:
      name: "%s"
    %sspec:
      credentials:
      - name: "%s"
        apiKey: %s
    """
        .formatted(credential, name, namespaceLine(namespace), credential, apiKey);
  }

  private static String namespaceLine(@Nullable String namespace) {
    return namespace == null ? "" : "  namespace: \"" + namespace + "\"\n";
  }
}
