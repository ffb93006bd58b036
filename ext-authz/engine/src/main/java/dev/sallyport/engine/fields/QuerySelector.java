package dev.sallyport.engine.fields;

import dev.sallyport.crd.ApiPolicySpec.ListStyle;
import dev.sallyport.crd.ApiPolicySpec.Nesting;
import dev.sallyport.crd.ApiPolicySpec.Selector;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** A parameter of the query that names fields. */
sealed interface QuerySelector {
  /** OData's parameters, which have a syntax of their own. */
  String SELECT = "$select";

  String EXPAND = "$expand";

  String parameter();

  /** What the parameter names; its values are in the order of the request, and none is blank. */
  Reading read(List<String> values, FieldNode root);

  /**
   * The values that name the same fields as these, as far as they are left, as the API writes them.
   *
   * @return none where nothing is left
   */
  List<String> written(List<String> values, FieldNode root, Predicate<Field> left);

  /**
   * A selector.
   *
   * @param spec with {@code query}
   */
  static QuerySelector of(String parameter, Selector spec) {
    return switch (parameter) {
      case EXPAND -> new Expanding(parameter);
      case SELECT -> new Listing(parameter, ListStyle.Commas, Nesting.Slashes);
      default -> new Listing(parameter, spec.list(), spec.nested());
    };
  }

  /** A parameter that lists fields. */
  record Listing(String parameter, ListStyle list, Nesting nested) implements QuerySelector {
    @Override
    public Reading read(List<String> values, FieldNode root) {
      Reading.Draft draft = new Reading.Draft();
      for (String value : new LinkedHashSet<>(values)) {
        switch (FieldList.read(value, root)) {
          case Reading.Named named -> draft.add(named);
          case Reading.Unreadable unreadable -> {
            return unreadable;
          }
        }
      }
      return draft.named();
    }

    @Override
    public List<String> written(List<String> values, FieldNode root, Predicate<Field> left) {
      return read(values, root) instanceof Reading.Named(var fields, _)
          ? written(fields.stream().filter(left).toList())
          : List.of();
    }

    /** The values that name these fields. */
    List<String> written(Collection<Field> fields) {
      List<String> items =
          switch (nested) {
            case Dots -> paths(fields, ".");
            case Slashes -> paths(fields, "/");
            case Parentheses -> groups(fields, 0, '(', ')');
            case Braces -> groups(fields, 0, '{', '}');
          };
      return items.isEmpty() || list == ListStyle.Repeated
          ? items
          : List.of(String.join(separator(), items));
    }

    private String separator() {
      return list == ListStyle.Spaces ? " " : ",";
    }

    private static List<String> paths(Collection<Field> fields, String separator) {
      return fields.stream().map(field -> String.join(separator, field.path())).toList();
    }

    private List<String> groups(Collection<Field> fields, int depth, char opening, char closing) {
      Map<String, Set<Field>> byName = new LinkedHashMap<>();
      for (Field field : fields) {
        byName.computeIfAbsent(field.path().get(depth), _ -> new LinkedHashSet<>()).add(field);
      }
      List<String> items = new ArrayList<>(byName.size());
      byName.forEach((name, some) -> {
        boolean isField = some.iterator().next().path().size() == depth + 1;
        items.add(
            isField
                ? name
                : name
                    + opening
                    + String.join(separator(), groups(some, depth + 1, opening, closing))
                    + closing);
      });
      return items;
    }
  }

  /** OData's {@code $expand}, which adds objects to what is listed elsewhere. */
  record Expanding(String parameter) implements QuerySelector {
    @Override
    public Reading read(List<String> values, FieldNode root) {
      return values.size() == 1
          ? Expansion.read(values.getFirst(), root).reading()
          : new Reading.Unreadable("the query holds the parameter `" + parameter + "` twice");
    }

    @Override
    public List<String> written(List<String> values, FieldNode root, Predicate<Field> left) {
      String written = Expansion.read(values.getFirst(), root).written(left);
      return written.isEmpty() ? List.of() : List.of(written);
    }
  }
}
