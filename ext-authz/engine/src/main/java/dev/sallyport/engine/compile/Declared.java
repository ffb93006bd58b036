package dev.sallyport.engine.compile;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.DetectionPolicySpec;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.decision.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

  /**
   * Kind {@code File}: a document in the folder of policies, which is no object. Its key has no
   * namespace, and its path from the folder as the name; see {@link #file}.
   *
   * @param text as it stands in the file
   */
  public record Document(String text) implements Content {
    /** Documents may be large. */
    @Override
    public String toString() {
      return "Document[" + text.length() + " characters]";
    }
  }

  /** The kind of a document in the folder of policies. */
  public static final String FILE = "File";

  /** The key of a document by its path from the folder of policies. */
  public static ObjectKey file(String path) {
    return new ObjectKey(FILE, "", path);
  }

  /**
   * Kind {@code HTTPRoute} or {@code GRPCRoute} of the Gateway API.
   *
   * @param hostnames as the route lists them, perhaps none: then it takes those of its listeners
   */
  public record Route(List<String> hostnames) implements Content {
    public Route {
      hostnames = List.copyOf(hostnames);
    }
  }

  /**
   * An object that could not be read whole: its schema may be newer than this program. What was in
   * force of it stays, but what was read of it may still narrow.
   *
   * @param rough what could be read of what a policy claims, or of an identity's state; null where
   *     nothing could
   * @param faults at least one
   */
  public record Unreadable(@Nullable Content rough, List<Fault> faults) implements Content {
    public Unreadable {
      faults = List.copyOf(faults);
      if (faults.isEmpty()) {
        throw new IllegalArgumentException("nothing is wrong with the object");
      }
    }
  }

  /**
   * What could not be read.
   *
   * @param field path in the object; empty for the whole
   * @param message for its author; never a credential
   */
  public record Fault(String field, String message) {}
}
