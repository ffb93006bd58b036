package dev.sallyport.server.kubernetes;

/** What to do when the API server lacks something. */
final class InstallHint {
  /** After a name of a kind that it does not know. */
  static final String OF_DEFINITIONS =
      "install the custom resource definitions: `kubectl apply --server-side -f"
          + " helm/sallyport/crds`, or the chart `sallyport-crds`";

  private InstallHint() {}
}
