package dev.sallyport.engine.compile;

import dev.sallyport.engine.decision.ObjectKey;
import java.util.List;

/**
 * What happened to the objects since the previous compilation.
 *
 * @param upserts new or changed objects, one a key
 * @param deletions objects that are gone; none is also among the upserts
 */
public record Changes(List<Declared> upserts, List<ObjectKey> deletions) {
  public Changes {
    upserts = List.copyOf(upserts);
    deletions = List.copyOf(deletions);
  }
}
