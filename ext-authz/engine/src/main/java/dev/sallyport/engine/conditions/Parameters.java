package dev.sallyport.engine.conditions;

import dev.sallyport.engine.receive.Query;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query as an expression sees them. What stands twice, or is badly escaped,
 * must not look absent: the upstream may read one of the two.
 *
 * @param values of each name, in order
 */
record Parameters(Map<String, List<String>> values) {
  /**
   * Reads a query.
   *
   * @throws Faulty where a name or a value in it is badly escaped
   */
  static Parameters of(Query query) {
    List<Map.Entry<String, String>> parameters = query.parameters();
    if (parameters == null) {
      throw new Faulty("the query holds a bad escape");
    }
    Map<String, List<String>> values = LinkedHashMap.newLinkedHashMap(parameters.size());
    for (Map.Entry<String, String> parameter : parameters) {
      values.merge(parameter.getKey(), List.of(parameter.getValue()), Parameters::joined);
    }
    return new Parameters(values);
  }

  private static List<String> joined(List<String> before, List<String> next) {
    // A name may stand there a thousand times.
    List<String> both = before instanceof ArrayList<String> ? before : new ArrayList<>(before);
    both.addAll(next);
    return both;
  }

  /** {@code request.query}: the one value of each name. */
  MapView single() {
    return new Single(values);
  }

  /** {@code request.queryAll}: all values of each name. */
  MapView all() {
    return new All(values);
  }

  @SuppressWarnings("Immutable") // It reads a request, which does not change.
  private static final class Single extends MapView {
    private final Map<String, List<String>> values;

    Single(Map<String, List<String>> values) {
      this.values = values;
    }

    @Override
    public int elements(int most) {
      return values.size();
    }

    @Override
    @Nullable Object valueOf(String key) {
      List<String> all = values.get(key);
      return all == null ? null : only(all);
    }

    private static String only(List<String> all) {
      if (all.size() > 1) {
        throw new Faulty("a query parameter stands twice");
      }
      return all.getFirst();
    }

    @Override
    public int size() {
      values.values().forEach(Single::only);
      return values.size();
    }

    @Override
    public Set<Map.Entry<Object, Object>> entrySet() {
      return values.entrySet().stream()
          .map(entry -> Map.<Object, Object>entry(entry.getKey(), only(entry.getValue())))
          .collect(Collectors.toUnmodifiableSet());
    }
  }

  @SuppressWarnings("Immutable") // It reads a request, which does not change.
  private static final class All extends MapView {
    private final Map<String, List<String>> values;

    All(Map<String, List<String>> values) {
      this.values = values;
    }

    @Override
    public int elements(int most) {
      return values.size();
    }

    @Override
    @Nullable Object valueOf(String key) {
      List<String> all = values.get(key);
      return all == null ? null : ListView.of(all);
    }

    @Override
    public int size() {
      return values.size();
    }

    @Override
    public Set<Map.Entry<Object, Object>> entrySet() {
      return values.entrySet().stream()
          .map(entry -> Map.<Object, Object>entry(entry.getKey(), ListView.of(entry.getValue())))
          .collect(Collectors.toUnmodifiableSet());
    }
  }
}
