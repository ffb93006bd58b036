package dev.sallyport.engine.fields;

import dev.sallyport.engine.fields.QueryParameters.Parameter;
import dev.sallyport.engine.receive.Query;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Names of parameters, and what servers take for the same names ({@link Query#folded}, or behind a
 * semicolon). Parameters that would be read so are refused wherever a policy looks at the name:
 * what Sallyport passed over the server would find.
 */
final class ParameterNames {
  private final Set<String> exact;
  private final Set<String> folded = new HashSet<>();
  private final Set<String> withSemicolons;

  /**
   * Names.
   *
   * @param withSemicolons those whose values may hold semicolons: their servers split at none
   */
  ParameterNames(Collection<String> names, Collection<String> withSemicolons) {
    this.exact = Set.copyOf(names);
    this.withSemicolons = Set.copyOf(withSemicolons);
    names.forEach(name -> folded.add(Query.folded(name)));
  }

  /** Whether a server might find one of the names in a parameter that has another. */
  boolean hides(Parameter parameter) {
    if (!exact.contains(parameter.name())) {
      if (folded.contains(Query.folded(parameter.name()))) {
        return true;
      }
    } else if (withSemicolons.contains(parameter.name())) {
      return false;
    }
    for (String written : Query.behindSemicolons(parameter.raw())) {
      String name = Query.decode(written);
      if (name == null || folded.contains(Query.folded(name))) {
        return true;
      }
    }
    return false;
  }

  boolean hides(QueryParameters query) {
    return query.parameters().stream().anyMatch(this::hides);
  }
}
