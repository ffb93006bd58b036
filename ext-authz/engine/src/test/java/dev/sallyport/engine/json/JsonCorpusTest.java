package dev.sallyport.engine.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The files of nst/JSONTestSuite, read from {@code shared/corpora/json-parsing} beside the
 * repository or from the folder that the system property {@code sallyport.corpora} names.
 */
class JsonCorpusTest {
  private static final JsonReader READER = new JsonReader(JsonReader.Limits.BODY);

  /** RFC 8259 only advises against a name that stands twice; I-JSON forbids it. */
  private static final Set<String> REFUSED_ON_PURPOSE =
      Set.of("y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json");

  /**
   * What RFC 8259 leaves open, and we take: numbers that every reader reads, exactly or rounded.
   */
  private static final Set<String> TAKEN =
      Set.of(
          "i_number_too_big_neg_int.json",
          "i_number_too_big_pos_int.json",
          "i_number_very_big_negative_int.json");

  @Test
  void whatMustBeReadIsRead() throws IOException {
    List<String> refused = new ArrayList<>();
    int judged = 0;
    for (Path file : files("y_")) {
      judged++;
      if (!takes(file)) {
        refused.add(name(file));
      }
    }
    assertThat(refused).containsExactlyInAnyOrderElementsOf(REFUSED_ON_PURPOSE);
    assertThat(judged).isEqualTo(95);
  }

  @Test
  void whatIsNoJsonIsRefused() throws IOException {
    List<String> taken = new ArrayList<>();
    int judged = 0;
    for (Path file : files("n_")) {
      judged++;
      if (takes(file)) {
        taken.add(name(file));
      }
    }
    assertThat(taken).isEmpty();
    assertThat(judged).isEqualTo(188);
  }

  @Test
  void whatReadersDisagreeAboutIsRefused() throws IOException {
    Set<String> taken = new TreeSet<>();
    for (Path file : files("i_")) {
      if (takes(file)) {
        taken.add(name(file));
      }
    }
    assertThat(taken).containsExactlyInAnyOrderElementsOf(TAKEN);
  }

  private static boolean takes(Path file) throws IOException {
    return READER.read(Files.readAllBytes(file)) instanceof Json.Value;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static List<Path> files(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.filter(file -> name(file).startsWith(prefix)).sorted().toList();
    }
  }

  private static Path folder() {
    String named = System.getProperty("sallyport.corpora");
    if (named != null) {
      return Path.of(named, "json-parsing/test_parsing");
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path folder = at.resolve("shared/corpora/json-parsing/test_parsing");
      if (Files.isDirectory(folder)) {
        return folder;
      }
    }
    String skipped =
        "SKIPPED: no folder shared/corpora/json-parsing here or above: no JSON text was judged";
    // Reports keep the reason of what was skipped to themselves.
    System.err.println(skipped);
    return abort(skipped);
  }
}
