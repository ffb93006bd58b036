package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.decision.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * When to look at which object, so that a burst of changes to one is looked at once or twice.
 *
 * <p>What just changed waits a moment for more; what was written a moment ago waits until it is
 * left alone, but not for ever. Those of a backlog, such as all objects at the beginning of a term,
 * come when nothing that somebody waits for is due. Not thread-safe.
 */
final class WriteSchedule {
  /** Objects that belong together are often applied one after the other. */
  private static final Duration MOMENT = Duration.ofMillis(100);

  private static final Duration QUIET = Duration.ofSeconds(1);
  private static final Duration RECENT = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofSeconds(5);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
  private static final int MOST_DOUBLINGS = 9;

  private static final Comparator<Turn> ORDER =
      Comparator.comparing(Turn::due)
          .thenComparing(turn -> turn.key().kind())
          .thenComparing(turn -> turn.key().namespace())
          .thenComparing(turn -> turn.key().name());

  private final Map<ObjectKey, Turn> turns = new HashMap<>();

  /** INVARIANT: holds exactly the values of {@code turns}. */
  private final TreeSet<Turn> queue = new TreeSet<>(ORDER);

  private final SequencedSet<ObjectKey> backlog = new LinkedHashSet<>();

  private final Map<ObjectKey, Turn> nextMoment = new HashMap<>();

  /** What time will change, with what it is. INVARIANT: holds exactly those of the map. */
  private final TreeSet<Turn> moments = new TreeSet<>(ORDER);

  /** When each was last written, for as long as that matters. */
  private final Map<ObjectKey, Instant> written = new HashMap<>();

  private final Map<ObjectKey, Integer> failures = new HashMap<>();

  /**
   * An object and when it is due.
   *
   * @param since its first change that was not looked at yet
   */
  private record Turn(ObjectKey key, Instant since, Instant due) {}

  /** Something about an object may have become another. */
  void changed(ObjectKey key, Instant now) {
    backlog.remove(key);
    Turn before = turns.get(key);
    Instant since = before == null ? now : before.since();
    Instant last = written.get(key);
    boolean recent = last != null && last.plus(RECENT).isAfter(now);
    Instant wanted = now.plus(recent ? QUIET : MOMENT);
    Instant latest = since.plus(LONGEST);
    put(new Turn(key, since, wanted.isBefore(latest) ? wanted : latest));
  }

  /** All of these are to be looked at, when there is time. */
  void backlog(Collection<ObjectKey> keys) {
    keys.stream().filter(key -> !turns.containsKey(key)).forEach(backlog::add);
  }

  /** An object is to be looked at then, unless it changes before. */
  void later(ObjectKey key, Instant at) {
    backlog.remove(key);
    put(new Turn(key, at, at));
  }

  /**
   * Time alone will change what is said of an object.
   *
   * @param at null where it will not
   */
  void moment(ObjectKey key, @Nullable Instant at) {
    Turn before = nextMoment.remove(key);
    if (before != null) {
      moments.remove(before);
    }
    if (at != null) {
      Turn turn = new Turn(key, at, at);
      nextMoment.put(key, turn);
      moments.add(turn);
    }
  }

  /** An object was written. */
  void written(ObjectKey key, Instant now) {
    failures.remove(key);
    written.put(key, now);
    if (written.size() > 5_000) {
      written.values().removeIf(at -> !at.plus(RECENT).isAfter(now));
    }
  }

  /** An object could not be written; it comes again, later each time. */
  void failed(ObjectKey key, Instant now) {
    int times = failures.merge(key, 1, Integer::sum);
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(times - 1, MOST_DOUBLINGS));
    later(key, now.plus(pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause));
  }

  /** An object is gone. */
  void forget(ObjectKey key) {
    Turn turn = turns.remove(key);
    if (turn != null) {
      queue.remove(turn);
    }
    backlog.remove(key);
    moment(key, null);
    written.remove(key);
    failures.remove(key);
  }

  /** Takes the object that is to be looked at now; null where none is. */
  @Nullable ObjectKey next(Instant now) {
    while (!moments.isEmpty() && !moments.first().due().isAfter(now)) {
      Turn moment = moments.removeFirst();
      nextMoment.remove(moment.key());
      backlog.addFirst(moment.key());
    }
    Turn first = queue.isEmpty() ? null : queue.first();
    if (first != null && !first.due().isAfter(now)) {
      queue.remove(first);
      turns.remove(first.key());
      return first.key();
    }
    return backlog.isEmpty() ? null : backlog.removeFirst();
  }

  /** When the next one is due; null where nothing is to come. */
  @Nullable Instant due() {
    if (!backlog.isEmpty()) {
      return Instant.MIN;
    }
    Turn turn = queue.isEmpty() ? null : queue.first();
    Turn moment = moments.isEmpty() ? null : moments.first();
    if (turn == null || moment == null) {
      return turn == null ? (moment == null ? null : moment.due()) : turn.due();
    }
    return turn.due().isBefore(moment.due()) ? turn.due() : moment.due();
  }

  private void put(Turn turn) {
    Turn before = turns.put(turn.key(), turn);
    if (before != null) {
      queue.remove(before);
    }
    queue.add(turn);
  }
}
