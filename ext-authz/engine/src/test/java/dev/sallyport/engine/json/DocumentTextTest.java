package dev.sallyport.engine.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.json.DocumentText.Reading;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class DocumentTextTest {
  private static JsonNode tree(String text) {
    return switch (DocumentText.read(text)) {
      case Reading.Tree(var tree) -> tree;
      case Reading.Faulty faulty -> throw new AssertionError(faulty.told());
    };
  }

  private static String fault(String text) {
    return switch (DocumentText.read(text)) {
      case Reading.Tree(var tree) -> throw new AssertionError("it was read: " + tree);
      case Reading.Faulty faulty -> faulty.told();
    };
  }

  @Test
  void yamlAndJsonSayTheSame() {
    String yaml =
        """
        a: 1
        b: [x, "2", 3.50, true, null, -12345678901234567890]
        c: {d: ~, e: }
        200: {f: "a\\u00e9"}
        text: |
          two
          lines
        """;
    String json =
        """
        {"a": 1, "b": ["x", "2", 3.50, true, null, -12345678901234567890],
         "c": {"d": null, "e": null}, "200": {"f": "aé"}, "text": "two\\nlines\\n"}
        """;
    assertThat(tree(yaml)).isEqualTo(tree(json));
  }

  @Test
  void numbersStayExact() {
    assertThat(tree("n: 9007199254740993.1").get("n").decimalValue())
        .hasToString("9007199254740993.1");
    assertThat(tree("{\"n\": 9007199254740993.1}").get("n").decimalValue())
        .hasToString("9007199254740993.1");
    assertThat(tree("n: 1e400").get("n").isNumber()).isTrue();
    assertThat(tree("n: 12345678901234567890").get("n").bigIntegerValue())
        .hasToString("12345678901234567890");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "010",
        "0x1f",
        "0o17",
        "1_000",
        "1:30",
        ".5",
        "5.",
        ".inf",
        ".nan",
        "+1",
        "no",
        "on",
        "2026-11-26"
      })
  void whatReadersDifferAboutIsText(String scalar) {
    assertThat(tree("v: " + scalar).get("v").isString()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'a: &x 1\nb: *x'              | line 1, column 4: anchors `&` and aliases `*` are refused; write the value out
          'a: {<<: {b: 1}}'             | line 1, column 5: merge keys `<<` are refused; write the fields out
          'a: 1\nb: 2\na: 3'            | line 3, column 1: a key stands twice; remove one of the two
          'a: !!binary aGk='            | line 1, column 4: tags are refused; remove the word that begins with `!`
          '? [a]\n: 1'                  | line 1, column 3: a key must be text
          'a: 1\n---\nb: 2'             | line 2, column 1: a second document begins here; there may be only one
          '# nothing'                   | line 1, column 1: the document is empty
          'a: [1, 2'                    | line 1, column 9: not valid YAML: check the indentation, the quotes and the brackets
          """)
  void whatJsonDoesNotHaveIsRefusedWithItsPlace(String text, String message) {
    assertThat(fault(text.replace("\\n", "\n"))).isEqualTo(message);
  }

  @Test
  void jsonWithANameTwiceIsRefused() {
    assertThat(fault("{\"a\": 1,\n \"a\": 2}"))
        .startsWith("line 2, column ")
        .contains("not valid JSON");
    assertThat(fault("{\"a\": 1}{\"a\": 2}")).contains("not valid JSON");
  }

  @Test
  void aFlowMappingMayBeginADocumentOfYaml() {
    assertThat(tree("{openapi: 3.1.0, a: 'x'}").get("openapi").stringValue()).isEqualTo("3.1.0");
  }

  @Test
  void depthAndSizeAreBounded() {
    assertThat(fault("a: " + "[".repeat(100_000))).contains("nested more than 200 levels deep");
    assertThat(fault("- ".repeat(100_000))).contains("nested more than 200 levels deep");
    assertThat(fault("a: " + "x".repeat(DocumentText.MOST_BYTES)))
        .isEqualTo("has more than 16 MiB");
    assertThat(fault("a: \"" + "é".repeat(DocumentText.MOST_BYTES / 2) + '"'))
        .isEqualTo("has more than 16 MiB");
  }

  @Test
  void moreThanThreeMebibytesOfYamlAreRead() {
    String text = "list:\n" + "- {name: value, number: 12}\n".repeat(200_000);
    assertThat(text.length()).isGreaterThan(4 << 20);
    assertThat(tree(text).get("list").size()).isEqualTo(200_000);
  }

  @Test
  void noFaultHoldsTheText() {
    for (String text : new String[] {"secret: [1", "{\"secret\": nope", "secret: 1\nsecret: 2"}) {
      assertThat(fault(text)).doesNotContain("secret").doesNotContain("nope");
    }
  }
}
