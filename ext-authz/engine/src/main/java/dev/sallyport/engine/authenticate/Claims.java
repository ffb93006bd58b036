package dev.sallyport.engine.authenticate;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a token (RFC 7519 section 4), each read by its own shape.
 *
 * @param all as parsed; can't be changed at its top level
 */
record Claims(Map<String, Object> all) {
  /** The last second of the year 9999: what is later is no date that an issuer means. */
  private static final double MAX_SECONDS = 253_402_300_799.0;

  /** Takes what a payload says; a claim that is {@code null} says nothing. */
  static Claims of(Map<String, @Nullable Object> payload) {
    Map<String, Object> all = new LinkedHashMap<>();
    payload.forEach((name, value) -> {
      if (value != null) {
        all.put(name, value);
      }
    });
    return new Claims(Collections.unmodifiableMap(all));
  }

  boolean has(String name) {
    return all.containsKey(name);
  }

  /** Text that is not empty. */
  Optional<String> text(String name) {
    return all.get(name) instanceof String text && !text.isEmpty()
        ? Optional.of(text)
        : Optional.empty();
  }

  /** A NumericDate, fractions included. */
  Optional<Instant> date(String name) {
    if (!(all.get(name) instanceof Number number)) {
      return Optional.empty();
    }
    double seconds = number.doubleValue();
    // Also false for what is not a number.
    if (!(seconds >= 0 && seconds <= MAX_SECONDS)) {
      return Optional.empty();
    }
    long whole = (long) seconds;
    return Optional.of(Instant.ofEpochSecond(whole, (long) ((seconds - whole) * 1e9)));
  }

  /** One text, or a list of nothing else. */
  Optional<List<String>> texts(String name) {
    return switch (all.get(name)) {
      case String one -> Optional.of(List.of(one));
      case Collection<?> many when many.stream().allMatch(String.class::isInstance) ->
          Optional.of(many.stream().map(String.class::cast).toList());
      case null, default -> Optional.empty();
    };
  }

  /** Whether a claim has a value: that text, or the number or boolean that JSON writes so. */
  boolean says(String name, String value) {
    return switch (all.get(name)) {
      case String text -> text.equals(value);
      case Long number -> number.toString().equals(value);
      case Boolean truth -> truth.toString().equals(value);
      case null, default -> false;
    };
  }

  /** Never prints a claim. */
  @Override
  public String toString() {
    return "Claims[redacted]";
  }
}
