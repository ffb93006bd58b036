package dev.sallyport.engine.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whatever the bytes, the reader says yes or no, and yes only to what another strict one takes. */
class JsonMutationTest {
  private static final JsonReader READER = new JsonReader(JsonReader.Limits.BODY);
  private static final JsonMapper JACKSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  @Provide
  Arbitrary<byte[]> mutated() {
    Arbitrary<byte[]> texts = Arbitraries.longs().map(seed -> new JsonTexts(seed).next());
    return texts.flatMap(text ->
        Arbitraries.integers()
            .between(0, text.length - 1)
            .flatMap(at ->
                Arbitraries.of(
                        "\"", "\\", "{", "}", "[", "]", ",", ":", "\\u", "é", "0", "e", "\0", "")
                    .map(piece -> {
                      byte[] inserted = piece.getBytes(StandardCharsets.UTF_8);
                      byte[] changed = Arrays.copyOf(text, text.length + inserted.length);
                      System.arraycopy(inserted, 0, changed, at, inserted.length);
                      System.arraycopy(text, at, changed, at + inserted.length, text.length - at);
                      return inserted.length == 0 ? Arrays.copyOf(text, at) : changed;
                    })));
  }

  @Property(tries = 20_000)
  void whatIsTakenAnotherStrictReaderTakes(@ForAll("mutated") byte[] text) {
    JsonNode theirs = null;
    try {
      JsonNode tree = JACKSON.readTree(text);
      theirs = tree.isMissingNode() ? null : tree;
    } catch (JacksonException | NumberFormatException _) {
      theirs = null;
    }
    switch (READER.read(text)) {
      case Json.Value(var tree) -> assertThat(theirs).isEqualTo(tree);
      case Json.Faulty(var why, var offset) -> {
        assertThat(offset).isBetween(0L, (long) text.length);
        // Stricter than Jackson in these alone.
        if (theirs != null) {
          assertThat(why)
              .isIn("half a surrogate pair stands alone", "a number is beyond what a double holds");
        }
      }
    }
  }

  @Property(tries = 5_000)
  void anyBytesAreAnswered(@ForAll byte[] bytes) {
    assertThat(READER.read(bytes)).isNotNull();
  }
}
