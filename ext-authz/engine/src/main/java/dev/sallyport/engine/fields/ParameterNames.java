package dev.sallyport.engine.fields;

import dev.sallyport.engine.fields.QueryParameters.Parameter;
import dev.sallyport.engine.receive.Query;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Names of parameters, and what servers take for the same names: another case (ASP.NET), brackets
 * behind it ({@code fields[]}: PHP, Rails, Express), a dollar sign or none in front (OData 4.01),
 * spaces in front, and {@code .} or a space for {@code _} (PHP). Parameters that would be read so
 * are refused wherever a policy looks at the name: what Sallyport passed over the server would
 * find.
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
    names.forEach(name -> folded.add(fold(name)));
  }

  /** Whether a server might find one of the names in a parameter that has another. */
  boolean hides(Parameter parameter) {
    if (!exact.contains(parameter.name())) {
      if (folded.contains(fold(parameter.name()))) {
        return true;
      }
    } else if (withSemicolons.contains(parameter.name())) {
      return false;
    }
    // Some servers split at semicolons too.
    return parameter.raw().indexOf(';') >= 0 && hidesBehindSemicolon(parameter.raw());
  }

  boolean hides(QueryParameters query) {
    return query.parameters().stream().anyMatch(this::hides);
  }

  private boolean hidesBehindSemicolon(String raw) {
    String[] parts = raw.split(";", -1);
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      String name = Query.decode(equals < 0 ? parts[i] : parts[i].substring(0, equals));
      if (name == null || folded.contains(fold(name))) {
        return true;
      }
    }
    return false;
  }

  /** The same for all names that some server takes for one. */
  static String fold(String name) {
    return Query.folded(name);
  }
}
