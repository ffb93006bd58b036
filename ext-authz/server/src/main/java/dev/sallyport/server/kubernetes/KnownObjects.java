package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.Fingerprint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was seen of the objects of one kind, so that only news is passed on. It holds no object.
 *
 * <p>INVARIANT: of one name nothing older follows on something newer. Versions are compared as
 * numbers, which Kubernetes promises within one resource; that holds across a deletion too, so a
 * deleted object that somebody still shows is ignored, and one that was made anew under its name is
 * not. One thread.
 */
final class KnownObjects {
  private static final int MOST_TOMBSTONES = 10_000;

  private final Map<ObjectKey, Known> known = new HashMap<>();

  /** The version at which a name was deleted, the oldest first. */
  private final Map<ObjectKey, Long> tombstones = new LinkedHashMap<>();

  private long newest;

  private record Known(String uid, long version, Fingerprint content) {}

  /**
   * An object as somebody shows it.
   *
   * @param version {@code metadata.resourceVersion}; 0 where it is no number, and can't be compared
   */
  record Shown(ObjectKey key, String uid, long version) {}

  /**
   * Whether it is older than what was seen. Of the same version it may say something else: what an
   * API server shows of an object goes by the definition of its kind, which changes too.
   */
  boolean isStale(Shown shown) {
    if (shown.version() == 0) {
      return false;
    }
    Known before = known.get(shown.key());
    if (before != null) {
      return shown.version() < before.version();
    }
    return shown.version() <= tombstones.getOrDefault(shown.key(), 0L);
  }

  /**
   * Whether it can't be what a list shows that is no older than what was seen: then the cluster
   * went back, and has got as far again since.
   */
  boolean isOlder(Shown shown) {
    Known before = known.get(shown.key());
    return isStale(shown) && (before == null || shown.version() < before.version());
  }

  /**
   * Notes an object that is not stale.
   *
   * @param content of all that counts
   * @return whether any of that changed
   */
  boolean note(Shown shown, Fingerprint content) {
    reach(shown.version());
    tombstones.remove(shown.key());
    Known before = known.put(shown.key(), new Known(shown.uid(), shown.version(), content));
    return before == null || !before.uid().equals(shown.uid()) || !before.content().equals(content);
  }

  /**
   * Notes that an object is gone.
   *
   * @return it as it was known; null where that is no news
   */
  @Nullable Shown delete(Shown shown) {
    Known before = known.get(shown.key());
    if (before != null && shown.version() != 0 && shown.version() < before.version()) {
      return null;
    }
    reach(shown.version());
    return remove(shown.key(), shown.version());
  }

  /**
   * Forgets the objects that a list of all does not hold.
   *
   * @param version of the list
   * @return them as they were known
   */
  List<Shown> retain(Set<ObjectKey> listed, long version) {
    List<Shown> gone = new ArrayList<>();
    for (ObjectKey key : List.copyOf(known.keySet())) {
      Shown removed = listed.contains(key) ? null : remove(key, version);
      if (removed != null) {
        gone.add(removed);
      }
    }
    reach(version);
    return gone;
  }

  private @Nullable Shown remove(ObjectKey key, long version) {
    bury(key, version);
    Known removed = known.remove(key);
    return removed == null ? null : new Shown(key, removed.uid(), removed.version());
  }

  private void bury(ObjectKey key, long version) {
    tombstones.remove(key);
    tombstones.put(key, version);
    if (tombstones.size() > MOST_TOMBSTONES) {
      tombstones.remove(tombstones.keySet().iterator().next());
    }
  }

  /** Everything up to a version was seen. */
  void reach(long version) {
    newest = Math.max(newest, version);
  }

  /** Whether something newer than this was seen. */
  boolean isBehind(long version) {
    return version != 0 && version < newest;
  }

  /** Takes whatever comes for newer: the cluster itself went back to an older state. */
  void forgetVersions() {
    newest = 0;
    tombstones.clear();
    known.replaceAll((_, one) -> new Known(one.uid(), 0, one.content()));
  }
}
