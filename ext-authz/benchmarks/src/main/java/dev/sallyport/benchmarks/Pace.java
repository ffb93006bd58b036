package dev.sallyport.benchmarks;

/**
 * How long everything takes.
 *
 * @param rounds each over all that is compared
 */
record Pace(int warmSeconds, int rounds, int roundSeconds) {
  /** {@code BENCH}: {@code quick} for a look, {@code full} for a steadier figure. */
  static Pace chosen() {
    return switch (String.valueOf(System.getenv("BENCH"))) {
      case "quick" -> new Pace(8, 3, 3);
      case "full" -> new Pace(60, 7, 20);
      default -> new Pace(30, 3, 10);
    };
  }
}
