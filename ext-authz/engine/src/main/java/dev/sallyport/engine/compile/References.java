package dev.sallyport.engine.compile;

import dev.sallyport.engine.decision.ObjectKey;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pcollections.PMap;

/**
 * The other objects that an object may refer to. Remembers what was asked for, found or not, so
 * that the object is compiled again when one of them changes.
 */
final class References {
  private final PMap<ObjectKey, Declared> objects;
  private final Shelf shelf;
  private final Set<ObjectKey> asked = new HashSet<>(2);

  References(PMap<ObjectKey, Declared> objects, Shelf shelf) {
    this.objects = objects;
    this.shelf = shelf;
  }

  /** What was made of documents before. */
  Shelf shelf() {
    return shelf;
  }

  /** The content of another object; null where it is not there. */
  Declared.@Nullable Content content(ObjectKey key) {
    asked.add(key);
    Declared declared = objects.get(key);
    return declared == null ? null : declared.content();
  }

  Set<ObjectKey> asked() {
    return Set.copyOf(asked);
  }
}
