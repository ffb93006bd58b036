package dev.sallyport.engine.conditions;

import java.util.HashMap;
import java.util.Map;

/**
 * How the names of a request are written, where a server may take two that differ for one. To an
 * expression that looks at one of them, the other must not look absent. Of one thread.
 */
final class Spellings {
  /** No name: it stands for several. */
  private static final String SEVERAL = "\0";

  private final Map<String, String> written = new HashMap<>();

  /**
   * Takes a name.
   *
   * @param folded the same for all names that may be taken for one
   */
  void add(String folded, String name) {
    String before = written.putIfAbsent(folded, name);
    if (before != null && !before.equals(name)) {
      written.put(folded, SEVERAL);
    }
  }

  /** Takes what may be a name to some servers and is none to others. */
  void addHidden(String folded) {
    written.put(folded, SEVERAL);
  }

  /** Whether a server may take another name for this one. */
  boolean hide(String folded, String name) {
    String spelling = written.get(folded);
    return spelling != null && !spelling.equals(name);
  }
}
