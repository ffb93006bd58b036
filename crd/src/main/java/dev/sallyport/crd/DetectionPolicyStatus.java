package dev.sallyport.crd;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a {@code DetectionPolicy}.
 *
 * @param observedGeneration the {@code metadata.generation} that this is said of
 * @param conditions {@code Accepted}, {@code ResolvedRefs}, {@code Ready}
 */
public record DetectionPolicyStatus(@Nullable Long observedGeneration, List<Condition> conditions) {
  public DetectionPolicyStatus {
    conditions = Defaults.list(conditions);
  }
}
