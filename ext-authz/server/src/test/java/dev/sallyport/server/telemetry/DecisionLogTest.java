package dev.sallyport.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DecisionLogTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Samples.NOW);

  @Test
  void closeWritesWhatWaits() {
    RecordingSink sink = new RecordingSink();
    DecisionLog log = new DecisionLog(sink, 10_000, CLOCK).start();

    for (int i = 0; i < 5000; i++) {
      log.offer(Samples.entry("id-" + i));
    }
    log.close();

    assertThat(sink.ids).hasSize(5000).startsWith("id-0", "id-1").endsWith("id-4999");
    assertThat(sink.lines).isEqualTo(5000);
    assertThat(sink.closed).isTrue();
    assertThat(log.dropped()).isZero();
  }

  @Test
  void sleepingWriterIsWokenByADecision() throws Exception {
    RecordingSink sink = new RecordingSink();
    try (DecisionLog log = new DecisionLog(sink, 16, CLOCK).start()) {
      for (int i = 0; i < 50; i++) {
        log.offer(Samples.entry("id-" + i));
        sink.written.acquire();
      }
    }
    assertThat(sink.ids).hasSize(50);
  }

  @Test
  void blockedSinkDropsAndCountsButHoldsNobodyUp() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    RecordingSink sink =
        new RecordingSink() {
          @Override
          public void write(List<DecisionEntry> batch, byte[] bytes, int length)
              throws IOException {
            writing.countDown();
            await(released);
            super.write(batch, bytes, length);
          }
        };
    DecisionLog log = new DecisionLog(sink, 100, CLOCK).start();
    log.offer(Samples.entry("first"));
    writing.await();

    for (int i = 0; i < 150; i++) {
      log.offer(Samples.entry("id-" + i));
    }

    assertThat(log.dropped()).isEqualTo(50);
    released.countDown();
    log.close();
    assertThat(sink.ids).hasSize(101).startsWith("first", "id-0").endsWith("id-99");
    assertThat(log.dropped()).isEqualTo(50);
  }

  @Test
  void hangingSinkDoesNotHoldTheEndUp() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    RecordingSink sink =
        new RecordingSink() {
          @Override
          public void write(List<DecisionEntry> batch, byte[] bytes, int length)
              throws IOException {
            writing.countDown();
            await(never);
          }
        };
    DecisionLog log = new DecisionLog(sink, 100, CLOCK).start();
    log.offer(Samples.entry("first"));
    writing.await();
    log.offer(Samples.entry("second"));

    log.close(Duration.ofMillis(1));
    log.offer(Samples.entry("late"));

    assertThat(log.dropped()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void failedBatchIsCountedAndTheNextIsWritten() throws Exception {
    RecordingSink sink =
        new RecordingSink() {
          private boolean failed;

          @Override
          public void write(List<DecisionEntry> batch, byte[] bytes, int length)
              throws IOException {
            if (!failed) {
              failed = true;
              written.release();
              throw new IOException("disk full");
            }
            super.write(batch, bytes, length);
          }
        };
    try (DecisionLog log = new DecisionLog(sink, 16, CLOCK).start()) {
      log.offer(Samples.entry("lost"));
      sink.written.acquire();
      log.offer(Samples.entry("kept"));
      sink.written.acquire();

      assertThat(log.failures()).isEqualTo(1);
      assertThat(log.dropped()).isEqualTo(1);
    }
    assertThat(sink.ids).containsExactly("kept");
  }

  @Test
  void manyProducersLoseNothing() throws Exception {
    RecordingSink sink = new RecordingSink();
    DecisionLog log = new DecisionLog(sink, 100_000, CLOCK).start();

    try (var threads = Executors.newFixedThreadPool(4)) {
      for (int t = 0; t < 4; t++) {
        int thread = t;
        threads.execute(() -> {
          for (int i = 0; i < 5000; i++) {
            log.offer(Samples.entry(thread + "-" + i));
          }
        });
      }
    }
    log.close();

    assertThat(sink.ids).hasSize(20_000).doesNotHaveDuplicates();
    assertThat(log.dropped()).isZero();
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Read after the log was closed, or under a permit of {@link #written}. */
  private static class RecordingSink implements DecisionSink {
    final List<String> ids = new ArrayList<>();
    final Semaphore written = new Semaphore(0);
    long lines;
    boolean closed;

    @Override
    public String name() {
      return "recording";
    }

    @Override
    public void write(List<DecisionEntry> batch, byte[] bytes, int length) throws IOException {
      batch.forEach(entry -> ids.add(entry.id()));
      lines += new String(bytes, 0, length, StandardCharsets.UTF_8).lines().count();
      written.release(batch.size());
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
