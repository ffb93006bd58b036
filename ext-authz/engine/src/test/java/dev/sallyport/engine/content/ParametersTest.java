package dev.sallyport.engine.content;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.content.Parameter.Style;
import dev.sallyport.engine.content.ValueType.Kind;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.receive.Headers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class ParametersTest {
  private static final ValueType NUMBERS = ValueType.array(ValueType.scalar(Kind.INTEGER));
  private static final ValueType RGB =
      ValueType.object(
          Map.of("R", ValueType.scalar(Kind.INTEGER), "G", ValueType.scalar(Kind.INTEGER)));

  private static ValueType type(String name) {
    return switch (name) {
      case "numbers" -> NUMBERS;
      case "object" -> RGB;
      case "integer" -> ValueType.scalar(Kind.INTEGER);
      default -> ValueType.STRING;
    };
  }

  private static Parameters one(Part part, Style style, boolean explode, String type) {
    return new Parameters(
        part,
        List.of(new Parameter("c", style, explode, false, false, type(type), 1)),
        false,
        null);
  }

  /** The object that was read, with quotes that are easier to read, or why none was. */
  private static String told(ParameterReading reading, FormReading.Faulty fault) {
    return fault == null ? reading.object().toString().replace('"', '\'') : "faulty";
  }

  private static String query(Parameters parameters, String raw) {
    ParameterReading reading = new ParameterReading(parameters);
    return told(reading, reading.query(raw));
  }

  /** As OpenAPI 3.1 section 4.8.12.2 shows each style, and as it must not be written. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      quoteCharacter = '`',
      value = {
        "FORM true string c=a {'c':'a'}",
        "FORM true string c= {'c':''}",
        "FORM true string c=a%2Cb {'c':'a,b'}",
        "FORM true integer c=7 {'c':7}",
        "FORM true integer c=7&d=8 {'c':7}",
        "FORM true integer c=7&c=7 faulty",
        "FORM true integer c[]=7 faulty",
        "FORM true numbers c=1&c=2 {'c':[1,2]}",
        "FORM true numbers c=1,2 {'c':['1,2']}",
        "FORM false numbers c=1,2 {'c':[1,2]}",
        "FORM false numbers c=1%2C2 faulty",
        "FORM false numbers c=1%2c2 faulty",
        "FORM false numbers c=1&c=2 faulty",
        "FORM false numbers c= {'c':['']}",
        "FORM false object c=R,100,G,200 {'c':{'R':100,'G':200}}",
        "FORM false object c=R,100,G faulty",
        "FORM false object c=R,1,R,2 faulty",
        "FORM true object R=100&G=200 {'c':{'R':100,'G':200}}",
        "FORM true object R=100&R=200 faulty",
        "SPACE_DELIMITED false numbers c=1%202 {'c':[1,2]}",
        "SPACE_DELIMITED false numbers c=1+2 {'c':[1,2]}",
        "SPACE_DELIMITED false object c=R%20100%20G%20200 {'c':{'R':100,'G':200}}",
        "PIPE_DELIMITED false numbers c=1%7C2 {'c':[1,2]}",
        "PIPE_DELIMITED false numbers c=1|2 {'c':[1,2]}",
        "PIPE_DELIMITED false object c=R|100|G|200 {'c':{'R':100,'G':200}}",
        "DEEP_OBJECT true object c[R]=100&c[G]=200 {'c':{'R':100,'G':200}}",
        "DEEP_OBJECT true object c%5BR%5D=100 {'c':{'R':100}}",
        "DEEP_OBJECT true object c[x]=a {'c':{'x':'a'}}",
        "DEEP_OBJECT true object c[R]=1&c[R]=2 faulty",
        "DEEP_OBJECT true object c[R][S]=1 faulty",
        "DEEP_OBJECT true object c[]=1 faulty",
        "DEEP_OBJECT true object c[R=1 faulty",
        "DEEP_OBJECT true object c[R]x=1 faulty",
        "JSON false string c=%7B%22a%22:1%7D {'c':{'a':1}}",
        "JSON false string c=%7B%22a%22:1,%22a%22:2%7D faulty",
        "JSON false string c=1&c=2 faulty",
        "FORM true string c=% faulty",
        "FORM true string %=1 faulty",
        "FORM true string c=%00 faulty",
        "FORM true string c=a;d=b faulty"
      })
  void aQueryIsReadByItsStyle(
      Style style, boolean explode, String type, String raw, String expected) {
    assertThat(query(one(Part.QUERY, style, explode, type), raw)).isEqualTo(expected);
  }

  @Test
  void theBareNameOfAnObjectInBracketsIsRefused() {
    assertThat(query(one(Part.QUERY, Style.DEEP_OBJECT, true, "object"), "c=1"))
        .isEqualTo("faulty");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      quoteCharacter = '`',
      value = {
        "SIMPLE false string a {'c':'a'}",
        "SIMPLE false string a+b%2Dc {'c':'a+b-c'}",
        "SIMPLE false integer 7 {'c':7}",
        "SIMPLE false numbers 1,2 {'c':[1,2]}",
        "SIMPLE true numbers 1,2 {'c':[1,2]}",
        "SIMPLE false numbers 1%2C2 faulty",
        "SIMPLE false object R,100,G,200 {'c':{'R':100,'G':200}}",
        "SIMPLE true object R=100,G=200 {'c':{'R':100,'G':200}}",
        "SIMPLE true object R100 faulty",
        "LABEL false integer .7 {'c':7}",
        "LABEL false integer 7 faulty",
        "LABEL false numbers .1,2 {'c':[1,2]}",
        "LABEL true numbers .1.2 {'c':[1,2]}",
        "LABEL true object .R=100.G=200 {'c':{'R':100,'G':200}}",
        "MATRIX false integer ;c=7 {'c':7}",
        "MATRIX false integer ;d=7 faulty",
        "MATRIX false numbers ;c=1,2 {'c':[1,2]}",
        "MATRIX true numbers ;c=1;c=2 {'c':[1,2]}",
        "MATRIX false object ;c=R,100,G,200 {'c':{'R':100,'G':200}}",
        "MATRIX true object ;R=100;G=200 {'c':{'R':100,'G':200}}",
        "MATRIX true object ;R=100;R=200 faulty"
      })
  void aPathIsReadByItsStyle(
      Style style, boolean explode, String type, String segment, String expected) {
    ParameterReading reading = new ParameterReading(one(Part.PATH, style, explode, type));
    assertThat(told(reading, reading.path("/v1/" + segment + "/rest?c=9"))).isEqualTo(expected);
  }

  @Test
  void aSegmentThatIsNotThereIsNoParameter() {
    Parameters parameters =
        new Parameters(
            Part.PATH,
            List.of(new Parameter("c", Style.SIMPLE, false, true, false, ValueType.STRING, 2)),
            false,
            null);
    assertThat(parameters.check(Bodies.request("GET", "/v1/x", Map.of(), new byte[0])))
        .extracting(Violation::part, Violation::pointer, Violation::keyword)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(Part.PATH, "/c", "required"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      quoteCharacter = '`',
      value = {
        "false > integer > 7 > {'c':7}",
        "false > string > a, b > {'c':'a, b'}",
        "false > numbers > 1, 2 > {'c':[1,2]}",
        "false > object > R,100,G,200 > {'c':{'R':100,'G':200}}",
        "true > object > R=100, G=200 > {'c':{'R':100,'G':200}}"
      })
  void aHeaderIsReadByItsStyle(boolean explode, String type, String value, String expected) {
    Parameters parameters =
        new Parameters(
            Part.HEADER,
            List.of(new Parameter("X-C", Style.SIMPLE, explode, false, false, type(type), 0)),
            false,
            null);
    ParameterReading reading = new ParameterReading(parameters);
    assertThat(told(reading, reading.headers(Headers.joined(Map.of("x-c", value)))))
        .isEqualTo(expected.replace("'c'", "'X-C'"));
  }

  @Test
  void linesOfAHeaderAreOneListOrAFault() {
    Headers twice = Headers.listed(List.of(Map.entry("c", "1"), Map.entry("c", "2")));
    ParameterReading list = new ParameterReading(one(Part.HEADER, Style.SIMPLE, false, "numbers"));
    assertThat(told(list, list.headers(twice))).isEqualTo("{'c':[1,2]}");
    ParameterReading single =
        new ParameterReading(one(Part.HEADER, Style.SIMPLE, false, "integer"));
    assertThat(told(single, single.headers(twice))).isEqualTo("faulty");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      quoteCharacter = '`',
      value = {
        "integer > a=b; c=7; d=e > {'c':7}",
        "integer > a=b > {}",
        "integer > c=7; c=8 > faulty",
        "string > c=a%20b > {'c':'a%20b'}",
        "numbers > c=1,2 > {'c':[1,2]}",
        "string > a=b,c=7 > faulty",
        "string > c=7,x=1 > faulty"
      })
  void aCookieIsReadByItsStyle(String type, String header, String expected) {
    ParameterReading reading = new ParameterReading(one(Part.COOKIE, Style.FORM, false, type));
    assertThat(told(reading, reading.cookies(List.of(header)))).isEqualTo(expected);
  }

  @Test
  void whatMayBeEmptyIsThereWithoutAValue() {
    Parameters parameters =
        new Parameters(
            Part.QUERY,
            List.of(
                new Parameter(
                    "c", Style.FORM, true, true, true, ValueType.scalar(Kind.INTEGER), 0)),
            false,
            null);
    assertThat(parameters.check(Bodies.request("GET", "/x?c=", Map.of(), new byte[0]))).isEmpty();
    assertThat(parameters.check(Bodies.request("GET", "/x?c", Map.of(), new byte[0]))).isEmpty();
    assertThat(parameters.check(Bodies.request("GET", "/x", Map.of(), new byte[0])))
        .extracting(Violation::keyword)
        .containsExactly("required");
    assertThat(query(parameters, "c=")).isEqualTo("{}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"c=1&", "d=1&"})
  void noQueryHoldsTooMuch(String piece) {
    Parameters parameters =
        new Parameters(
            Part.QUERY,
            List.of(new Parameter("c", Style.FORM, true, false, false, NUMBERS, 0)),
            true,
            null);
    assertThat(query(parameters, piece.repeat(2000))).isEqualTo("faulty");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      quoteCharacter = '`',
      value = {
        "{'type':'integer'} > INTEGER",
        "{'type':['string','null']} > STRING",
        "{'type':['integer','string']} > INTEGER",
        "{'type':['null','number']} > NUMBER",
        "{'$ref':'#/$defs/a'} > INTEGER",
        "{'$ref':'#/$defs/loop'} > STRING",
        "{'$ref':'https://x/y'} > STRING",
        "{'$ref':'#/$defs/a%62'} > BOOLEAN",
        "{'allOf':[{'minimum':1},{'type':'number'}]} > NUMBER",
        "{'anyOf':[{'type':'boolean'},{'type':'null'}]} > BOOLEAN",
        "{'enum':[1,2]} > INTEGER",
        "{'const':true} > BOOLEAN",
        "{'items':{}} > ARRAY",
        "{'properties':{'a':{}}} > OBJECT",
        "true > STRING",
        "{} > STRING"
      })
  void typesAreFoundInSchemas(String schema, Kind kind) {
    String document =
        """
        {"properties": {"p": %s}, "$defs": {"a": {"type": "integer"}, "ab": {"type": "boolean"},
         "loop": {"allOf": [{"$ref": "#/$defs/loop"}, {"$ref": "#/$defs/loop"}]}}}
        """
            .formatted(schema.replace('\'', '"'));
    ValueType type = ValueType.of(JsonMapper.shared().readTree(document), "");
    assertThat(type.properties().get("p").kind()).isEqualTo(kind);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ", \"description\": \"so many times\""})
  void aSchemaThatHoldsItselfManyTimesUnfoldsNoFurtherThanItsTypesAreNeeded(String beside) {
    StringBuilder properties = new StringBuilder("\"n\": {\"type\": \"integer\"}");
    for (int i = 0; i < 999; i++) {
      properties.append(", \"p%d\": {\"$ref\": \"#\"%s}".formatted(i, beside));
    }
    long begin = System.nanoTime();
    ValueType type =
        ValueType.of(JsonMapper.shared().readTree("{\"properties\": {" + properties + "}}"), "");
    assertThat(type.property("n").kind()).isEqualTo(Kind.INTEGER);
    // A thousand of a thousand of a thousand would take minutes, and all memory.
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void aSchemaThatHoldsItselfHasTypesAllTheSame() {
    ValueType type =
        ValueType.of(
            JsonMapper.shared()
                .readTree("{\"properties\":{\"a\":{\"$ref\":\"#\"},\"b\":{\"type\":\"integer\"}}}"),
            "");
    assertThat(type.property("a").property("b").kind()).isEqualTo(Kind.INTEGER);
  }
}
