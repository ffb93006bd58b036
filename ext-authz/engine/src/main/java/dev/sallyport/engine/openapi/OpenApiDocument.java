package dev.sallyport.engine.openapi;

import dev.sallyport.engine.operation.PathTemplate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An OpenAPI document, as far as requests can be judged by it.
 *
 * @param title for people; may be empty
 * @param hosts of its servers, lower case, without ports
 * @param unclear paths of operations that are left out, since they can't be told apart
 * @param remarks what of it can't be enforced
 */
public record OpenApiDocument(
    Version version,
    String title,
    List<String> hosts,
    List<DocumentOperation> operations,
    List<Unclear> unclear,
    List<SecurityScheme> securitySchemes,
    List<Remark> remarks) {
  /** More operations than any API has; each costs memory. */
  public static final int MOST_OPERATIONS = 2_000;

  public OpenApiDocument {
    hosts = List.copyOf(hosts);
    operations = List.copyOf(operations);
    unclear = List.copyOf(unclear);
    securitySchemes = List.copyOf(securitySchemes);
    remarks = List.copyOf(remarks);
  }

  /**
   * Requests of which it can't be told what they ask for.
   *
   * @param method in capitals
   * @param template of all that the path may mean, with the paths of {@code servers} in front
   */
  public record Unclear(String method, PathTemplate template) {}

  /** The versions that are read. */
  public enum Version {
    V3_0,
    V3_1
  }

  /** What came of reading. */
  public sealed interface Reading {
    /** It can be used. */
    record Usable(OpenApiDocument document) implements Reading {}

    /**
     * It can't.
     *
     * @param faults at least one
     */
    record Refused(List<Remark> faults) implements Reading {
      public Refused {
        faults = List.copyOf(faults);
      }
    }
  }

  /**
   * What a local reference leads to; null where that is nothing.
   *
   * @param reference beginning with {@code #}
   */
  public static @Nullable JsonNode target(JsonNode tree, String reference) {
    Place target = Place.root(tree).follow(reference);
    return target == null ? null : target.node();
  }

  /** Reads a document; its schemas are not looked at. */
  public static Reading read(JsonNode tree) {
    return new DocumentReading(tree).read();
  }
}
