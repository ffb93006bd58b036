package dev.sallyport.server.telemetry;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decisions on their way to one sink: a bounded queue, and a thread that empties it.
 *
 * <p>Each sink has a log of its own, so that one that fails or hangs holds up neither a decision
 * nor another sink. What finds the queue full is dropped, as is a batch that the sink refuses, and
 * both are counted.
 *
 * <p>Waking a thread costs the decision that does it several times what the rest of it costs here,
 * so the writer is woken only when it found nothing to do. While there is traffic it looks for
 * itself, every few milliseconds, and so gathers batches.
 */
final class DecisionLog implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DecisionLog.class);

  private static final int BATCH_ENTRIES = 512;
  private static final int BATCH_BYTES = 256 * 1024;
  private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final Duration COMPLAINT_INTERVAL = Duration.ofMinutes(1);

  private final DecisionSink sink;
  private final int capacity;
  private final InstantSource clock;
  private final Thread writer;

  private final Queue<DecisionEntry> queue = new ConcurrentLinkedQueue<>();

  /** Entries in the queue or about to be; counted apart, because the queue would have to walk. */
  private final AtomicInteger queued = new AtomicInteger();

  /** Whether the writer sleeps until it is woken. Set by the writer, cleared by either side. */
  private final AtomicBoolean asleep = new AtomicBoolean();

  private final LongAdder dropped = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private volatile boolean closing;

  // The writer's own.
  private final List<DecisionEntry> batch = new ArrayList<>(BATCH_ENTRIES);
  private final DecisionLines lines = new DecisionLines();
  private Instant complainAfter = Instant.MIN;

  /**
   * @param capacity decisions that may wait; at least 1
   */
  DecisionLog(DecisionSink sink, int capacity, InstantSource clock) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a decision log needs room for at least one decision");
    }
    this.sink = sink;
    this.capacity = capacity;
    this.clock = clock;
    this.writer =
        Thread.ofPlatform().daemon().name("decision-log-" + sink.name()).unstarted(this::run);
  }

  /** Begins to write. */
  DecisionLog start() {
    writer.start();
    return this;
  }

  String sinkName() {
    return sink.name();
  }

  /** Takes a decision, or drops and counts it. Any thread; never blocks. */
  void offer(DecisionEntry entry) {
    if (closing) {
      dropped.increment();
      return;
    }
    if (queued.incrementAndGet() > capacity) {
      queued.decrementAndGet();
      dropped.increment();
      return;
    }
    queue.offer(entry);
    // The writer sets `asleep` before it looks at the queue a last time: one of both sees the
    // other.
    if (asleep.get() && asleep.compareAndSet(true, false)) {
      LockSupport.unpark(writer);
    }
  }

  /** Decisions that no line was written for. */
  long dropped() {
    return dropped.sum();
  }

  /** Batches that the sink refused. */
  long failures() {
    return failures.sum();
  }

  private void run() {
    while (!Thread.interrupted()) {
      int taken = writeBatch();
      if (taken == 0) {
        if (closing && queue.isEmpty()) {
          break;
        }
        sleep();
      } else if (!isFull(taken) && !closing) {
        LockSupport.parkNanos(this, LINGER_NANOS);
      }
    }
    try {
      sink.close();
    } catch (IOException e) {
      complain("decision log `{}` could not be closed: {}", e);
    }
  }

  private void sleep() {
    asleep.set(true);
    if (queue.isEmpty() && !closing) {
      LockSupport.park(this);
    }
    asleep.set(false);
  }

  /** How many entries it took from the queue. */
  private int writeBatch() {
    batch.clear();
    lines.clear();
    int taken = 0;
    while (!isFull(taken)) {
      DecisionEntry entry = queue.poll();
      if (entry == null) {
        break;
      }
      taken++;
      try {
        lines.append(entry);
        batch.add(entry);
      } catch (RuntimeException e) {
        lost(1, e);
      }
    }
    queued.addAndGet(-taken);
    if (!batch.isEmpty()) {
      try {
        sink.write(batch, lines.bytes(), lines.length());
      } catch (IOException | RuntimeException e) {
        lost(batch.size(), e);
      }
    }
    return taken;
  }

  /** Whether the batch ended at a bound, so that there is likely more to write at once. */
  private boolean isFull(int taken) {
    return taken >= BATCH_ENTRIES || lines.length() >= BATCH_BYTES;
  }

  private void lost(int entries, Exception cause) {
    dropped.add(entries);
    failures.increment();
    complain("decision log `{}` loses decisions: {}", cause);
  }

  private void complain(String message, Exception cause) {
    Instant now = clock.instant();
    if (now.isBefore(complainAfter)) {
      return;
    }
    complainAfter = now.plus(COMPLAINT_INTERVAL);
    log.warn(message, sink.name(), cause.getMessage());
  }

  /** Writes what waits and closes the sink; gives up, and counts the rest, after two seconds. */
  @Override
  public void close() {
    close(Duration.ofSeconds(2));
  }

  /** Takes no more; what waits is still written. */
  void finish() {
    closing = true;
    LockSupport.unpark(writer);
  }

  void close(Duration patience) {
    finish();
    try {
      if (!writer.join(patience)) {
        writer.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (DecisionEntry left = queue.poll(); left != null; left = queue.poll()) {
      dropped.increment();
    }
  }
}
