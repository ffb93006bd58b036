package dev.sallyport.benchmarks;

import java.time.Duration;
import java.util.Arrays;

/** Sums over rounds. */
final class Figures {
  private Figures() {}

  /** The median of the ratios of each round. */
  static double ratio(double[] of, double[] to) {
    double[] ratios = new double[of.length];
    Arrays.setAll(ratios, round -> of[round] / to[round]);
    return median(ratios);
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
