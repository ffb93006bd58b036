package dev.sallyport.engine.compile;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.DetectionPolicySpec;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.decision.ObjectKey;
import java.time.Instant;
import java.util.Map;

/**
 * One object as its source holds it.
 *
 * @param key which one
 * @param created {@code metadata.creationTimestamp}; {@link Instant#EPOCH} where the source knows
 *     none, so that the name decides
 * @param generation {@code metadata.generation}, or what the source counts in its place
 * @param content what it says
 */
public record Declared(ObjectKey key, Instant created, long generation, Content content) {
  /** What an object says, by kind. */
  public sealed interface Content {}

  /** Kind {@code ApiPolicy}. */
  public record ApiPolicy(ApiPolicySpec spec) implements Content {}

  /** Kind {@code NonHumanIdentity}. */
  public record NonHumanIdentity(NonHumanIdentitySpec spec) implements Content {}

  /** Kind {@code TokenIssuer}. */
  public record TokenIssuer(TokenIssuerSpec spec) implements Content {}

  /** Kind {@code DetectionPolicy}. */
  public record DetectionPolicy(DetectionPolicySpec spec) implements Content {}

  /**
   * Kind {@code Secret}: its keys with their bytes. Never printed.
   *
   * @param data decoded, {@code stringData} merged in; must not be changed
   */
  public record Secret(Map<String, byte[]> data) implements Content {
    public Secret {
      data = Map.copyOf(data);
    }

    @Override
    public String toString() {
      return "Secret[redacted]";
    }
  }

  /** Kind {@code ConfigMap}. */
  public record ConfigMap(Map<String, String> data) implements Content {
    public ConfigMap {
      data = Map.copyOf(data);
    }
  }
}
