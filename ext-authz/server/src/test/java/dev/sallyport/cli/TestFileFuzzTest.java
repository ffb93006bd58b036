package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever a test file holds, it is read, or told of in one line. */
class TestFileFuzzTest {
  private static final String GOOD =
      """
      about: a file
      objects: [{kind: Secret, metadata: {name: s}, stringData: {a: b}}]
      tests:
      - name: one
        at: 2026-11-25T12:00:00Z
        repeat: 2
        every: 10s
        as: {identity: a, scopes: [b], constraint: dpop}
        request: {method: POST, url: "https://a/b", headers: {c: d}, json: {e: [1, 2.5, null]}, region: DE}
        expect: {verdict: deny, errors: [{in: body, keyword: type}], limits: {x: 1 left}}
      - name: two
        checkRequest: {attributes: {request: {http: {method: GET, path: /}}}}
        expect: {reason: allowed, rpc: {method: tools/call}}
      """;

  private static Path folder = Path.of("");

  @BeforeContainer
  static void makeFolder() throws IOException {
    folder = Files.createTempDirectory("tests");
  }

  @AfterContainer
  static void removeFolder() throws IOException {
    Files.deleteIfExists(folder.resolve("a.test.yaml"));
    Files.delete(folder);
  }

  @Property(tries = 1000)
  void aFileIsReadOrToldOf(@ForAll("files") String text) throws IOException {
    Path file = folder.resolve("a.test.yaml");
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));

    switch (TestFile.read(file, Instant.EPOCH, null)) {
      case TestFile.Reading.Good(var read) -> assertThat(read.tests()).isNotEmpty();
      case TestFile.Reading.Bad(var problems) ->
          assertThat(problems)
              .isNotEmpty()
              .allSatisfy(problem -> assertThat(problem.toString()).hasLineCount(1));
    }
  }

  /** The good file with a piece taken out, said twice, or put in from elsewhere. */
  @Provide
  Arbitrary<String> files() {
    Arbitrary<Integer> place = Arbitraries.integers().between(0, GOOD.length());
    Arbitrary<String> piece =
        Arbitraries.oneOf(
            Arbitraries.of(
                "{",
                "}",
                "[",
                "]",
                ":",
                "- ",
                "\n",
                "~",
                "null",
                "''",
                "0x1",
                "1e999",
                "&a",
                "*a",
                "!!int",
                "name: ",
                "json: ",
                "repeat: -1",
                "\u0000",
                "\t",
                "...",
                "---\n"),
            Arbitraries.strings().ofMaxLength(8));
    return Combinators.combine(place, place, piece)
        .as((from, to, put) ->
            GOOD.substring(0, Math.min(from, to)) + put + GOOD.substring(Math.max(from, to)));
  }

  @Property(tries = 1)
  void theGoodFileIsGood() throws IOException {
    Path file = folder.resolve("a.test.yaml");
    Files.writeString(file, GOOD);

    assertThat(TestFile.read(file, Instant.EPOCH, null))
        .isInstanceOfSatisfying(
            TestFile.Reading.Good.class,
            good ->
                assertThat(good.file().tests())
                    .extracting(PolicyTest::name)
                    .isEqualTo(List.of("one", "two")));
  }
}
