package dev.sallyport.server.kubernetes;

import dev.sallyport.crd.Condition;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.IssuerState;
import dev.sallyport.server.SnapshotListener;
import dev.sallyport.server.kubernetes.DerivedStatus.Verdict;
import dev.sallyport.server.kubernetes.StatusDocument.Fingerprint;
import dev.sallyport.server.kubernetes.StatusStore.Announcement;
import dev.sallyport.server.kubernetes.StatusStore.Answer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the status of every object true, for as long as this process leads.
 *
 * <p>All that is said to it becomes a signal to one thread, which derives what a status should be,
 * compares that with what is stored, and has the difference written by a few virtual threads. So
 * neither the loader nor an informer waits for it. At the beginning of a term every object is
 * compared; whatever another leader left undone is done then, and nothing is written twice.
 */
public final class StatusWriter implements SnapshotListener, StoredStatuses, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);

  static final String LEASE = "sallyport-leader";

  /** Shorter than the rest of a Lease when its holder stops to believe in it. */
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(4);

  private static final int CONCURRENT_WRITES = 8;
  private static final int WRITES_A_SECOND = 100;
  private static final int WRITES_AT_ONCE = 200;
  private static final int LOOKS_A_SECOND = 5_000;
  private static final int ANNOUNCEMENTS_A_SECOND = 5;
  private static final int ANNOUNCEMENTS_AT_ONCE = 50;
  private static final Duration SAME_CONDITIONS = Duration.ofMinutes(1);
  private static final Duration ISSUER_LOOK_INTERVAL = Duration.ofSeconds(5);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  /** Few and waited for before many. */
  private static final List<String> KINDS =
      List.of("ApiPolicy", "TokenIssuer", "DetectionPolicy", "NonHumanIdentity");

  private final StatusStore store;
  private final InstantSource clock;
  private final ExecutorService senders;
  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private final Map<ObjectKey, StoredStatus> stored = new ConcurrentHashMap<>();
  private final LongAdder writes = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder unannounced = new LongAdder();
  private final Allowance announcements =
      new Allowance(ANNOUNCEMENTS_A_SECOND, ANNOUNCEMENTS_AT_ONCE);
  private final Thread thread;

  /** What ends with the writer, the last one first. */
  private List<AutoCloseable> parts = List.of();

  // Set once, before the thread starts.
  private BooleanSupplier held = () -> false;

  private Runnable candidacy = () -> {};

  /** Set once, before the first snapshot. */
  private volatile @Nullable Supplier<Map<ObjectKey, IssuerState>> issuerStates;

  /** Written by the loader's thread. */
  private volatile @Nullable Compilation latest;

  /** Whether a term has begun; written by the writer's thread. */
  private volatile boolean leading;

  private volatile boolean closed;

  // Only the writer's thread touches what follows; it is of one term.
  private WriteSchedule schedule = new WriteSchedule();
  private final Map<ObjectKey, Attempt> attempts = new HashMap<>();
  private final Set<ObjectKey> inFlight = new HashSet<>();
  private final Set<ObjectKey> again = new HashSet<>();
  private final Allowance rate = new Allowance(WRITES_A_SECOND, WRITES_AT_ONCE);
  private final Allowance looks = new Allowance(LOOKS_A_SECOND, LOOKS_A_SECOND / 10);
  private Instant pausedUntil = Instant.EPOCH;
  private Map<ObjectKey, IssuerState> issuers = Map.of();
  private Instant nextIssuerLook = Instant.EPOCH;
  private Duration pause = FIRST_PAUSE;

  /** Something that the writer's thread is told. */
  private sealed interface Signal {
    record Changed(Set<ObjectKey> keys) implements Signal {}

    record First() implements Signal {}

    record Gone(ObjectKey key) implements Signal {}

    record Term(boolean leads) implements Signal {}

    record Answered(Attempt attempt, ObjectKey key, Answer answer) implements Signal {}
  }

  /**
   * The last write of an object.
   *
   * @param wanted what it was to become
   * @param became what it is after that; the API server may keep less than it is given
   */
  private record Attempt(String uid, Instant at, Fingerprint wanted, Fingerprint became) {
    boolean settles(StoredStatus stored, Fingerprint now) {
      return stored.uid().equals(uid) && now.equals(wanted) && stored.fingerprint().equals(became);
    }

    Attempt became(Fingerprint stored) {
      return new Attempt(uid, at, wanted, stored);
    }
  }

  /** A writer over any store, whose steps are taken by {@link #step}. */
  StatusWriter(StatusStore store, InstantSource clock, ExecutorService senders) {
    this.store = store;
    this.clock = clock;
    this.senders = senders;
    this.thread = Thread.ofPlatform().name("status-writer").daemon().unstarted(this::run);
  }

  /**
   * A writer that takes part in the election of a leader once the first snapshot is in force: who
   * has read nothing yet has nothing to say.
   *
   * @param cluster whose objects it writes of; nothing is sent to it before
   * @param leaseNamespace where the Lease is; null for where this process is
   */
  public static StatusWriter of(
      Cluster cluster, @Nullable String leaseNamespace, InstantSource clock) {
    String identity = identity();
    KubernetesClient client = cluster.impatientClient(REQUEST_TIMEOUT);
    StatusWriter writer =
        new StatusWriter(
            new ApiServerStatusStore(client, identity, clock),
            clock,
            Executors.newVirtualThreadPerTaskExecutor());
    Leadership leadership =
        new Leadership(
            cluster.impatientClient(REQUEST_TIMEOUT),
            new LeaseLock(
                leaseNamespace == null ? cluster.namespace() : leaseNamespace, LEASE, identity),
            Leadership.Timing.USUAL,
            writer::term,
            System::nanoTime);
    writer.parts = List.of(client, leadership);
    writer.held = leadership::held;
    writer.candidacy = leadership::start;
    writer.thread.start();
    return writer;
  }

  /** The pod's name, and something that no other process has: a container restarts in its pod. */
  private static String identity() {
    String name = System.getenv("HOSTNAME");
    if (name == null || name.isEmpty()) {
      try {
        name = InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException _) {
        name = "sallyport";
      }
    }
    return name + '_' + Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
  }

  /**
   * Says in the status of an issuer how it stands with it; called before the first snapshot.
   *
   * @param states at the moment, of those that have to be asked; asked now and then
   */
  public void watchIssuers(Supplier<Map<ObjectKey, IssuerState>> states) {
    issuerStates = states;
  }

  /** For a test that leads without an election. */
  void lead(BooleanSupplier held) {
    this.held = held;
    term(true);
  }

  private void term(boolean leads) {
    signals.add(new Signal.Term(leads));
  }

  @Override
  public void published(
      Compilation compilation, Changes changes, Instant changedAt, Instant enforcedAt) {
    boolean first = latest == null;
    // INVARIANT: latest before leading, here, and the other way round where a term begins: so
    // either the term sees this compilation or this sees the term.
    latest = compilation;
    if (first) {
      signals.add(new Signal.First());
    } else if (leading) {
      signals.add(new Signal.Changed(compilation.affected()));
    }
  }

  @Override
  public void seen(
      ObjectKey key, String uid, String resourceVersion, @Nullable Map<String, ?> status) {
    StoredStatus read = StoredStatus.read(uid, resourceVersion, status);
    StoredStatus before = stored.get(key);
    StoredStatus now = stored.merge(key, read, (held, next) -> held.orSeen(next, clock.instant()));
    boolean same =
        before != null
            && before.uid().equals(now.uid())
            && before.fingerprint().equals(now.fingerprint());
    if (leading && !same) {
      signals.add(new Signal.Changed(Set.of(key)));
    }
  }

  @Override
  public void gone(ObjectKey key) {
    stored.remove(key);
    if (leading) {
      signals.add(new Signal.Gone(key));
    }
  }

  /** Whether this process leads. */
  public boolean leads() {
    return leading && held.getAsBoolean();
  }

  /** How many statuses were written since the start. */
  public long writes() {
    return writes.sum();
  }

  /** How many writes failed since the start. */
  public long failures() {
    return failures.sum();
  }

  /** How many Events were lost since the start. */
  public long unannounced() {
    return unannounced.sum();
  }

  /** Ends what is in flight, and gives up the lead. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    senders.shutdown();
    try {
      if (!senders.awaitTermination(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        senders.shutdownNow();
      }
      thread.join(CLOSE_PATIENCE);
    } catch (InterruptedException e) {
      senders.shutdownNow();
      Thread.currentThread().interrupt();
    }
    for (AutoCloseable part : parts.reversed()) {
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("a part of the status writer could not be closed", e);
      }
    }
  }

  private void run() {
    while (!closed) {
      try {
        Duration wait = step();
        Signal signal =
            wait == null
                ? signals.take()
                : signals.poll(Math.max(1, wait.toMillis()), TimeUnit.MILLISECONDS);
        if (signal != null) {
          take(signal);
        }
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException | StackOverflowError e) {
        // INVARIANT: the loop outlives everything, or no status would ever be true again.
        LOG.error("a status could not be kept; the others are", e);
      }
    }
  }

  /**
   * Does all that may be done now.
   *
   * @return how long nothing more is to be done without a signal; null for ever
   */
  @Nullable Duration step() {
    for (Signal signal = signals.poll(); signal != null; signal = signals.poll()) {
      take(signal);
    }
    if (!leading || latest == null) {
      return null;
    }
    Instant now = clock.instant();
    if (!held.getAsBoolean()) {
      return FIRST_PAUSE;
    }
    Duration rest = lookAtIssuers(now);
    if (pausedUntil.isAfter(now)) {
      return Duration.between(now, pausedUntil);
    }
    while (inFlight.size() < CONCURRENT_WRITES) {
      Instant due = schedule.due();
      if (due == null) {
        break;
      }
      Instant possible = latestOf(due, rate.next(now), looks.next(now));
      if (possible.isAfter(now)) {
        Duration wait = Duration.between(now, possible);
        return rest == null || wait.compareTo(rest) < 0 ? wait : rest;
      }
      ObjectKey key = schedule.next(now);
      if (key != null) {
        looks.take(now);
        look(key, now);
      }
    }
    return signals.isEmpty() ? rest : Duration.ZERO;
  }

  /**
   * Notes with which issuers it stands otherwise than before.
   *
   * @return how long until the next look; null for ever
   */
  private @Nullable Duration lookAtIssuers(Instant now) {
    Supplier<Map<ObjectKey, IssuerState>> source = issuerStates;
    if (source == null) {
      return null;
    }
    if (nextIssuerLook.isAfter(now)) {
      return Duration.between(now, nextIssuerLook);
    }
    Map<ObjectKey, IssuerState> before = issuers;
    issuers = source.get();
    nextIssuerLook = now.plus(ISSUER_LOOK_INTERVAL);
    Stream.concat(before.keySet().stream(), issuers.keySet().stream())
        .distinct()
        .filter(key -> !Objects.equals(before.get(key), issuers.get(key)))
        .forEach(key -> schedule.changed(key, now));
    return ISSUER_LOOK_INTERVAL;
  }

  private static Instant latestOf(Instant one, Instant two, Instant three) {
    Instant later = one.isAfter(two) ? one : two;
    return later.isAfter(three) ? later : three;
  }

  private void take(Signal signal) {
    Instant now = clock.instant();
    switch (signal) {
      case Signal.Term(boolean leads) -> beginOrEnd(leads);
      case Signal.First() -> {
        candidacy.run();
        if (leading) {
          schedule.backlog(all());
        }
      }
      case Signal.Changed(var keys) -> {
        if (leading) {
          keys.stream()
              .filter(key -> KINDS.contains(key.kind()))
              .forEach(key -> schedule.changed(key, now));
        }
      }
      case Signal.Gone(var key) -> forget(key);
      case Signal.Answered(var attempt, var key, var answer) -> answered(attempt, key, answer, now);
    }
  }

  private void beginOrEnd(boolean leads) {
    schedule = new WriteSchedule();
    attempts.clear();
    again.clear();
    issuers = Map.of();
    nextIssuerLook = Instant.EPOCH;
    leading = leads;
    if (leads) {
      schedule.backlog(all());
    }
  }

  private List<ObjectKey> all() {
    Compilation compilation = latest;
    return compilation == null
        ? List.of()
        : compilation.objects().keySet().stream()
            .filter(key -> KINDS.contains(key.kind()))
            .sorted(Comparator.comparingInt(key -> KINDS.indexOf(key.kind())))
            .toList();
  }

  private void forget(ObjectKey key) {
    schedule.forget(key);
    attempts.remove(key);
    again.remove(key);
  }

  private void look(ObjectKey key, Instant now) {
    if (inFlight.contains(key)) {
      again.add(key);
      return;
    }
    Compilation compilation = latest;
    DerivedStatus derived =
        compilation == null ? null : StatusDerivation.derive(compilation, key, now, issuers);
    if (derived == null) {
      forget(key);
      return;
    }
    schedule.moment(key, derived.until());
    StoredStatus current = stored.get(key);
    if (current == null) {
      // It is not there, or was not seen yet; then it comes again when it is.
      return;
    }
    Map<String, ?> document =
        StatusDocument.of(derived.toStatus(verdict -> current.since(verdict, now)));
    Fingerprint wanted = StatusDocument.fingerprint(document);
    Attempt last = attempts.get(key);
    if (wanted.equals(current.fingerprint()) || (last != null && last.settles(current, wanted))) {
      return;
    }
    if (last != null
        && last.uid().equals(current.uid())
        && last.wanted().conditions() == wanted.conditions()
        && last.at().plus(SAME_CONDITIONS).isAfter(now)) {
      schedule.later(key, last.at().plus(SAME_CONDITIONS));
      return;
    }
    rate.take(now);
    inFlight.add(key);
    Attempt attempt = new Attempt(current.uid(), now, wanted, current.fingerprint());
    Announcement announcement = announcement(derived, current);
    senders.execute(() -> send(key, attempt, document, announcement));
  }

  /** What those who look at the object should hear; null where nothing has turned. */
  private static @Nullable Announcement announcement(DerivedStatus derived, StoredStatus before) {
    if (derived.key().kind().equals("DetectionPolicy")) {
      return null;
    }
    Verdict accepted = derived.verdict(StatusDerivation.ACCEPTED);
    Verdict ready = derived.verdict(StatusDerivation.READY);
    if (turnedFalse(accepted, before)) {
      return announcement(derived, before, true, "Rejected", ready.message());
    }
    if (turnedFalse(ready, before)) {
      return announcement(derived, before, true, ready.reason(), ready.message());
    }
    return ready.holds() && before.status(ready.type()) == Condition.Status.False
        ? announcement(derived, before, false, "Recovered", ready.message())
        : null;
  }

  private static boolean turnedFalse(Verdict verdict, StoredStatus before) {
    return !verdict.holds() && before.status(verdict.type()) != Condition.Status.False;
  }

  private static Announcement announcement(
      DerivedStatus derived, StoredStatus before, boolean problem, String reason, String note) {
    return new Announcement(derived.key(), before.uid(), problem, reason, note);
  }

  /** On a virtual thread. */
  private void send(
      ObjectKey key,
      Attempt attempt,
      Map<String, ?> document,
      @Nullable Announcement announcement) {
    Answer answer = new Answer.Unavailable("the lead was lost meanwhile");
    try {
      if (held.getAsBoolean()) {
        answer = store.write(key, attempt.uid(), document);
      }
    } catch (RuntimeException e) {
      answer = new Answer.Unavailable(e.toString());
    } finally {
      signals.add(new Signal.Answered(attempt, key, answer));
    }
    if (answer instanceof Answer.Written && announcement != null) {
      announce(announcement);
    }
  }

  private void announce(Announcement announcement) {
    boolean may;
    synchronized (announcements) {
      may = announcements.take(clock.instant());
    }
    if (may && store.announce(announcement)) {
      return;
    }
    unannounced.increment();
    if (unannounced.sum() == 1) {
      LOG.warn(
          "Events can't all be written; the first that is missing is of {}", announcement.key());
    }
  }

  private void answered(Attempt attempt, ObjectKey key, Answer answer, Instant now) {
    inFlight.remove(key);
    switch (answer) {
      case Answer.Written(var after) -> {
        writes.increment();
        pause = FIRST_PAUSE;
        stored.computeIfPresent(
            key,
            (_, before) ->
                before.uid().equals(after.uid()) && before.version() <= after.version()
                    ? after
                    : before);
        attempts.put(key, attempt.became(after.fingerprint()));
        schedule.written(key, now);
      }
      case Answer.Gone() -> attempts.remove(key);
      case Answer.Refused(var why) -> {
        failures.increment();
        // Another attempt is made when it should say something else, or says something else.
        attempts.put(key, attempt);
        LOG.warn("the API server refuses the status of {}: {}", key, why);
      }
      case Answer.Unavailable(var why) -> {
        failures.increment();
        if (leading) {
          schedule.failed(key, now);
        }
        rest(why, now);
      }
    }
    if (again.remove(key) && leading) {
      schedule.changed(key, now);
    }
  }

  /** Where one write fails so do the others, most likely. */
  private void rest(String why, Instant now) {
    if (pausedUntil.isAfter(now)) {
      return;
    }
    if (pause.equals(FIRST_PAUSE)) {
      LOG.warn("statuses can't be written and are tried again: {}", why);
    }
    pausedUntil = now.plus(pause);
    pause =
        pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
  }
}
