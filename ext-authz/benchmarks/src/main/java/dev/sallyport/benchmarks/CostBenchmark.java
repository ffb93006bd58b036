package dev.sallyport.benchmarks;

import com.github.benmanes.caffeine.cache.Ticker;
import com.sun.management.ThreadMXBean;
import dev.sallyport.benchmarks.HostileRequests.Hostile;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.snapshot.Snapshot;
import dev.sallyport.server.quota.LocalQuotaStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Measures what the worst requests cost that a caller can think of: the time of a processor and the
 * bytes allocated for one decision, each the least of many, since what others do on the machine
 * only adds to it.
 */
public final class CostBenchmark {
  private static final double MOST_MILLIS = 5;
  private static final int MOST_TIMES = 4;

  /** What any decision may allocate, a list of errors included. */
  private static final long FREE_BYTES = 64 << 10;

  private static final KeySource NO_KEYS = (_, _, _) -> new KeySource.Answer.WouldWait();

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Snapshot snapshot = HostileRequests.snapshot();
  private final Pipeline pipeline =
      new Pipeline(
          Verifiers.of(NO_KEYS, TokenReviewer.NONE),
          new SourceLocator(0, null, RegionRanges.NONE, RegionSource.NONE),
          new LocalQuotaStore(1000, Ticker.systemTicker()));

  private CostBenchmark() {}

  /** Arguments: the file to write. */
  static void main(String[] arguments) throws IOException {
    CostBenchmark benchmark = new CostBenchmark();
    Report report = new Report("request", "bytes", "reason", "ms", "5 ms", "allocated", "4 times");
    String only = System.getenv("BENCH_ONLY");
    int missed = 0;
    for (Hostile request : HostileRequests.all()) {
      if (only == null || request.name().matches(only)) {
        missed += benchmark.measure(request, report) ? 0 : 1;
      }
    }
    Files.writeString(Path.of(arguments[0]), report.markdown());
    System.out.println(report.markdown() + missed + " MISSED");
  }

  private boolean measure(Hostile request, Report report) {
    repeat(request, 400, 1000);
    Cost cost = repeat(request, 1000, 2000);
    double millis = cost.nanos / 1e6;
    boolean inTime = millis <= MOST_MILLIS;
    boolean inRoom = cost.allocated <= MOST_TIMES * request.bytes() + FREE_BYTES;
    report.row(
        request.name(),
        "%,d".formatted(request.bytes()),
        request.reason(),
        String.format(Locale.ROOT, "%.2f", millis),
        request.bad() ? verdict(inTime) : "",
        "%,d".formatted(cost.allocated),
        request.bad() ? verdict(inRoom) : "");
    return (inTime && inRoom) || !request.bad();
  }

  private static String verdict(boolean met) {
    return met ? "met" : "MISSED";
  }

  /** What one decision costs. */
  private record Cost(long nanos, long allocated) {}

  private Cost repeat(Hostile request, int millis, int most) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long nanos = Long.MAX_VALUE;
    long allocated = Long.MAX_VALUE;
    for (int i = 0; i < most && (i < 10 || System.nanoTime() < end); i++) {
      long bytesBefore = threads.getCurrentThreadAllocatedBytes();
      long before = threads.getCurrentThreadCpuTime();
      Decision decision = decide(request);
      nanos = Math.min(nanos, threads.getCurrentThreadCpuTime() - before);
      allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - bytesBefore);
      if (!decision.reason().code().equals(request.reason())) {
        throw new IllegalStateException(
            request.name() + " got " + decision.reason().code() + ", not " + request.reason());
      }
    }
    return new Cost(nanos, allocated);
  }

  private Decision decide(Hostile request) {
    return switch (pipeline.decide(request.inbound(), snapshot, Patience.NONE)) {
      case Pipeline.Answer.Decided(Decision decision) -> decision;
      case Pipeline.Answer.Waits() ->
          throw new IllegalStateException(request.name() + " would wait");
    };
  }
}
