package dev.sallyport.engine.conditions;

import dev.sallyport.engine.receive.Query;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
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
    addHidden(query.raw(), spellings);
    Names names = new Names(values, spellings);
    return new Parameters(new ByName(names, Parameters::only), new ByName(names, ListView::of));
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
    if (raw.indexOf(';') < 0) {
      return;
    }
    for (String parameter : raw.split("&", -1)) {
      for (String written : Query.behindSemicolons(parameter)) {
        String name = Query.decode(written);
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

  private static String only(List<String> all) {
    if (all.size() > 1) {
      throw new Faulty("a query parameter stands twice");
    }
    return all.getFirst();
  }

  /** The parameters by name, each as what its values are to the expression. */
  @SuppressWarnings("Immutable") // It reads a request, which does not change.
  private static final class ByName extends MapView {
    private final Names names;
    private final Function<List<String>, Object> value;

    ByName(Names names, Function<List<String>, Object> value) {
      this.names = names;
      this.value = value;
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
      return all == null ? null : value.apply(all);
    }

    @Override
    public int size() {
      return entrySet().size();
    }

    @Override
    public Set<Map.Entry<Object, Object>> entrySet() {
      Map<Object, Object> shown = LinkedHashMap.newLinkedHashMap(names.values.size());
      names.values.forEach((name, all) -> shown.put(name, value.apply(all)));
      return shown.entrySet();
    }
  }
}
