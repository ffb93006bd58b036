package dev.sallyport.engine.openapi;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Names for the operations of one document, as policies want them. */
final class OperationNames {
  private static final int LONGEST = 63;

  private final Set<String> taken = new HashSet<>();

  /**
   * A name that was not given before.
   *
   * @param id the {@code operationId}; null where there is none
   */
  String next(@Nullable String id, String method, String path) {
    String wanted = id == null ? "" : sanitized(id);
    if (wanted.isEmpty()) {
      wanted = sanitized(method.toLowerCase(Locale.ROOT) + path);
    }
    String name = wanted;
    for (int i = 2; !taken.add(name); i++) {
      String suffix = "-" + i;
      name = wanted.substring(0, Math.min(wanted.length(), LONGEST - suffix.length())) + suffix;
    }
    return name;
  }

  /** Letters, digits, dots, dashes and underlines; the same for the same text in any document. */
  static String sanitized(String text) {
    String name =
        text.replaceAll("[{}]", "").replaceAll("[^A-Za-z0-9._-]+", "-").replaceAll("^-+|-+$", "");
    if (name.length() <= LONGEST) {
      return name;
    }
    String hash = "-%08x".formatted(text.hashCode());
    return name.substring(0, LONGEST - hash.length()) + hash;
  }
}
