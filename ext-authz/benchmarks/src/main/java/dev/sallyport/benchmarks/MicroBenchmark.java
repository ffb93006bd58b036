package dev.sallyport.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the JMH benchmarks and writes time and allocation of each as a table. */
public final class MicroBenchmark {
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  private MicroBenchmark() {}

  /** Arguments: the file to write, and what to run as a regular expression. */
  static void main(String[] arguments) throws RunnerException, IOException {
    Collection<RunResult> results =
        results(arguments.length > 1 ? arguments[1] : "dev\\.sallyport\\.benchmarks\\.");
    Report report = new Report("benchmark", "request", "ns", "±", "bytes allocated");
    for (RunResult result : results) {
      Result<?> time = result.getPrimaryResult();
      Result<?> bytes = result.getSecondaryResults().get(ALLOCATED);
      String scenario = result.getParams().getParam("scenario");
      report.row(
          result.getParams().getBenchmark().replaceFirst("^.*\\.(\\w+)Benchmark\\.", "$1 "),
          scenario == null ? "" : scenario.toLowerCase(Locale.ROOT),
          whole(time.getScore()),
          whole(time.getScoreError()),
          bytes == null ? "" : whole(bytes.getScore()));
    }
    Files.writeString(Path.of(arguments[0]), report.markdown());
    System.out.println(report.markdown());
  }

  /** Runs the benchmarks that a regular expression finds. */
  static Collection<RunResult> results(String include) throws RunnerException {
    boolean full = "full".equals(System.getenv("BENCH"));
    return new Runner(
            new OptionsBuilder()
                .include(include)
                .forks(full ? 3 : 1)
                .warmupIterations(full ? 5 : 2)
                .measurementIterations(full ? 10 : 3)
                .warmupTime(TimeValue.seconds(1))
                .measurementTime(TimeValue.seconds(1))
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                // As bin/sallyport has them.
                .jvmArgs(
                    "-XX:+UseCompactObjectHeaders",
                    "-XX:+UseSerialGC",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow")
                .build())
        .run();
  }

  private static String whole(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }
}
