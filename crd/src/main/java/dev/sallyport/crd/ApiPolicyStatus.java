package dev.sallyport.crd;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of an {@code ApiPolicy}.
 *
 * @param observedGeneration the {@code metadata.generation} that this is said of
 * @param hosts which hosts it owns; null before it was looked at
 * @param conditions {@code Accepted}, {@code ResolvedRefs}, {@code Ready}
 */
public record ApiPolicyStatus(
    @Nullable Long observedGeneration, @Nullable Hosts hosts, List<Condition> conditions) {
  public ApiPolicyStatus {
    conditions = Defaults.list(conditions);
  }

  /**
   * The hosts that it claims, those of its routes included.
   *
   * @param owned requests to these are judged by this policy
   * @param lost requests to these are judged by another one
   */
  public record Hosts(List<String> owned, List<LostHost> lost) {
    public Hosts {
      owned = Defaults.list(owned);
      lost = Defaults.list(lost);
    }
  }

  /**
   * A host that another policy owns.
   *
   * @param owner {@code namespace/name} of that policy
   */
  public record LostHost(String host, String owner) {}
}
