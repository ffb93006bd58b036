package dev.sallyport.server;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** What still stands between the process and its work. Thread-safe. */
final class Readiness {
  private final Map<String, String> missing = new ConcurrentSkipListMap<>();

  /**
   * Something is missing from now on.
   *
   * @param what names it to {@link #arrived}
   * @param line says it to people
   */
  void awaits(String what, String line) {
    missing.put(what, line);
  }

  /** It is there. */
  void arrived(String what) {
    missing.remove(what);
  }

  /** One line for each thing that is missing; empty when ready. */
  List<String> missing() {
    return List.copyOf(missing.values());
  }
}
