package dev.sallyport.crd;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an absent field of a spec means: a default value, an empty list, an empty map. */
final class Defaults {
  private Defaults() {}

  static <T> T or(@Nullable T value, T fallback) {
    return value == null ? fallback : value;
  }

  static <T> List<T> list(@Nullable List<T> values) {
    return values == null ? List.of() : List.copyOf(values);
  }

  static <K, V> Map<K, V> map(@Nullable Map<K, V> values) {
    return values == null ? Map.of() : Map.copyOf(values);
  }
}
