package dev.sallyport.engine.content;

import dev.sallyport.engine.receive.Query;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Names that are declared, as servers may read them. What has another name, and may be read as one
 * of these, is refused: it would be judged as what nobody declared. Of one thread.
 */
final class DeclaredNames {
  static final String HIDING = "its name must not be one that may be read as that of another";

  private final Collection<String> names;

  /** Filled when it is first looked at: most requests hold nothing but what is declared. */
  private final Set<String> folded = new HashSet<>();

  DeclaredNames(Collection<String> names) {
    this.names = names;
  }

  /** Whether a name that is not declared may be read as one that is. */
  boolean hide(String name) {
    if (folded.isEmpty()) {
      names.forEach(declared -> folded.add(Query.foldedMember(declared)));
    }
    return folded.contains(Query.folded(name)) || folded.contains(Query.foldedMember(name));
  }
}
