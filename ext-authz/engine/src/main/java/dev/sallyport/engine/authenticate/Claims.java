package dev.sallyport.engine.authenticate;

import java.math.BigInteger;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a token (RFC 7519 section 4), each read by its own shape. They are asked for by
 * name, or by JSON Pointer as {@link ClaimPath} says.
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

  private @Nullable Object find(String name) {
    return name.startsWith("/")
        ? ClaimPath.parse(name).flatMap(path -> path.find(all)).orElse(null)
        : all.get(name);
  }

  boolean has(String name) {
    return find(name) != null;
  }

  /** Text that is not empty and means the same to every reader. */
  Optional<String> text(String name) {
    return find(name) instanceof String text && !text.isEmpty() && isClear(text)
        ? Optional.of(text)
        : Optional.empty();
  }

  /** The text of the first of these claims that is there. */
  Optional<String> first(List<String> names) {
    return names.stream().filter(this::has).findFirst().flatMap(this::text);
  }

  /** Without NUL, where some readers end, and half characters, which others replace. */
  private static boolean isClear(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isLowSurrogate(c)) {
        return false;
      }
      if (Character.isHighSurrogate(c)
          && (++i == text.length() || !Character.isLowSurrogate(text.charAt(i)))) {
        return false;
      }
    }
    return true;
  }

  /** A NumericDate, fractions included. */
  Optional<Instant> date(String name) {
    if (!(find(name) instanceof Number number)) {
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
    return switch (find(name)) {
      case String one when isClear(one) -> Optional.of(List.of(one));
      case Collection<?> many when many.stream().allMatch(Claims::isClearText) ->
          Optional.of(many.stream().map(String.class::cast).toList());
      case null, default -> Optional.empty();
    };
  }

  private static boolean isClearText(@Nullable Object value) {
    return value instanceof String text && isClear(text);
  }

  /** Whether a claim has a value: that text, or the number or boolean that JSON writes so. */
  boolean says(String name, String value) {
    return switch (find(name)) {
      case String text -> text.equals(value);
      case Long number -> number.toString().equals(value);
      case Integer number -> number.toString().equals(value);
      case Boolean truth -> truth.toString().equals(value);
      case null, default -> false;
    };
  }

  /** About how many bytes they take, and not less. */
  long bytes() {
    return bytes(all);
  }

  /** About how many bytes a value takes that was read from JSON: objects of a 64-bit JVM. */
  static long bytes(@Nullable Object value) {
    return switch (value) {
      case String text -> 47 + (isLatin1(text) ? 1L : 2L) * text.length();
      case Map<?, ?> object -> {
        long bytes = 144;
        for (Map.Entry<?, ?> entry : object.entrySet()) {
          bytes += 48 + bytes(entry.getKey()) + bytes(entry.getValue());
        }
        yield bytes;
      }
      case Collection<?> list -> {
        long bytes = 80;
        for (Object element : list) {
          bytes += 8 + bytes(element);
        }
        yield bytes;
      }
      case BigInteger number -> 72 + number.bitLength() / 8;
      case null, default -> 24;
    };
  }

  private static boolean isLatin1(String text) {
    return text.chars().allMatch(c -> c <= 0xff);
  }

  /** Never prints a claim. */
  @Override
  public String toString() {
    return "Claims[redacted]";
  }
}
