package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.json.Pointer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a claim is: its name, or, in text that begins with a slash, a JSON Pointer (RFC 6901) to
 * what is inside of one.
 *
 * @param steps the names from the outermost to the claim's own, never empty; that of an element of
 *     a list is its index
 */
public record ClaimPath(List<String> steps) {
  /** RFC 6901 section 3: a tilde begins an escape, and there are two. */
  private static final Pattern STRAY_TILDE = Pattern.compile("~(?![01])");

  public ClaimPath {
    steps = List.copyOf(steps);
  }

  /** Reads it as an issuer's settings write it; empty where an escape is none. */
  public static Optional<ClaimPath> parse(String text) {
    if (!text.startsWith("/")) {
      return Optional.of(new ClaimPath(List.of(text)));
    }
    if (STRAY_TILDE.matcher(text).find()) {
      return Optional.empty();
    }
    return Optional.ofNullable(Pointer.steps(text)).map(ClaimPath::new);
  }

  /** What stands there; empty where nothing does, or {@code null}. */
  Optional<Object> find(Map<String, Object> claims) {
    @Nullable Object at = claims;
    for (String step : steps) {
      at =
          switch (at) {
            case Map<?, ?> object -> object.get(step);
            case List<?> list -> {
              int index = Pointer.index(step);
              yield index >= 0 && index < list.size() ? list.get(index) : null;
            }
            case null, default -> null;
          };
    }
    return Optional.ofNullable(at);
  }
}
