package dev.sallyport.engine.quota;

import java.time.Duration;
import java.util.List;

/** The port to the counters of rate limits. */
public interface QuotaStore {
  /**
   * Takes one request from every bucket, or from none: when an enforced one is empty, what was
   * taken from the others is given back.
   *
   * @param charges one a limit; never empty
   * @return one result a charge, in order
   */
  List<Taken> take(List<Charge> charges);

  /**
   * A limit and the caller that it counts.
   *
   * @param subject who, as text without meaning to the store; at most a few hundred characters
   */
  record Charge(Limit limit, String subject) {}

  /**
   * What became of a charge.
   *
   * @param exceeded whether the bucket was empty
   * @param remaining requests left now; zero when exceeded
   * @param retryAfter when one request will be there again; zero unless exceeded
   * @param resetAfter when the bucket will be full again
   */
  record Taken(boolean exceeded, long remaining, Duration retryAfter, Duration resetAfter) {}
}
