package dev.sallyport.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.schema.JsonSchema.Compiled;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PropertiesTest {
  private static JsonSchema schema(String yaml, UnknownProperties unknown) {
    return ((Compiled.Usable)
            JsonSchema.compile(Trees.of(yaml), "", Dialect.DRAFT_2020_12, unknown))
        .schema();
  }

  private static boolean takes(JsonSchema schema, String yaml) {
    return schema.check(Trees.of(yaml), Part.BODY).isEmpty();
  }

  /** More than have a bit in a long. */
  @Test
  void eachOfManyRequiredNamesIsMissed() {
    List<String> names = IntStream.range(0, 130).mapToObj(i -> "n" + i).toList();
    JsonSchema schema = schema("{required: " + names + "}", UnknownProperties.ALLOW);
    for (String left : names) {
      String others =
          names.stream()
              .filter(name -> !name.equals(left))
              .map(name -> name + ": 1")
              .collect(Collectors.joining(", ", "{", "}"));
      assertThat(takes(schema, others)).as(left).isFalse();
      assertThat(takes(schema, others.replace("{", "{" + left + ": 1, "))).isTrue();
    }
  }

  @Test
  void aNameThatIsOnlyRequiredIsNotNamed() {
    JsonSchema schema = schema("{required: [a, b], properties: {a: {}}}", UnknownProperties.DENY);
    assertThat(schema.check(Trees.of("{a: 1, b: 1}"), Part.BODY))
        .extracting(violation -> violation.pointer())
        .containsExactly("/b");
  }

  @Test
  void aRequiredNameMayBeLeftOverAndMatchAPattern() {
    JsonSchema schema =
        schema(
            "{required: [x1], patternProperties: {'^x': {type: integer}},"
                + " additionalProperties: false}",
            UnknownProperties.ALLOW);
    assertThat(takes(schema, "{x1: 1}")).isTrue();
    assertThat(takes(schema, "{x1: a}")).isFalse();
    assertThat(takes(schema, "{x1: 1, y: 1}")).isFalse();
    assertThat(takes(schema, "{x2: 1}")).isFalse();
  }

  /** The names that readers of documents make once. */
  @Test
  void aSchemaTellsWhichNamesItLists() {
    JsonSchema schema =
        schema(
            "{properties: {a: {items: {properties: {b: {}}}}}, anyOf: [{properties: {c: {}}}],"
                + " patternProperties: {'^x': {properties: {d: {}}}}, if: {properties: {e: {}}}}",
            UnknownProperties.ALLOW);
    assertThat(schema.names()).contains("a", "b", "c", "d");
    String many =
        IntStream.range(0, 500).mapToObj(i -> "n" + i + ": {}").collect(Collectors.joining(", "));
    assertThat(schema("{properties: {" + many + "}}", UnknownProperties.ALLOW).names())
        .hasSize(100);
  }
}
