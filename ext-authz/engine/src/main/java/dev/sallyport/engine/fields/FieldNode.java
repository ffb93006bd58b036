package dev.sallyport.engine.fields;

import dev.sallyport.crd.ApiPolicySpec.FieldRule;
import dev.sallyport.crd.ApiPolicySpec.Fields;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A place in the tree of a policy's fields: a field, or an object that holds some. Names are
 * compared exactly.
 *
 * @param children by name, in the policy's order; empty for a field
 * @param fields all at this place and below it, in the policy's order; never empty
 */
record FieldNode(Map<String, FieldNode> children, List<Field> fields) {
  FieldNode {
    children = Collections.unmodifiableMap(children);
    fields = List.copyOf(fields);
  }

  /** The tree of all fields. */
  static FieldNode of(Fields spec) {
    List<Field> fields = new ArrayList<>(spec.available().size());
    for (String name : spec.available()) {
      fields.add(
          new Field(fields.size(), List.of(name.split("\\.", -1)), scopes(name, spec.rules())));
    }
    return of(fields, 0);
  }

  private static FieldNode of(List<Field> fields, int depth) {
    Map<String, List<Field>> below = new LinkedHashMap<>();
    for (Field field : fields) {
      if (field.path().size() > depth) {
        below.computeIfAbsent(field.path().get(depth), _ -> new ArrayList<>()).add(field);
      }
    }
    Map<String, FieldNode> children = new LinkedHashMap<>();
    below.forEach((name, some) -> children.put(name, of(some, depth + 1)));
    return new FieldNode(children, fields);
  }

  private static List<String> scopes(String field, List<FieldRule> rules) {
    Set<String> scopes = new LinkedHashSet<>();
    for (FieldRule rule : rules) {
      if (rule.fields().stream().anyMatch(pattern -> FieldScope.covers(pattern, field))) {
        scopes.addAll(rule.scopes());
      }
    }
    return List.copyOf(scopes);
  }

  /** What it holds under a name; null where that is nothing. */
  @Nullable FieldNode child(String name) {
    return children.get(name);
  }

  boolean isField() {
    return children.isEmpty();
  }
}
