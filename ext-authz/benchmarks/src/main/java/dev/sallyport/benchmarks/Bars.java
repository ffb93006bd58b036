package dev.sallyport.benchmarks;

import java.util.Locale;

/** What was measured beside what was promised. */
final class Bars {
  private final Report report = new Report("what", "figure", "ratio", "bar", "");
  private boolean met = true;

  /** A figure that others are compared with, or that nothing was promised of. */
  void plain(String what, String figure) {
    report.row(what, figure, "", "", "");
  }

  /** A figure whose ratio to another has to be at least so much. */
  void atLeast(String what, String figure, double ratio, double bar) {
    report.row(what, figure, two(ratio), "at least " + two(bar), verdict(ratio >= bar));
  }

  /** A figure that has to be at least another. */
  void atLeast(String what, String figure, double value, int bar, String unit) {
    report.row(
        what,
        figure,
        "",
        String.format(Locale.ROOT, "at least %,d%s", bar, unit),
        verdict(value >= bar));
  }

  /** A figure whose ratio to another has to be at most so much. */
  void atMost(String what, String figure, double ratio, double bar) {
    report.row(what, figure, two(ratio), "at most " + two(bar), verdict(ratio <= bar));
  }

  /** A figure that has to stay under another. */
  void under(String what, String figure, double value, int bar, String unit) {
    report.row(what, figure, "", "under " + bar + ' ' + unit, verdict(value < bar));
  }

  boolean met() {
    return met;
  }

  String markdown() {
    return report.markdown();
  }

  private String verdict(boolean good) {
    met &= good;
    return good ? "met" : "MISSED";
  }

  private static String two(double ratio) {
    return String.format(Locale.ROOT, "%.2f", ratio);
  }
}
