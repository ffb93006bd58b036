package dev.sallyport.server;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.LookupHash;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The path of a change: takes what a source found, compiles it and puts it in force.
 *
 * <p>One thread does all of it. It waits a moment for more, so that a folder or a rollout becomes
 * one snapshot, and publishes nothing before the source was read once. Whatever goes wrong is
 * logged, and the loop goes on: if a compilation fails, memory that was short for a moment
 * included, each object is tried by itself, so that only the one at fault stays out.
 */
public final class SnapshotLoader implements ObjectSource.Sink, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotLoader.class);
  private static final Duration MOMENT = Duration.ofMillis(5);

  private final CurrentSnapshot current;
  private final InstantSource clock;
  private final BiFunction<Changes, Compilation, Compilation> compiler;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Thread thread;

  // Only the loader's thread touches what follows.
  private final Map<ObjectKey, Optional<Declared>> pending = new LinkedHashMap<>();
  private @Nullable Instant pendingSince;
  private boolean complete;
  private List<SnapshotListener> listeners = List.of();
  private Compilation compilation;

  /**
   * A loader that compiles with the engine's compiler; {@link #start} sets it going.
   *
   * @param random that nobody can foretell: who writes objects must not choose hash codes
   */
  public SnapshotLoader(CurrentSnapshot current, InstantSource clock, SecureRandom random) {
    this(current, clock, random, Compiler::compile);
  }

  SnapshotLoader(
      CurrentSnapshot current,
      InstantSource clock,
      SecureRandom random,
      BiFunction<Changes, Compilation, Compilation> compiler) {
    this.compilation = Compilation.empty(new LookupHash(random.nextLong(), random.nextLong()));
    this.current = current;
    this.clock = clock;
    this.compiler = compiler;
    this.thread = Thread.ofPlatform().name("snapshot-loader").daemon().unstarted(this::run);
  }

  /**
   * Begins; called once.
   *
   * @param listeners hear of every snapshot, in this order
   */
  public void start(List<SnapshotListener> listeners) {
    this.listeners = List.copyOf(listeners);
    thread.start();
  }

  @Override
  public void changed(Changes changes, Instant at) {
    events.add(new Event.Changed(changes, at));
  }

  @Override
  public void complete() {
    events.add(new Event.Complete());
  }

  /** Ends the loop; what was not compiled yet is dropped. */
  @Override
  public void close() {
    if (thread.getState() == Thread.State.NEW) {
      return;
    }
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        collect();
        if (complete) {
          publish();
        }
      } catch (InterruptedException e) {
        return;
      } catch (Throwable e) {
        // INVARIANT: the loop outlives everything, or no later change would ever be enforced.
        LOG.error("a change could not be enforced; what was in force stays", e);
      }
    }
  }

  /** Waits for one event, and then a moment for more. */
  private void collect() throws InterruptedException {
    take(events.take());
    long end = System.nanoTime() + MOMENT.toNanos();
    for (Event event = next(end); event != null; event = next(end)) {
      take(event);
    }
  }

  private @Nullable Event next(long endNanos) throws InterruptedException {
    return events.poll(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  private void take(Event event) {
    switch (event) {
      case Event.Complete() -> complete = true;
      case Event.Changed(Changes changes, Instant at) -> {
        changes.deletions().forEach(key -> put(key, Optional.empty()));
        changes.upserts().forEach(object -> put(object.key(), Optional.of(object)));
        if (pendingSince == null || at.isBefore(pendingSince)) {
          pendingSince = at;
        }
      }
    }
  }

  private void put(ObjectKey key, Optional<Declared> object) {
    // Out and in again, so that the order is that of the last events.
    pending.remove(key);
    pending.put(key, object);
  }

  private void publish() {
    boolean first = !current.ready();
    if (pending.isEmpty() && !first) {
      return;
    }
    Changes changes = changes(pending);
    Instant since = pendingSince == null ? clock.instant() : pendingSince;
    List<Changes> single = oneByOne();
    pending.clear();
    pendingSince = null;
    long began = System.nanoTime();
    compilation = compile(changes, single);
    current.replace(compilation.snapshot());
    if (first) {
      LOG.info(
          "the first snapshot is in force: {} objects, compiled in {} ms",
          changes.upserts().size(),
          (System.nanoTime() - began) / 1_000_000);
    }
    tellListeners(changes, since, clock.instant());
  }

  private Compilation compile(Changes changes, List<Changes> single) {
    try {
      return compiler.apply(changes, compilation);
    } catch (RuntimeException | Error e) {
      LOG.error("a compilation failed; each changed object is now tried by itself", e);
    }
    Compilation latest = compilation;
    for (Changes one : single) {
      try {
        latest = compiler.apply(one, latest);
      } catch (RuntimeException | Error e) {
        LOG.error("{} could not be compiled; what was in force of it stays", name(one), e);
      }
    }
    return latest;
  }

  private void tellListeners(Changes changes, Instant since, Instant enforced) {
    for (SnapshotListener listener : listeners) {
      try {
        listener.published(compilation, changes, since, enforced);
      } catch (Throwable e) {
        LOG.error("a listener failed on snapshot {}", compilation.snapshot().version(), e);
      }
    }
  }

  private List<Changes> oneByOne() {
    List<Changes> single = new ArrayList<>(pending.size());
    pending.forEach((key, object) -> single.add(changes(Map.of(key, object))));
    return single;
  }

  private static Changes changes(Map<ObjectKey, Optional<Declared>> objects) {
    List<Declared> upserts = new ArrayList<>();
    List<ObjectKey> deletions = new ArrayList<>();
    objects.forEach(
        (key, object) -> object.ifPresentOrElse(upserts::add, () -> deletions.add(key)));
    return new Changes(upserts, deletions);
  }

  private static String name(Changes one) {
    return one.upserts().isEmpty()
        ? one.deletions().getFirst().toString()
        : one.upserts().getFirst().key().toString();
  }

  /** What the source said. */
  private sealed interface Event {
    record Changed(Changes changes, Instant at) implements Event {}

    record Complete() implements Event {}
  }
}
