package dev.sallyport.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.schema.JsonSchema.Compiled;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import dev.sallyport.engine.schema.LibrarySchema.Judgement;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON Schema Test Suite, read from {@code shared/corpora/json-schema} beside the repository or
 * from the folder that the system property {@code sallyport.corpora} names.
 *
 * <p>Its {@code remotes} are given along with each schema: in use, no reference leads out of a
 * document.
 */
class SuiteTest {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /** All but those that want formats to be ignored: here they are asserted. */
  @Test
  void everyRequiredTestIsMet() throws IOException {
    List<String> wrong = new ArrayList<>();
    int judged = each(folder(), "tests/draft2020-12", 1, wrong);
    assertThat(wrong)
        .containsExactlyInAnyOrderElementsOf(
            differences().stream()
                .filter(line -> line.contains("is only an annotation by default"))
                .toList());
    assertThat(judged).isEqualTo(1299);
  }

  /** A test that begins to fail, or to be met, is seen. */
  @Test
  void optionalTestsAreMetButForThoseThatAreKnown() throws IOException {
    List<String> wrong = new ArrayList<>();
    int judged = each(folder(), "tests/draft2020-12/optional", 3, wrong);
    assertThat(wrong)
        .containsExactlyInAnyOrderElementsOf(
            differences().stream()
                .filter(line -> !line.contains("is only an annotation by default"))
                .toList());
    assertThat(judged).isEqualTo(926);
  }

  private static List<String> differences() throws IOException {
    try (InputStream in = SuiteTest.class.getResourceAsStream("/json-schema/differences.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .toList();
    }
  }

  private static int each(Path folder, String tests, int depth, List<String> wrong)
      throws IOException {
    Map<String, JsonNode> remotes = remotes(folder);
    int judged = 0;
    try (Stream<Path> files = Files.walk(folder.resolve(tests), depth)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".json")).sorted().toList()) {
        for (JsonNode group : JSON.readTree(Files.readAllBytes(file))) {
          Compiled compiled =
              SchemaDocument.open(group.get("schema"), Dialect.DRAFT_2020_12, remotes)
                  .compile("", UnknownProperties.ALLOW);
          for (JsonNode test : group.get("tests")) {
            judged++;
            String name =
                folder.resolve(tests).relativize(file)
                    + ": "
                    + group.get("description").stringValue()
                    + ": "
                    + test.get("description").stringValue();
            if (!(compiled instanceof Compiled.Usable(var schema, _))) {
              wrong.add(name + ": " + compiled);
              continue;
            }
            boolean valid = schema.check(test.get("data"), Part.BODY).isEmpty();
            Judgement library = schema.judgeByLibrary(test.get("data"));
            if (valid != library instanceof Judgement.Valid) {
              wrong.add(name + ": the library says " + library.getClass().getSimpleName());
            }
            if (valid != test.get("valid").booleanValue()) {
              wrong.add(name + ": judged " + (valid ? "valid" : "invalid"));
            }
          }
        }
      }
    }
    return judged;
  }

  private static Map<String, JsonNode> remotes(Path folder) throws IOException {
    Map<String, JsonNode> remotes = new HashMap<>();
    Path top = folder.resolve("remotes");
    try (Stream<Path> files = Files.walk(top)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".json")).toList()) {
        remotes.put(
            "http://localhost:1234/" + top.relativize(file),
            JSON.readTree(Files.readAllBytes(file)));
      }
    }
    return remotes;
  }

  private static Path folder() {
    String named = System.getProperty("sallyport.corpora");
    if (named != null) {
      return Path.of(named, "json-schema");
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path folder = at.resolve("shared/corpora/json-schema");
      if (Files.isDirectory(folder)) {
        return folder;
      }
    }
    String skipped = "SKIPPED: no folder shared/corpora/json-schema here or above: no test was run";
    // Reports keep the reason of what was skipped to themselves.
    System.err.println(skipped);
    return abort(skipped);
  }
}
