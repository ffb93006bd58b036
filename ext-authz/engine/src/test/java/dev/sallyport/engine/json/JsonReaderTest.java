package dev.sallyport.engine.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.json.JsonReader.Limits;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class JsonReaderTest {
  private static final JsonReader READER = new JsonReader(Limits.BODY);
  private static final JsonReader SMALL = new JsonReader(new Limits(3, 100, 5, 4, 6, 12));

  private static String why(JsonReader reader, byte[] utf8) {
    return reader.read(utf8) instanceof Json.Faulty(var why, _) ? why : "";
  }

  private static String why(JsonReader reader, String text) {
    return why(reader, text.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode tree(String text) {
    Json json = READER.read(text.getBytes(StandardCharsets.UTF_8));
    assertThat(json).isInstanceOf(Json.Value.class);
    return ((Json.Value) json).tree();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\n\t\r "})
  void nothingIsNoValue(String text) {
    assertThat(why(READER, text)).isEqualTo("it holds no JSON value");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"é\":1,\"\\u00e9\":2}",
        "[{\"x\":{\"\":0,\"\":0}}]"
      })
  void aNameStandsOnce(String text) {
    assertThat(why(READER, text)).isEqualTo("a name stands twice in one object");
  }

  @Test
  void aNameStandsOnceAmongMany() {
    String members =
        IntStream.range(0, 500)
            .mapToObj(i -> "\"n" + i + "\":" + i)
            .collect(Collectors.joining(","));
    JsonNode tree = tree('{' + members + '}');
    assertThat(tree.size()).isEqualTo(500);
    assertThat(IntStream.range(0, 500)).allMatch(i -> tree.get("n" + i).intValue() == i);
    assertThat(tree.get("n500")).isNull();
    assertThat(why(READER, '{' + members + ",\"n250\":0}"))
        .isEqualTo("a name stands twice in one object");
  }

  @Test
  void membersKeepTheirOrder() {
    assertThat(tree("{\"b\":1,\"a\":2,\"c\":3}")).hasToString("{\"b\":1,\"a\":2,\"c\":3}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}{}", "{} 1", "1,", "[]]", "{\"a\":1}{\"a\":2}", "1 \0", "null x"})
  void nothingFollowsTheValue(String text) {
    assertThat(why(READER, text)).isEqualTo("it holds text after its value");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "efbbbf7b7d", // a mark
        "feff007b007d",
        "fffe7b007d00",
        "007b007d",
        "7b007d00",
        "22c0af22", // overlong
        "22e080af22",
        "22f08080af22",
        "22eda08022", // half a surrogate
        "22f490808022", // beyond Unicode
        "22ff22",
        "22c3",
        "22c322",
        "80"
      })
  void anythingButUtf8IsRefused(String hex) {
    assertThat(why(READER, HexFormat.of().parseHex(hex)))
        .isIn("it is not UTF-8", "it starts with a byte order mark");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800x\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800\\n\"",
        "{\"\\udfff\":1}",
        "\"\\udc00\\ud800\"",
        "\"\\ud83d\\u0041\""
      })
  void halfASurrogatePairIsRefused(String text) {
    assertThat(why(READER, text)).isEqualTo("half a surrogate pair stands alone");
  }

  @Test
  void escapesAreRead() {
    assertThat(
            tree("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\\u0000é\"")
                .stringValue())
        .isEqualTo("\"\\/\b\f\n\r\té€😀\0é");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "[1 2]",
        "{\"a\" 1}",
        "{\"a\":}",
        "nul",
        "True",
        "NaN",
        "Infinity",
        "-Infinity",
        "+1",
        "01",
        "-01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x10",
        "-",
        "--1",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u12\"",
        "// c\n1",
        "[1]/**/",
        "\u00a01",
        "[\f1]",
        "]",
        "}",
        "{]",
        "[}",
        ":",
        ",",
        "\"a\\",
        "[\"a\\\n\"]",
        "{\"a\":1 \"b\":2}",
        "é"
      })
  void anythingButJsonIsRefused(String text) {
    assertThat(why(READER, text))
        .isIn(
            "it is not JSON",
            "it ends before its value does",
            "it holds text after its value",
            "it is not UTF-8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{", "[1", "{\"a\"", "{\"a\":", "\"a", "[[", "tru", "1.", "\"\\"})
  void aValueHasAnEnd(String text) {
    assertThat(why(READER, text)).isEqualTo("it ends before its value does");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "-0,0",
    "1,1",
    "-1,-1",
    "2147483648,2147483648",
    "999999999999999999,999999999999999999",
    "9223372036854775807,9223372036854775807",
    "9223372036854775808,9223372036854775808",
    "-9223372036854775808,-9223372036854775808",
    "123456789012345678901234567890,123456789012345678901234567890"
  })
  void integersAreExact(String text, BigInteger value) {
    assertThat(tree(text).isIntegralNumber()).isTrue();
    assertThat(tree(text).bigIntegerValue()).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.1",
        "1.0",
        "-0.0",
        "1e0",
        "1E+2",
        "1.5e-3",
        "9007199254740993.0",
        "0.30000000000000000000000000000000004",
        "1e308",
        "5e-324",
        "1e-308",
        "0e5",
        "0.0e-10"
      })
  void decimalsAreExact(String text) {
    assertThat(tree(text).decimalValue()).isEqualTo(new BigDecimal(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1e999999",
        "-1e999999",
        "1e309",
        "1.8e308",
        "1e-999999",
        "1e-400",
        "0e99999999999999999",
        "1e99999999999999999999"
      })
  void whatDoublesDoNotHoldIsRefused(String text) {
    assertThat(why(READER, text)).isEqualTo("a number is beyond what a double holds");
  }

  @Test
  void limitsAreExact() {
    assertThat(why(SMALL, "[[[1]]]")).isEmpty();
    assertThat(why(SMALL, "[[[[]]]]")).isEqualTo("it is nested too deep");
    assertThat(why(SMALL, "\"12345\"")).isEmpty();
    assertThat(why(SMALL, "\"123456\"")).isEqualTo("a string is too long");
    assertThat(why(SMALL, "\"é€é€\\n\"")).isEmpty();
    assertThat(why(SMALL, "{\"1234\":0}")).isEmpty();
    assertThat(why(SMALL, "{\"12345\":0}")).isEqualTo("a name is too long");
    assertThat(why(SMALL, "123456")).isEmpty();
    assertThat(why(SMALL, "1234567")).isEqualTo("a number is too long");
    assertThat(why(SMALL, "[1,1,1,1,1,1,1,1,1,1]")).isEmpty();
    assertThat(why(SMALL, "[1,1,1,1,1,1,1,1,1,1,1,1]")).isEqualTo("it holds too many values");
    assertThat(why(SMALL, " ".repeat(99) + "1")).isEmpty();
    assertThat(why(SMALL, " ".repeat(100) + "1")).isEqualTo("it is too long");
  }

  @Test
  void aFaultSaysWhereAndNothingElse() {
    Json json = READER.read("{\"secret\": hunter2}".getBytes(StandardCharsets.UTF_8));
    assertThat(json).isEqualTo(new Json.Faulty("it is not JSON", 11));
  }

  @Test
  void whatWasReadCannotBeChanged() {
    JsonNode tree = tree("{\"a\":[1]}");
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> tree.asObject().put("b", 1)))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> tree.get("a").asArray().add(1)))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
