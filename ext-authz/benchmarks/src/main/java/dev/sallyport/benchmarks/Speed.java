package dev.sallyport.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a server does when it is asked as fast as it answers.
 *
 * @param perCpuSecond the same as the rate where the server has its core for itself; steadier where
 *     it has not
 */
record Speed(double rate, double perCpuSecond) {
  /** Asks so many seconds. */
  static Speed full(H2Load load, MeasuredProcess server, int seconds)
      throws IOException, InterruptedException {
    Duration before = server.cpuTime();
    double rate = load.fullSpeed(seconds);
    double cpuSeconds = Figures.seconds(server.cpuTime().minus(before));
    return new Speed(rate, rate * seconds / cpuSeconds);
  }

  static double[] rates(Speed[] speeds) {
    return Arrays.stream(speeds).mapToDouble(Speed::rate).toArray();
  }

  static double[] perCpuSecond(Speed[] speeds) {
    return Arrays.stream(speeds).mapToDouble(Speed::perCpuSecond).toArray();
  }

  static String rate(Speed[] speeds) {
    return String.format(Locale.ROOT, "%,.0f/s", Figures.median(rates(speeds)));
  }

  /** What one round gave, target by target. */
  static String shown(Speed[][] speeds, int round) {
    List<String> shown = new ArrayList<>();
    for (Speed[] of : speeds) {
      shown.add(
          String.format(
              Locale.ROOT, "%,.0f/s (CPU: %,.0f)", of[round].rate, of[round].perCpuSecond));
    }
    return String.join(", ", shown);
  }
}
