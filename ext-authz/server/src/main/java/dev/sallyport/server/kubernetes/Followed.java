package dev.sallyport.server.kubernetes;

import org.jspecify.annotations.Nullable;

/**
 * A kind, or what is in one namespace of it.
 *
 * @param namespace null for all
 */
record Followed(WatchedKind kind, @Nullable String namespace) {
  /** Its path, with the beginning of a query. */
  String path(String version) {
    return kind.path(version, namespace);
  }

  /** {@code secrets in shop}, for people. */
  @Override
  public String toString() {
    return kind.qualifiedPlural() + (namespace == null ? "" : " in " + namespace);
  }
}
