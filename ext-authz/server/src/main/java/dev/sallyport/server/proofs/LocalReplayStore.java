package dev.sallyport.server.proofs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.ReplayStore;
import java.time.Instant;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Remembers used proofs in this process alone. Safe for any number of threads.
 *
 * <p>It is full rather than forgetful: a proof goes when its time is over and never before, and
 * past the bound no other is taken. No key has more than half of the room, so a client that runs
 * wild does not stand in the way of all others. Keys are counted by a few bits of theirs, which
 * differ from process to process, so that nobody can choose whom to stand in the way of.
 *
 * <p>Each new proof looks at two others, and at more where there is no room, and drops those that
 * are over. So there are seldom many more than need be, and no call takes long.
 */
public final class LocalReplayStore implements ReplayStore {
  private static final int SWEPT_FOR_ONE = 2;

  /** About what a signature costs. */
  private static final int SWEPT_FOR_ROOM = 500;

  private static final int SHARES = 1024;

  private final Map<KeyDigest, Use> used = new ConcurrentHashMap<>();

  // INVARIANT: never less than the entries of `used`, in all and by share.
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicIntegerArray heldByShare = new AtomicIntegerArray(SHARES);

  private final int maximum;
  private final int maximumOfOne;
  private final long seed;
  private final LongAdder turnedAway = new LongAdder();
  private final ReentrantLock sweeping = new ReentrantLock();

  @GuardedBy("sweeping")
  private Iterator<Map.Entry<KeyDigest, Use>> swept = Collections.emptyIterator();

  /**
   * The use of a proof.
   *
   * @param decision enough of the digest of the decision's id to know it again
   * @param untilMillis since 1970; at this time it is over
   * @param share that it is counted in
   */
  private record Use(long decision, long untilMillis, int share) {}

  /**
   * A store that remembers nothing yet.
   *
   * @param maximum proofs that it has room for
   * @param seed random, and secret
   */
  public LocalReplayStore(int maximum, long seed) {
    if (maximum < 1) {
      throw new IllegalArgumentException("room for one proof is needed");
    }
    this.maximum = maximum;
    this.maximumOfOne = maximum - maximum / 2;
    this.seed = seed;
  }

  @Override
  public Answer use(KeyDigest key, KeyDigest proof, String decision, Instant now, Instant until) {
    Use use = new Use(KeyDigest.of(decision).a(), until.toEpochMilli() + 1, share(key));
    Use before = used.get(proof);
    if (before != null) {
      return answer(before, use);
    }
    sweep(SWEPT_FOR_ONE, now.toEpochMilli());
    if (!reserve(use.share)) {
      sweep(SWEPT_FOR_ROOM, now.toEpochMilli());
      if (!reserve(use.share)) {
        turnedAway.increment();
        return Answer.UNAVAILABLE;
      }
    }
    before = used.putIfAbsent(proof, use);
    if (before == null) {
      return Answer.FIRST;
    }
    release(use.share);
    return answer(before, use);
  }

  private static Answer answer(Use before, Use use) {
    return before.decision == use.decision ? Answer.FIRST : Answer.REPLAYED;
  }

  private int share(KeyDigest key) {
    // Multiplied by an odd number, its highest bits depend on all of the key's.
    return (int) (((key.b() ^ seed) * 0x9E3779B97F4A7C15L) >>> 54);
  }

  /** Takes room for one, if there is some. */
  private boolean reserve(int share) {
    if (held.incrementAndGet() > maximum) {
      held.decrementAndGet();
      return false;
    }
    if (heldByShare.incrementAndGet(share) > maximumOfOne) {
      release(share);
      return false;
    }
    return true;
  }

  private void release(int share) {
    heldByShare.decrementAndGet(share);
    held.decrementAndGet();
  }

  /** Looks at some proofs, other ones at every call, and drops those that are over. */
  private void sweep(int most, long nowMillis) {
    if (!sweeping.tryLock()) {
      return;
    }
    try {
      for (int i = 0; i < most; i++) {
        if (!swept.hasNext()) {
          swept = used.entrySet().iterator();
        }
        if (!swept.hasNext()) {
          return;
        }
        dropIfOver(swept.next(), nowMillis);
      }
    } finally {
      sweeping.unlock();
    }
  }

  private void dropIfOver(Map.Entry<KeyDigest, Use> entry, long nowMillis) {
    Use use = entry.getValue();
    // INVARIANT: who removes it counts it, once.
    if (use.untilMillis <= nowMillis && used.remove(entry.getKey(), use)) {
      release(use.share);
    }
  }

  /** Proofs held now; some of them may be over. */
  public long size() {
    return held.get();
  }

  /** Proofs that were turned away for want of room, since the start. */
  public long turnedAway() {
    return turnedAway.sum();
  }
}
