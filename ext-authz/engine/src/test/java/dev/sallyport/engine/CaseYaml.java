package dev.sallyport.engine;

import dev.sallyport.engine.compile.DurationText;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of a case file. A misspelt key is an error: it must not make a case pass.
 *
 * @param members by their keys
 */
record CaseYaml(Map<String, Object> members) {
  static CaseYaml of(@Nullable Object value, String... keys) {
    CaseYaml yaml = new CaseYaml(CaseFile.map(value));
    for (String key : yaml.members.keySet()) {
      if (!List.of(keys).contains(key)) {
        throw new IllegalArgumentException("a case file has no key `" + key + "`");
      }
    }
    return yaml;
  }

  /** What a list holds, each read. */
  static <T> List<T> each(@Nullable Object list, Function<Object, T> read) {
    return CaseFile.list(list).stream().map(read).toList();
  }

  boolean has(String key) {
    return members.containsKey(key);
  }

  /** Text that must be there. */
  String text(String key) {
    return Objects.requireNonNull(text(key, null), () -> "a case file needs `" + key + "`");
  }

  <T extends @Nullable String> T text(String key, T otherwise) {
    @SuppressWarnings("unchecked")
    T text = members.get(key) == null ? otherwise : (T) String.valueOf(members.get(key));
    return text;
  }

  List<String> texts(String key) {
    return CaseFile.list(members.get(key)).stream().map(String::valueOf).toList();
  }

  Map<String, Object> map(String key) {
    return CaseFile.map(members.get(key));
  }

  <T extends Enum<T>> T one(String key, T otherwise) {
    return Enum.valueOf(otherwise.getDeclaringClass(), text(key, otherwise.name()));
  }

  /** A duration, as {@code 30s}; {@code -30s} is one to come. */
  Duration duration(String key, String otherwise) {
    String text = text(key, otherwise);
    boolean negative = text.startsWith("-");
    Duration duration = DurationText.parse(text.substring(negative ? 1 : 0));
    Objects.requireNonNull(duration, () -> "`" + text + "` is no duration");
    return negative ? duration.negated() : duration;
  }

  /** Members, and others in their place; what is null there is taken away. */
  static Map<String, Object> overridden(Map<String, ?> members, Map<String, Object> others) {
    Map<String, Object> all = new LinkedHashMap<>(members);
    all.putAll(others);
    all.values().removeIf(Objects::isNull);
    return all;
  }
}
