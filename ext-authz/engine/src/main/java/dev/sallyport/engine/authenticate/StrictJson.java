package dev.sallyport.engine.authenticate;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON objects as JOSE wants them (RFC 7515 section 4, RFC 7519 section 4): UTF-8, each name once,
 * nothing after the end, small.
 *
 * <p>Integers are {@code Long} ({@code BigInteger} beyond), other numbers {@code Double}.
 */
public final class StrictJson {
  private static final TypeReference<Map<String, @Nullable Object>> OBJECT =
      new TypeReference<>() {};

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(32)
                          .maxStringLength(65_536)
                          .maxNameLength(1024)
                          .maxNumberLength(100)
                          .maxDocumentLength(KeySet.MAX_BYTES)
                          .maxTokenCount(100_000)
                          .build())
                  .build())
          .enable(DeserializationFeature.USE_LONG_FOR_INTS)
          .build();

  private StrictJson() {}

  /** Reads one JSON object; empty where the bytes are anything else. */
  public static Optional<Map<String, @Nullable Object>> object(byte[] utf8) {
    try {
      return Optional.ofNullable(MAPPER.readValue(utf8, OBJECT));
    } catch (JacksonException _) {
      // Its message may quote the input: nothing of it goes on.
      return Optional.empty();
    }
  }

  /** Writes a map as JSON; empty where a value has no form in JSON. */
  static Optional<String> text(Map<?, ?> object) {
    try {
      return Optional.of(MAPPER.writeValueAsString(object));
    } catch (JacksonException _) {
      return Optional.empty();
    }
  }
}
