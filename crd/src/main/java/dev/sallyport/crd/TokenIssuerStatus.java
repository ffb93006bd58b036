package dev.sallyport.crd;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a {@code TokenIssuer}.
 *
 * @param observedGeneration the {@code metadata.generation} that this is said of
 * @param conditions {@code Accepted}, {@code ResolvedRefs}, {@code Ready}
 */
public record TokenIssuerStatus(@Nullable Long observedGeneration, List<Condition> conditions) {
  public TokenIssuerStatus {
    conditions = Defaults.list(conditions);
  }
}
