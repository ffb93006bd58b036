package dev.sallyport.server.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this process is the one of its replicas that writes statuses. It is held by a Lease, and
 * tried for again whenever it was lost.
 *
 * <p>Fabric8's elector trusts the clocks of the other replicas, stays a leader for as long as a
 * request hangs, and does not come back by itself. So the Lease is wrapped: another holder counts
 * as gone when this process saw no renewal for the Lease's duration by its own clock; the client
 * belongs to the election alone and gives up early; and it is {@link #held} only within the
 * deadline after the last renewal, whatever the elector believes.
 */
final class Leadership implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

  /** How often within a period it is looked whether the deadline has passed. */
  private static final int TICKS = 8;

  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  /** Tells each failure with a stack trace, every two seconds; {@link Renewals} tells the first. */
  private static final java.util.logging.Logger ELECTOR =
      java.util.logging.Logger.getLogger(LeaderElector.class.getName());

  static {
    ELECTOR.setLevel(java.util.logging.Level.OFF);
  }

  private final KubernetesClient client;
  private final Renewals lock;
  private final Timing timing;
  private final Listener listener;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("leader-election").daemon().factory());

  /** Of its own, because the election's waits for requests. */
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("leader-watch").daemon().factory());

  // Guarded by this.
  private @Nullable CompletableFuture<?> election;
  private boolean closed;

  /** What the elector believes, which finds out late that a request hangs. */
  private volatile boolean elected;

  private final Object telling = new Object();

  /** What the listener was told last; guarded by {@code telling}. */
  private boolean told;

  /**
   * How long things last.
   *
   * @param lease how long a holder that renews no more keeps the Lease
   * @param deadline how long a holder believes that it is one; shorter, so that what it began ends
   *     in time
   * @param period between two attempts
   */
  record Timing(Duration lease, Duration deadline, Duration period) {
    static final Timing USUAL =
        new Timing(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));
  }

  /** Hears when this process begins and ceases to lead; must not block. */
  @FunctionalInterface
  interface Listener {
    void leads(boolean leads);
  }

  /**
   * Takes part in no election before {@link #start}.
   *
   * @param client of this alone, closed with it; its requests must give up well within the deadline
   * @param lease whose identity no other process has
   */
  Leadership(
      KubernetesClient client,
      Lock lease,
      Timing timing,
      Listener listener,
      LongSupplier nanoTime) {
    this.client = client;
    this.lock = new Renewals(lease, timing.lease(), nanoTime, this::tell);
    this.timing = timing;
    this.listener = listener;
  }

  /** Begins to try, and returns at once. */
  void start() {
    long tick = timing.period().dividedBy(TICKS).toMillis();
    var _ = watch.scheduleWithFixedDelay(this::tell, tick, tick, TimeUnit.MILLISECONDS);
    elect();
  }

  private synchronized void elect() {
    if (closed) {
      return;
    }
    LeaderElectionConfig config =
        new LeaderElectionConfigBuilder()
            .withName("sallyport")
            .withLock(lock)
            .withLeaseDuration(timing.lease())
            .withRenewDeadline(timing.deadline())
            .withRetryPeriod(timing.period())
            .withReleaseOnCancel(true)
            .withLeaderCallbacks(
                new LeaderCallbacks(() -> elected(true), () -> elected(false), _ -> {}))
            .build();
    // An elector that has lost stays stopped; each attempt needs one of its own.
    CompletableFuture<?> running = new LeaderElector(client, config, executor).start();
    election = running;
    var _ = running.whenComplete((_, failure) -> again(failure));
  }

  private void again(@Nullable Throwable failure) {
    elected(false);
    synchronized (this) {
      if (closed) {
        return;
      }
      if (failure != null) {
        LOG.warn("the election of a leader failed and begins anew", failure);
      }
      var _ = executor.schedule(this::elect, timing.period().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void elected(boolean now) {
    elected = now;
    tell();
  }

  /** Tells what has become true since the last time. */
  private void tell() {
    synchronized (telling) {
      boolean now = held();
      if (told == now) {
        return;
      }
      told = now;
      LOG.info(now ? "{} leads: it writes the statuses" : "{} leads no more", lock.identity());
      listener.leads(now);
    }
  }

  /** Whether this process leads now, and will for long enough to end what it begins. */
  boolean held() {
    return elected && lock.renewedWithin(timing.deadline());
  }

  /** Releases the Lease, so that another replica need not wait for its end. */
  @Override
  public void close() {
    CompletableFuture<?> running;
    synchronized (this) {
      closed = true;
      running = election;
    }
    try {
      if (running != null) {
        // Releases on the thread that calls.
        running.cancel(true);
      }
    } catch (RuntimeException e) {
      LOG.debug("the Lease could not be released", e);
    }
    watch.shutdownNow();
    executor.shutdown();
    try {
      if (!executor.awaitTermination(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        executor.shutdownNow();
      }
    } catch (InterruptedException e) {
      executor.shutdownNow();
      Thread.currentThread().interrupt();
    }
    client.close();
  }

  /**
   * The Lease, with what this process saw of it. A renewal counts from before it was sent, and the
   * renewal of another from when it was seen, so that clocks need not agree.
   */
  private static final class Renewals implements Lock {
    private final Lock lease;
    private final Duration duration;
    private final LongSupplier nanoTime;
    private final Runnable whenRenewed;

    // Only one thread at a time elects; the elector's own lock sees to it.
    private @Nullable LeaderElectionRecord observed;
    private long observedAtNanos;
    private boolean silent;

    private volatile long renewedAtNanos;
    private volatile boolean renewed;

    Renewals(Lock lease, Duration duration, LongSupplier nanoTime, Runnable whenRenewed) {
      this.lease = lease;
      this.duration = duration;
      this.nanoTime = nanoTime;
      this.whenRenewed = whenRenewed;
    }

    boolean renewedWithin(Duration duration) {
      return renewed && nanoTime.getAsLong() - renewedAtNanos < duration.toNanos();
    }

    @Override
    public synchronized @Nullable LeaderElectionRecord get(KubernetesClient client) {
      LeaderElectionRecord stored = asked(() -> lease.get(client));
      if (stored == null) {
        observed = null;
        return null;
      }
      long nanos = nanoTime.getAsLong();
      if (!stored.equals(observed)) {
        observed = stored;
        observedAtNanos = nanos;
      }
      return new LeaderElectionRecord(
          stored.getHolderIdentity(),
          stored.getLeaseDuration(),
          stored.getAcquireTime(),
          // The elector compares it with the clock of this machine.
          ZonedDateTime.now(ZoneOffset.UTC).minusNanos(nanos - observedAtNanos),
          stored.getLeaderTransitions());
    }

    /** The elector outlives only exceptions of the client. */
    private <T extends @Nullable Object> T asked(Supplier<T> request) {
      try {
        T answer = request.get();
        silent = false;
        return answer;
      } catch (RuntimeException e) {
        if (!silent) {
          silent = true;
          LOG.warn("{} can't be read or renewed: {}", lease.describe(), e.toString());
        }
        throw e instanceof KubernetesClientException
            ? e
            : new KubernetesClientException("the Lease is not as it should be", e);
      }
    }

    @Override
    public void create(KubernetesClient client, LeaderElectionRecord next) {
      long sent = nanoTime.getAsLong();
      asked(() -> {
        lease.create(client, next);
        return null;
      });
      renewed(sent);
    }

    @Override
    public void update(KubernetesClient client, LeaderElectionRecord next) {
      boolean releases = next.getLeaseDuration().compareTo(duration) < 0;
      if (releases) {
        // From before it is sent: the next holder may be there before the answer is.
        renewed = false;
      }
      long sent = nanoTime.getAsLong();
      asked(() -> {
        lease.update(client, next);
        return null;
      });
      if (!releases) {
        renewed(sent);
      }
    }

    private void renewed(long sentNanos) {
      renewedAtNanos = sentNanos;
      renewed = true;
      whenRenewed.run();
    }

    @Override
    public String identity() {
      return lease.identity();
    }

    @Override
    public String describe() {
      return lease.describe();
    }
  }
}
