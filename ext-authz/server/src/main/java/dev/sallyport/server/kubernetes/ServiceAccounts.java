package dev.sallyport.server.kubernetes;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

  private record Name(String namespace, String name) {}

  /** What is known of a service account. */
  public enum Standing {
    /** It is there. */
    Alive,

    /** It was deleted, or another one has its name now. */
    Deleted,

    /**
     * It was not seen: it may be newer than what was seen, or of a namespace that isn't watched.
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
    String holder = alive.get(new Name(namespace, name));
    if (holder == null) {
      return Standing.Unknown;
    }
    return holder.equals(uid) ? Standing.Alive : Standing.Deleted;
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
