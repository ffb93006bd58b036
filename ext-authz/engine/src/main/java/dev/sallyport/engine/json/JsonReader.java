package dev.sallyport.engine.json;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads JSON as RFC 8259 and I-JSON (RFC 7493) want it: UTF-8 without a byte order mark, one value,
 * each name once, no lone surrogate; and within limits. Thread-safe.
 */
public final class JsonReader {
  private final JsonMapper mapper;

  /**
   * What a document may be at most.
   *
   * @param depth nested arrays and objects
   * @param bytes of the whole document
   * @param stringCharacters of one string
   * @param nameCharacters of one name
   * @param numberCharacters of one number
   * @param tokens names, values, and both ends of arrays and objects
   */
  public record Limits(
      int depth,
      long bytes,
      int stringCharacters,
      int nameCharacters,
      int numberCharacters,
      long tokens) {
    /** For bodies of requests. */
    public static final Limits BODY = new Limits(64, 16 << 20, 1 << 20, 1024, 100, 1_000_000);
  }

  /** A reader with these limits. */
  public JsonReader(Limits limits) {
    mapper =
        JsonMapper.builder(
                JsonFactory.builder()
                    .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
                    .streamReadConstraints(
                        StreamReadConstraints.builder()
                            .maxNestingDepth(limits.depth)
                            .maxStringLength(limits.stringCharacters)
                            .maxNameLength(limits.nameCharacters)
                            .maxNumberLength(limits.numberCharacters)
                            .maxDocumentLength(limits.bytes)
                            .maxTokenCount(limits.tokens)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .build();
  }

  /** Reads one value. */
  public Json read(byte[] utf8) {
    try {
      JsonNode tree = mapper.readTree(utf8);
      return tree.isMissingNode()
          ? new Json.Faulty("it holds no JSON value", 0)
          : new Json.Value(tree);
    } catch (JacksonException fault) {
      // Its message may quote the input: nothing of it goes on.
      return new Json.Faulty("it is not one JSON value", fault.getLocation().getByteOffset());
    }
  }
}
