package dev.sallyport.engine.json;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PointerTest {
  private static final JsonNode TREE =
      new JsonMapper()
          .readTree(
              """
              {"": 0, "a/b": 1, "m~n": 8, "~1": 9, "list": ["x", {"y": "z"}], "00": "name"}
              """);

  @ParameterizedTest
  @CsvSource({"/, 0", "/a~1b, 1", "/m~0n, 8", "/~01, 9", "/list/0, x", "/list/1/y, z", "/00, name"})
  void whatAPointerLeadsToIsFound(String pointer, String expected) {
    assertThat(Pointer.find(TREE, pointer)).hasToString(quoted(expected));
  }

  private static String quoted(String text) {
    return text.matches("[0-9]") ? text : '"' + text + '"';
  }

  @Test
  void theEmptyPointerIsTheWhole() {
    assertThat(Pointer.find(TREE, "")).isSameAs(TREE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"list", "/none", "/list/2", "/list/00", "/list/-", "/list/+1", "/list/x"})
  void elsewhereIsNothing(String pointer) {
    assertThat(Pointer.find(TREE, pointer)).isNull();
  }

  @Test
  void aFragmentIsDecodedAndAPlusStays() {
    assertThat(Pointer.ofFragment("/a%7E1b+c")).isEqualTo("/a~1b+c");
    assertThat(Pointer.ofFragment("/%zz")).isNull();
  }

  @Test
  void aShownNameIsBoundedAndWritesOutWhatNobodySees() {
    assertThat(Pointer.shown("a/b~c")).isEqualTo("/a~1b~0c");
    assertThat(Pointer.shown("a\nb\u202ec")).isEqualTo("/a\\u000ab\\u202ec");
    assertThat(Pointer.shown("x".repeat(63) + "\ud83d\ude00y"))
        .isEqualTo("/" + "x".repeat(63) + "…");
  }
}
