package dev.sallyport.engine.fields;

import dev.sallyport.crd.ApiPolicySpec.FieldRule;
import dev.sallyport.crd.ApiPolicySpec.Fields;
import dev.sallyport.crd.ApiPolicySpec.OutOfScope;
import dev.sallyport.crd.ApiPolicySpec.Unselected;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Decides what a request may select as the documentation says it, with sets of names and no thought
 * for speed: the second opinion on {@code FieldScope}, with which it shares no code. It is told
 * what the request selects, and reads nothing itself.
 */
final class ReferenceFields {
  private ReferenceFields() {}

  /**
   * What becomes of a request.
   *
   * @param names the fields that go on by name, in any order; empty where nothing is named
   * @param beyond the fields of the policy that were beyond scope, in any order
   */
  record Answer(boolean allowed, Set<String> names, Set<String> beyond) {}

  /**
   * Decides.
   *
   * @param selected one set a parameter, in which {@code ""} stands for everything, {@code a.b} for
   *     that field and all below
   * @param blanks whether a parameter is there that selects nothing
   */
  static Answer decide(Fields spec, Set<String> held, List<Set<String>> selected, boolean blanks) {
    Set<String> wanted = new LinkedHashSet<>();
    boolean unknown = false;
    for (Set<String> one : selected) {
      for (String name : one) {
        Set<String> named = below(spec, name);
        unknown |= named.isEmpty();
        wanted.addAll(named);
      }
    }
    Set<String> allowed =
        wanted.stream().filter(name -> may(spec, held, name)).collect(Collectors.toSet());
    Set<String> beyond = new TreeSet<>(wanted);
    beyond.removeAll(allowed);
    if (spec.outOfScope() == OutOfScope.Deny && (unknown || !beyond.isEmpty())) {
      return new Answer(false, Set.of(), beyond);
    }
    boolean nothingSelected = selected.stream().allMatch(Set::isEmpty);
    if (spec.unselected() == Unselected.Deny && (nothingSelected || blanks)) {
      return new Answer(false, Set.of(), Set.of());
    }
    if (nothingSelected) {
      if (spec.unselected() == Unselected.Allow) {
        return new Answer(true, Set.of(), Set.of());
      }
      Set<String> all =
          spec.available().stream()
              .filter(name -> may(spec, held, name))
              .collect(Collectors.toSet());
      return all.isEmpty()
          ? new Answer(false, Set.of(), new TreeSet<>(spec.available()))
          : new Answer(true, all, Set.of());
    }
    return allowed.isEmpty()
        ? new Answer(false, Set.of(), beyond)
        : new Answer(true, allowed, Set.of());
  }

  /** The fields of the policy that a name stands for. */
  static Set<String> below(Fields spec, String name) {
    Set<String> fields = new TreeSet<>();
    for (String field : spec.available()) {
      if (name.isEmpty() || field.equals(name) || field.startsWith(name + ".")) {
        fields.add(field);
      }
    }
    return fields;
  }

  static boolean may(Fields spec, Set<String> held, String field) {
    List<String> needed = new ArrayList<>();
    for (FieldRule rule : spec.rules()) {
      for (String pattern : rule.fields()) {
        String regex =
            pattern.equals("*")
                ? ".*"
                : pattern.endsWith(".*")
                    ? pattern.replace(".", "\\.").replace("\\.*", "\\..+")
                    : pattern.replace(".", "\\.") + "(\\..+)?";
        if (field.matches(regex)) {
          needed.addAll(rule.scopes());
        }
      }
    }
    return held.containsAll(needed);
  }
}
