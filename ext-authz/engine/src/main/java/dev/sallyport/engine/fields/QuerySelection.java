package dev.sallyport.engine.fields;

import dev.sallyport.crd.ApiPolicySpec.OutOfScope;
import dev.sallyport.crd.ApiPolicySpec.Unselected;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.fields.FieldScope.Selection;
import dev.sallyport.engine.fields.QuerySelector.Expanding;
import dev.sallyport.engine.fields.QuerySelector.Listing;
import dev.sallyport.engine.receive.Query;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of an operation's query that name fields.
 *
 * <p>What goes on to the upstream names fields one by one, in the syntax that the policy says the
 * API reads: a wildcard or an object would show what the policy does not list, and a list in a
 * syntax that the upstream does not know might select nothing, or everything.
 *
 * @param principal the parameter without which the upstream would choose what it shows; null where
 *     there is none
 */
record QuerySelection(
    List<QuerySelector> selectors,
    @Nullable Listing principal,
    ParameterNames names,
    FieldNode root,
    Unselected unselected,
    OutOfScope outOfScope) {

  static QuerySelection of(
      List<QuerySelector> selectors, FieldNode root, Unselected unselected, OutOfScope outOfScope) {
    Listing principal = null;
    for (QuerySelector selector : selectors) {
      if (principal == null && selector instanceof Listing listing) {
        principal = listing;
      }
    }
    return new QuerySelection(
        List.copyOf(selectors),
        principal,
        new ParameterNames(
            selectors.stream().map(QuerySelector::parameter).toList(),
            selectors.stream()
                .filter(Expanding.class::isInstance)
                .map(QuerySelector::parameter)
                .toList()),
        root,
        unselected,
        outOfScope);
  }

  /**
   * What one parameter names.
   *
   * @param values all of them
   * @param filled those of them that are not blank
   */
  private record Asked(
      QuerySelector selector, List<String> values, List<String> filled, Reading.Named named) {
    /** Whether the upstream may choose what it shows. */
    boolean leavesItOpen(boolean principal) {
      return filled.size() < values.size() || (principal && values.isEmpty());
    }
  }

  Selection check(Query query, Predicate<Field> allowed) {
    QueryParameters parameters = QueryParameters.read(query);
    if (parameters == null) {
      return malformed(
          "the name of a query parameter can't be decoded, or there are too many of them");
    }
    if (names.hides(parameters)) {
      return malformed("the query holds a parameter that may be read as one that names fields");
    }
    Reading.Draft draft = new Reading.Draft();
    List<Asked> asked = new ArrayList<>(selectors.size());
    for (QuerySelector selector : selectors) {
      List<String> values = parameters.values(selector.parameter());
      if (values == null) {
        return malformed("a query parameter that names fields can't be decoded");
      }
      List<String> filled = values.stream().filter(value -> !value.isBlank()).toList();
      switch (filled.isEmpty() ? Reading.Named.NOTHING : selector.read(filled, root)) {
        case Reading.Unreadable(var why) -> {
          return new Selection.Beyond(List.of(), List.of(), why);
        }
        case Reading.Named named -> {
          draft.add(named);
          asked.add(new Asked(selector, values, filled, named));
        }
      }
    }
    Reading.Named named = draft.named();
    if (outOfScope == OutOfScope.Deny && FieldScope.isBeyond(named, allowed)) {
      return FieldScope.beyond(named, allowed);
    }
    return narrow(parameters, asked, allowed);
  }

  private Selection narrow(
      QueryParameters parameters, List<Asked> asked, Predicate<Field> allowed) {
    Map<String, List<String>> written = new LinkedHashMap<>();
    for (Asked one : asked) {
      boolean principal = one.selector.equals(this.principal);
      boolean open = one.leavesItOpen(principal);
      if (open && unselected == Unselected.Deny) {
        return new Selection.Beyond(
            List.of(),
            List.of(),
            "the request has to name the fields that it wants in `"
                + one.selector.parameter()
                + '`');
      }
      if (one.filled.isEmpty() && !(open && unselected == Unselected.Restrict)) {
        continue;
      }
      List<String> left =
          one.filled.isEmpty()
              ? byDefault(one.selector, allowed)
              : one.selector.written(one.filled, root, allowed);
      if (left.isEmpty() && principal) {
        return FieldScope.beyond(
            one.filled.isEmpty() ? FieldScope.all(root) : one.named.listed(), allowed);
      }
      if (!left.equals(one.values)) {
        written.put(one.selector.parameter(), left);
      }
    }
    return new Selection.Within(written.isEmpty() ? null : parameters.with(written));
  }

  /** What a parameter names in place of the upstream's choice; nothing where it only adds. */
  private List<String> byDefault(QuerySelector selector, Predicate<Field> allowed) {
    if (principal == null || !selector.equals(principal)) {
      return List.of();
    }
    // Where there is a parameter that expands objects, none is shown without it.
    boolean flat = selectors.stream().anyMatch(Expanding.class::isInstance);
    return principal.written(
        root.fields().stream()
            .filter(allowed)
            .filter(field -> !flat || field.path().size() == 1)
            .toList());
  }

  private static Selection malformed(String why) {
    return new Selection.Unreadable(Denial.of(Reason.REQUEST_MALFORMED, why));
  }
}
