package dev.sallyport.engine.openapi;

import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * An OpenAPI document, as far as requests can be judged by it.
 *
 * @param title for people; may be empty
 * @param hosts of its servers, lower case, without ports
 * @param remarks what of it can't be enforced
 */
public record OpenApiDocument(
    Version version,
    String title,
    List<String> hosts,
    List<DocumentOperation> operations,
    List<SecurityScheme> securitySchemes,
    List<Remark> remarks) {
  /** More operations than any API has; each costs memory. */
  public static final int MOST_OPERATIONS = 2_000;

  public OpenApiDocument {
    hosts = List.copyOf(hosts);
    operations = List.copyOf(operations);
    securitySchemes = List.copyOf(securitySchemes);
    remarks = List.copyOf(remarks);
  }

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

  /** Reads a document; its schemas are not looked at. */
  public static Reading read(JsonNode tree) {
    return new DocumentReading(tree).read();
  }
}
