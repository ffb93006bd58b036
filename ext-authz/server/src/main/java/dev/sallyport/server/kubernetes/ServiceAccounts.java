package dev.sallyport.server.kubernetes;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Which service accounts are there, by uid.
 *
 * <p>The API server goes on to accept a token for some seconds after its service account was
 * deleted; this knows at once. One thread a namespace writes, any thread reads.
 */
public final class ServiceAccounts {
  /** Longer than an API server believes a review that it made before. */
  private static final Duration REMEMBERED = Duration.ofMinutes(15);

  private static final int MOST_REMEMBERED = 100_000;

  private final InstantSource clock;

  /** The uid that has a name now. */
  private final Map<Name, String> alive = new ConcurrentHashMap<>();

  /** When a uid was seen deleted, oldest first. */
  private final Map<String, Instant> deleted = new LinkedHashMap<>();

  /** Where those wait who ask about one that was not seen. */
  private final Object arrivals = new Object();

  private record Name(String namespace, String name) {}

  /** What is known of a service account. */
  public enum Standing {
    /** It is there. */
    Alive,

    /** It was deleted. */
    Deleted,

    /**
     * It was not seen: it may be newer than what was seen, even if another has its name there, or
     * of a namespace that isn't watched.
     */
    Unknown
  }

  public ServiceAccounts(InstantSource clock) {
    this.clock = clock;
  }

  /** What is known of the service account that a token was made for. */
  public Standing standing(String namespace, String name, String uid) {
    // INVARIANT: looked up before the name, so that a change of both between is no `Alive`.
    if (isDeleted(uid)) {
      return Standing.Deleted;
    }
    return uid.equals(alive.get(new Name(namespace, name))) ? Standing.Alive : Standing.Unknown;
  }

  /** The same; one that is not known is waited for, as what is seen may lag behind a little. */
  Standing standing(String namespace, String name, String uid, Duration patience)
      throws InterruptedException {
    long begin = System.nanoTime();
    synchronized (arrivals) {
      while (true) {
        Standing standing = standing(namespace, name, uid);
        long leftNanos = patience.toNanos() - (System.nanoTime() - begin);
        if (standing != Standing.Unknown || leftNanos <= 0) {
          return standing;
        }
        TimeUnit.NANOSECONDS.timedWait(arrivals, leftNanos);
      }
    }
  }

  private boolean isDeleted(String uid) {
    synchronized (deleted) {
      return deleted.containsKey(uid);
    }
  }

  /** It is there. */
  void seen(String namespace, String name, String uid) {
    String before = alive.put(new Name(namespace, name), uid);
    if (before != null && !before.equals(uid)) {
      bury(before);
    }
    synchronized (arrivals) {
      arrivals.notifyAll();
    }
  }

  /** It is gone. */
  void gone(String namespace, String name, @Nullable String uid) {
    Name key = new Name(namespace, name);
    if (uid == null) {
      String before = alive.remove(key);
      if (before != null) {
        bury(before);
      }
      return;
    }
    bury(uid);
    alive.remove(key, uid);
  }

  private void bury(String uid) {
    Instant now = clock.instant();
    Instant forgotten = now.minus(REMEMBERED);
    synchronized (deleted) {
      deleted.remove(uid);
      deleted.put(uid, now);
      Iterator<Instant> oldest = deleted.values().iterator();
      while (oldest.hasNext()) {
        boolean kept = !oldest.next().isBefore(forgotten);
        if (kept && deleted.size() <= MOST_REMEMBERED) {
          return;
        }
        oldest.remove();
      }
    }
  }
}
