package dev.sallyport.engine.conditions;

import dev.sallyport.engine.receive.Query;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query as an expression sees them. What stands twice, or is badly escaped,
 * must not look absent: the upstream may read one of the two.
 *
 * @param single {@code request.query}: the one value of each name
 * @param all {@code request.queryAll}: all values of each name
 */
record Parameters(MapView single, MapView all) {
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
      values.computeIfAbsent(parameter.getKey(), _ -> new ArrayList<>(1)).add(parameter.getValue());
    }
    return new Parameters(new Single(values), new All(values));
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
    public int toOpen() {
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
      return entrySet().size();
    }

    @Override
    public Set<Map.Entry<Object, Object>> entrySet() {
      Map<Object, Object> singles = LinkedHashMap.newLinkedHashMap(values.size());
      values.forEach((name, all) -> singles.put(name, only(all)));
      return singles.entrySet();
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
    public int toOpen() {
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
      Map<Object, Object> lists = LinkedHashMap.newLinkedHashMap(values.size());
      values.forEach((name, all) -> lists.put(name, ListView.of(all)));
      return lists.entrySet();
    }
  }
}
