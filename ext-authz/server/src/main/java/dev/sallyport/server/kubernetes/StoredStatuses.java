package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.decision.ObjectKey;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hears which status the API server holds of each object of the four kinds. Any thread may call it;
 * it never blocks or throws, and keeps neither the map nor anything in it.
 */
public interface StoredStatuses {
  /** For where no status is written: forgets everything. */
  StoredStatuses IGNORED =
      new StoredStatuses() {
        @Override
        public void seen(
            ObjectKey key, String uid, String resourceVersion, @Nullable Map<String, ?> status) {}

        @Override
        public void gone(ObjectKey key) {}
      };

  /**
   * An object was listed, or an event showed it; called of every one, whether or not its spec
   * changed or could be read, and before its spec is handed on.
   *
   * @param uid {@code metadata.uid}
   * @param resourceVersion {@code metadata.resourceVersion}
   * @param status as JSON has it: maps, lists, strings, numbers; null where the object has none
   */
  void seen(ObjectKey key, String uid, String resourceVersion, @Nullable Map<String, ?> status);

  /** An object was deleted, or is no longer watched. */
  void gone(ObjectKey key);
}
