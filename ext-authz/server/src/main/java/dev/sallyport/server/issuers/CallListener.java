package dev.sallyport.server.issuers;

import java.time.Duration;

/** Hears of every call to an issuer, for metrics. What it throws is logged and harms no one. */
@FunctionalInterface
public interface CallListener {
  /** Listens to nothing. */
  CallListener NONE = (_, _, _) -> {};

  /** What an issuer was called for. */
  enum Purpose {
    JWKS("jwks"),
    DISCOVERY("discovery"),
    INTROSPECTION("introspection");

    private final String label;

    Purpose(String label) {
      this.label = label;
    }

    /** As metrics name it. */
    public String label() {
      return label;
    }
  }

  /**
   * A call is over. Called on a thread of the call.
   *
   * @param took redirects included
   * @param usable whether what came is what was asked for
   */
  void answered(Purpose purpose, boolean usable, Duration took);
}
