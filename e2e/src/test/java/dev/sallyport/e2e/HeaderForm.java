package dev.sallyport.e2e;

/** The two forms in which Envoy sends headers to Sallyport. */
enum HeaderForm {
  /** {@code encode_raw_headers}: line by line. */
  LISTED,
  /** One value a name, several joined by a comma. */
  JOINED;

  EnvoyProcess.Settings of(EnvoyProcess.Settings settings) {
    return switch (this) {
      case LISTED -> settings;
      case JOINED -> settings.joiningHeaders();
    };
  }
}
