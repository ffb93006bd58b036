package dev.sallyport.engine.conditions;

import dev.sallyport.engine.receive.Query;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query as an expression sees them. What stands twice, is badly escaped, or has
 * another name that servers may take for the one that is asked for, must not look absent: the
 * upstream may read it.
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
    Spellings spellings = new Spellings();
    for (Map.Entry<String, String> parameter : parameters) {
      values.computeIfAbsent(parameter.getKey(), _ -> new ArrayList<>(1)).add(parameter.getValue());
      add(parameter.getKey(), spellings);
    }
    if (query.raw().indexOf(';') >= 0) {
      addHidden(query.raw(), spellings);
    }
    Names names = new Names(values, spellings);
    return new Parameters(new Single(names), new All(names));
  }

  private static void add(String name, Spellings spellings) {
    String folded = Query.folded(name);
    String member = Query.foldedMember(name);
    spellings.add(folded, name);
    if (!member.equals(folded)) {
      spellings.add(member, name);
    }
  }

  /** Some servers split at semicolons too. */
  private static void addHidden(String raw, Spellings spellings) {
    for (String parameter : raw.split("&", -1)) {
      String[] parts = parameter.split(";", -1);
      for (int i = 1; i < parts.length; i++) {
        int equals = parts[i].indexOf('=');
        String name = Query.decode(equals < 0 ? parts[i] : parts[i].substring(0, equals));
        spellings.addHidden(Query.folded(name == null ? "" : name));
      }
    }
  }

  /**
   * What stands there.
   *
   * @param values of each name, in order
   * @param spellings of the names, and of what stands behind semicolons
   */
  private record Names(Map<String, List<String>> values, Spellings spellings) {
    /** All values of a name; null where there is none. */
    @Nullable List<String> find(String name) {
      if (spellings.hide(Query.foldedMember(name), name)) {
        throw new Faulty("a query parameter may be read as the one that is asked for");
      }
      return values.get(name);
    }
  }

  @SuppressWarnings("Immutable") // It reads a request, which does not change.
  private static final class Single extends MapView {
    private final Names names;

    Single(Names names) {
      this.names = names;
    }

    @Override
    public int elements(int most) {
      return names.values.size();
    }

    @Override
    public int toOpen() {
      return names.values.size();
    }

    @Override
    @Nullable Object valueOf(String key) {
      List<String> all = names.find(key);
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
      Map<Object, Object> singles = LinkedHashMap.newLinkedHashMap(names.values.size());
      names.values.forEach((name, all) -> singles.put(name, only(all)));
      return singles.entrySet();
    }
  }

  @SuppressWarnings("Immutable") // It reads a request, which does not change.
  private static final class All extends MapView {
    private final Names names;

    All(Names names) {
      this.names = names;
    }

    @Override
    public int elements(int most) {
      return names.values.size();
    }

    @Override
    public int toOpen() {
      return names.values.size();
    }

    @Override
    @Nullable Object valueOf(String key) {
      List<String> all = names.find(key);
      return all == null ? null : ListView.of(all);
    }

    @Override
    public int size() {
      return names.values.size();
    }

    @Override
    public Set<Map.Entry<Object, Object>> entrySet() {
      Map<Object, Object> lists = LinkedHashMap.newLinkedHashMap(names.values.size());
      names.values.forEach((name, all) -> lists.put(name, ListView.of(all)));
      return lists.entrySet();
    }
  }
}
