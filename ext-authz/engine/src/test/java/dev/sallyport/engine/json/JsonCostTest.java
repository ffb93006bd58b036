package dev.sallyport.engine.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sallyport.engine.json.JsonReader.Limits;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What hostile texts cost: memory, which can be counted, not time. */
class JsonCostTest {
  private static final JsonReader READER = new JsonReader(Limits.BODY);

  /** What one value takes at most, so what all take that a document may hold. */
  private static final long VALUES = 90 * Limits.BODY.tokens();

  /**
   * A text.
   *
   * @param values whether it is one of as many values as there may be
   */
  record Hostile(String name, String text, boolean values) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Hostile> texts() {
    int size = 1 << 20;
    List<Hostile> texts = new ArrayList<>();
    texts.add(new Hostile("64 KiB of [", "[".repeat(1 << 16), false));
    texts.add(new Hostile("100,000 deep", "[".repeat(100_000) + "]".repeat(100_000), false));
    texts.add(new Hostile("deep objects", "{\"a\":".repeat(100_000), false));
    texts.add(new Hostile("one long string", '"' + "a".repeat(size - 2) + '"', false));
    texts.add(new Hostile("one escaped string", '"' + "\\n".repeat(size / 2 - 1) + '"', false));
    texts.add(new Hostile("one wide string", '"' + "é".repeat(size / 2 - 1) + '"', false));
    texts.add(new Hostile("an unfinished string", '"' + "a".repeat(size - 1), false));
    texts.add(new Hostile("a long number", "1".repeat(size), false));
    texts.add(new Hostile("a large exponent", "1e" + "9".repeat(size - 2), false));
    texts.add(new Hostile("spaces", " ".repeat(size), false));
    texts.add(new Hostile("small numbers", '[' + "1,".repeat(size / 2 - 2) + "1]", true));
    texts.add(new Hostile("short strings", '[' + "\"a\",".repeat(size / 5) + "1]", true));
    texts.add(new Hostile("empty arrays", '[' + "[],".repeat(size / 4) + "1]", true));
    texts.add(new Hostile("empty objects", '[' + "{},".repeat(size / 4) + "1]", true));
    texts.add(new Hostile("numbers of 3 digits", '[' + "100,".repeat(49_990) + "1]", true));
    texts.add(new Hostile("arrays of one", '[' + "[100],".repeat(33_000) + "1]", true));
    texts.add(
        new Hostile(
            "names with one hash",
            IntStream.range(0, 1 << 14)
                .mapToObj(JsonCostTest::colliding)
                .collect(Collectors.joining("\":0,\"", "{\"", "\":0}")),
            true));
    texts.add(
        new Hostile(
            "many names",
            IntStream.range(0, 49_000)
                .mapToObj(i -> "\"" + Integer.toString(i, 36) + "\":100")
                .collect(Collectors.joining(",", "{", "}")),
            true));
    return texts;
  }

  /** Texts of one {@code String.hashCode}. */
  private static String colliding(int number) {
    StringBuilder name = new StringBuilder();
    for (int bit = 0; bit < 14; bit++) {
      name.append((number >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return name.toString();
  }

  @ParameterizedTest
  @MethodSource("texts")
  void noTextTakesMoreThanFourTimesItsSizeBesideItsValues(Hostile hostile) {
    byte[] utf8 = hostile.text().getBytes(StandardCharsets.UTF_8);
    assertThat(utf8.length).isLessThanOrEqualTo(1 << 20);
    READER.read(utf8);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Json json = READER.read(utf8);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(json).isNotNull();
    assertThat(allocated)
        .isLessThanOrEqualTo(4L * utf8.length + 4096 + (hostile.values() ? VALUES : 0));
  }
}
