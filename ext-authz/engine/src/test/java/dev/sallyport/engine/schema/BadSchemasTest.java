package dev.sallyport.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.schema.JsonSchema.Compiled;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.Remark;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Schemas and values that are made to harm: each is refused, or judged in bounded steps. */
class BadSchemasTest {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{minLength: x}                 | /minLength            | must be a whole number",
        "{minLength: -1}                | /minLength            | must be a whole number",
        "{minLength: 1.5}               | /minLength            | must be a whole number",
        "{type: strng}                  | /type                 | must be a type",
        "{type: []}                     | /type                 | must be a type",
        "{type: [string, string]}       | /type                 | must be a type",
        "{properties: []}               | /properties           | must be an object",
        "{properties: {a: 1}}           | /properties/a         | must be a schema",
        "{properties: {a: {type: x}}}   | /properties/a/type    | must be a type",
        "{required: a}                  | /required             | must be a list",
        "{required: [a, a]}             | /required             | must be a list of different",
        "{enum: a}                      | /enum                 | must be a list",
        "{allOf: []}                    | /allOf                | must be a list of schemas",
        "{allOf: {}}                    | /allOf                | must be a list of schemas",
        "{allOf: [1]}                   | /allOf/0              | must be a schema",
        "{multipleOf: 0}                | /multipleOf           | must be a number greater",
        "{multipleOf: 1e-1000000}       | /multipleOf           | must be a number greater",
        "{maximum: 1e1000000000}        | /maximum              | must be a number",
        "{enum: [1e1000000000]}         | /enum                 | holds what is no number",
        "{items: [{}]}                  | /items                | must be a schema",
        "{$ref: 1}                      | /$ref                 | must be a string",
        "{additionalProperties: no one} | /additionalProperties | must be a schema",
        "{$schema: 'http://json-schema.org/draft-07/schema#'} | /$schema | names a dialect",
        "{properties: {a: {$schema: 'http://json-schema.org/draft-04/schema#'}}} | /properties/a/$schema | names a dialect",
        "{$id: '#x'}                    | /$id                  | must not have a fragment",
        "{$defs: {a: {pattern: '(?=a)'}}} | /$defs/a/pattern    | the pattern looks ahead",
        "{$defs: {a: {items: 1}}}       | /$defs/a/items        | must be a schema",
        "{$defs: {a: {}, b: {$ref: '#/nowhere'}}} | /$defs/b/$ref | leads to nothing",
        "[]                             | ''                    | must be a schema",
        "text                           | ''                    | must be a schema",
      })
  void whatIsNoSchemaIsRefusedWithItsPlace(String schema, String pointer, String message) {
    assertThat(faults(schema))
        .anySatisfy(fault -> {
          assertThat(fault.pointer()).isEqualTo(pointer);
          assertThat(fault.message()).startsWith(message);
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://example.com/schema.json",
        "http://127.0.0.1/schema.json",
        "//example.com/schema.json",
        "other.json",
        "file:///etc/passwd",
        "jar:file:/a.jar!/b.json",
        "classpath:jsv-messages.properties",
        "classpath:draft/2020-12/schema",
        "resource:draft-07/schema",
        "classpath:///draft/2020-12/schema",
        "urn:uuid:deadbeef-1234-0000-0000-4321feebdaed",
        "https://json-schema.org/draft/2020-12/../../schema",
        "http://json-schema.org/draft-07/schema#",
      })
  void noReferenceLeadsOutOfTheDocument(String reference) {
    for (String keyword : List.of("$ref", "$dynamicRef")) {
      for (String schema :
          List.of(
              "{%s: '%s'}", "{properties: {a: {%s: '%s'}}}", "{$id: 'classpath:x/', %s: '%s'}")) {
        assertThat(faults(schema.formatted(keyword, reference)))
            .singleElement()
            .satisfies(fault -> {
              assertThat(fault.pointer()).endsWith("/" + keyword);
              assertThat(fault.message()).contains("nothing outside of it is read");
            });
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"#/$defs/none", "#none", "#/properties/0/x", "#/a b", "%", "#%zz"})
  void aReferenceToNothingIsRefused(String reference) {
    assertThat(faults("{properties: {a: {$ref: '" + reference + "'}}}"))
        .singleElement()
        .satisfies(fault -> {
          assertThat(fault.pointer()).isEqualTo("/properties/a/$ref");
          assertThat(fault.message()).isEqualTo("leads to nothing in this document");
        });
  }

  @Test
  void aReferenceToWhatIsNoSchemaIsRefused() {
    assertThat(faults("{$ref: '#/x-text', x-text: hello}"))
        .extracting(Remark::pointer)
        .containsExactly("/x-text");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{$ref: '#'}",
        "{allOf: [{$ref: '#'}]}",
        "{not: {$ref: '#'}}",
        "{if: {$ref: '#'}}",
        "{dependentSchemas: {a: {$ref: '#'}}}",
        "{$ref: '#/$defs/a', $defs: {a: {$ref: '#/$defs/b'}, b: {anyOf: [{}, {$ref: '#/$defs/a'}]}}}",
        "{properties: {x: {$ref: '#/$defs/a'}}, $defs: {a: {oneOf: [{$ref: '#/$defs/a'}]}}}",
        "{$dynamicAnchor: me, allOf: [{$dynamicRef: '#me'}]}",
      })
  void referencesInACircleAreRefused(String schema) {
    assertThat(faults(schema))
        .singleElement()
        .satisfies(fault -> assertThat(fault.message()).startsWith("leads back to itself"));
  }

  @Test
  void aSchemaMayLeadBackToItselfThroughTheValue() {
    JsonSchema tree =
        usable("{type: object, properties: {next: {$ref: '#'}, all: {items: {$ref: '#'}}}}");
    assertThat(tree.check(Trees.of("{next: {all: [{next: {}}]}}"), Part.BODY)).isEmpty();
    assertThat(tree.check(Trees.of("{next: {all: [{next: 1}]}}"), Part.BODY))
        .extracting(Violation::pointer, Violation::keyword)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("/next/all/0/next", "type"));
  }

  @Test
  void aValueDeeperThanTheLimitIsRefusedByARecursiveSchema() {
    ObjectNode top = JSON.objectNode();
    ObjectNode at = top;
    for (int i = 0; i < 900; i++) {
      at = at.putObject("next");
    }
    assertThat(usable("{properties: {next: {$ref: '#'}}}").check(top, Part.BODY))
        .containsExactly(
            new Violation(Part.BODY, "", "syntax", "it is too large or too deep to be judged"));
  }

  @Test
  void allOfThatDoublesAtEachOf22LevelsIsRefused() {
    assertThat(faults(doubling("allOf", 22)))
        .singleElement()
        .satisfies(fault -> assertThat(fault.message()).startsWith("is made of more than 5000"));
    assertThat(faults(doubling("anyOf", 22))).hasSize(1);
    usable(doubling("allOf", 8));
  }

  /** Each level of the value doubles the work: the run ends, and what was not judged is refused. */
  @Test
  void branchesThatDoubleAtEachLevelOfTheValueEndAtTheLimit() {
    JsonNode value = Trees.of("x");
    for (int i = 0; i < 60; i++) {
      value = JSON.arrayNode().add(value);
    }
    for (String keyword : List.of("anyOf", "oneOf", "allOf")) {
      JsonSchema schema =
          usable(
              "{"
                  + keyword
                  + ": [{items: {$ref: '#'}, type: array}, {items: {$ref: '#'}, type:"
                  + " array}, {type: integer}]}");
      assertThat(schema.check(value, Part.BODY)).as(keyword).isNotEmpty();
    }
    JsonSchema not =
        usable("{not: {anyOf: [{items: {$ref: '#'}}, {items: {$ref: '#'}, maxItems: 0}]}}");
    assertThat(not.check(value, Part.BODY)).isNotEmpty();
  }

  @Test
  void aChainOfReferencesIsBounded() {
    ObjectNode schema = JSON.objectNode();
    schema.put("$ref", "#/$defs/d0");
    ObjectNode definitions = schema.putObject("$defs");
    for (int i = 0; i < 10_000; i++) {
      definitions.putObject("d" + i).put("$ref", "#/$defs/d" + (i + 1));
    }
    definitions.putObject("d10000").put("type", "string");
    assertThat(faults(schema))
        .singleElement()
        .satisfies(fault -> assertThat(fault.message()).contains("too many references"));
  }

  @Test
  void aSchemaThatNestsTooDeepIsRefused() {
    ObjectNode top = JSON.objectNode();
    ObjectNode at = top;
    for (int i = 0; i < 3000; i++) {
      at = at.putObject("items");
    }
    assertThat(faults(top))
        .singleElement()
        .satisfies(fault -> assertThat(fault.message()).startsWith("stands too deep"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a+)+$",
        "(.*a){12}$",
        "^(.|x)*$",
        "^(a|a)*$",
        "(x+x+)+y",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "\\s+$",
      })
  void catastrophicPatternsAreLinearHere(String pattern) {
    String text =
        "x  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaxxxxxxxxxxxxxxxxxxx\n!";
    JsonSchema schema = usable(JSON.objectNode().put("pattern", pattern));
    assertThat(schema.check(JSON.stringNode(text), Part.BODY))
        .extracting(Violation::keyword)
        .containsExactly("pattern");
    // Twenty thousand characters end no stack and take no power of their number.
    String longer = text.repeat(20_000 / text.length());
    assertThat(schema.check(JSON.stringNode(longer), Part.BODY)).isNotEmpty();
  }

  @Test
  void aLongTextIsNotRunAgainstALargePattern() {
    JsonSchema schema = usable("{pattern: '^(.{1,40}b{1,40}){20}$'}");
    assertThat(schema.check(JSON.stringNode("ab".repeat(20)), Part.BODY)).isEmpty();
    assertThat(schema.check(JSON.stringNode("ab".repeat(1_000_000)), Part.BODY))
        .extracting(Violation::detail)
        .containsExactly("it is too large or too deep to be judged");
    JsonSchema not = usable("{not: {pattern: '^(.{1,40}b{1,40}){20}c$'}}");
    assertThat(not.check(JSON.stringNode("ab".repeat(1_000_000)), Part.BODY)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "((a{1000}){1000}){1000}",
        "(((((((((((a+)+)+)+)+)+)+)+)+)+)+)+$",
        "(?=a)b",
        "(a)\\\\1",
        "[",
        "(",
        "\\\\",
        "a{1001}",
      })
  void hostileTextsOfTheFormatRegexAreJudgedWithoutBeingRun(String text) {
    JsonSchema schema = usable("{format: regex}");
    ArrayNode many = JSON.arrayNode();
    assertThat(schema.check(JSON.stringNode("(".repeat(1_000_000)), Part.BODY)).isNotEmpty();
    assertThat(schema.check(JSON.stringNode("[".repeat(3999)), Part.BODY)).isNotEmpty();
    assertThat(schema.check(many.add(text), Part.BODY)).isEmpty();
    assertThat(schema.check(JSON.stringNode(text), Part.BODY).isEmpty())
        .isEqualTo(SchemaPattern.read(text) instanceof SchemaPattern.Reading.Usable);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "date", "time", "date-time", "duration", "email", "idn-email", "hostname", "idn-hostname",
        "ipv4", "ipv6", "uri", "uri-reference", "iri", "iri-reference", "uri-template", "uuid",
        "json-pointer", "relative-json-pointer", "regex"
      })
  void noFormatEndsTheStackOrThrows(String format) {
    JsonSchema schema = usable("{items: {format: " + format + "}}");
    ArrayNode values = JSON.arrayNode();
    for (String piece :
        List.of(
            "a",
            "/",
            "~",
            "{",
            "{a}",
            "%",
            "%61",
            "0",
            "9",
            ".",
            ":",
            "-",
            "@",
            "a.",
            "a@",
            "\"",
            "\\",
            "[",
            "://",
            "P1",
            "xn--",
            "\uD83D\uDE00",
            "\uD83D",
            "\u0000",
            "ä")) {
      values.add(piece);
      values.add(piece.repeat(50_000));
      values.add("/" + piece.repeat(50_000));
      values.add(piece.repeat(1000) + "@" + piece.repeat(1000));
      values.add("http://" + piece.repeat(20_000));
    }
    for (JsonNode value : values) {
      // Whatever it says, it says so.
      schema.check(JSON.arrayNode().add(value), Part.BODY);
    }
  }

  @Test
  void anEnumOfAThousandIsLookedUp() {
    ObjectNode schema = JSON.objectNode();
    ArrayNode texts = schema.putArray("enum");
    for (int i = 0; i < 1000; i++) {
      texts.add("value" + i);
    }
    JsonSchema compiled = usable(schema);
    assertThat(compiled.check(JSON.stringNode("value999"), Part.BODY)).isEmpty();
    assertThat(compiled.check(JSON.stringNode("value1000"), Part.BODY))
        .extracting(Violation::detail)
        .containsExactly("must be one of the 1000 values that the schema lists");
  }

  @Test
  void aHundredThousandItemsAreFoundUniqueWithoutComparingAll() {
    JsonSchema schema = usable("{uniqueItems: true}");
    ArrayNode items = JSON.arrayNode();
    for (int i = 0; i < 100_000; i++) {
      items.add(i);
    }
    assertThat(schema.check(items, Part.BODY)).isEmpty();
    items.add(new BigDecimal("7.0"));
    assertThat(schema.check(items, Part.BODY))
        .extracting(Violation::keyword)
        .containsExactly("uniqueItems");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{a: 1, b: 2}, {b: 2.0, a: 1.00}]",
        "[[100, {a: []}], [100.0, {a: []}]]",
        "[[0], [-0.0]]",
        "[{}, [], {}]",
        "[1, [null], 1.0]"
      })
  void itemsThatAreTheSameAreNotUnique(String items) {
    assertThat(usable("{uniqueItems: true}").check(Trees.of(items), Part.BODY)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[['ab'], ['a', 'b'], ['a', ['b']]]",
        "[['1'], [1], [true], [null], [[]], [{}]]",
        "[{a: 1}, {b: 1}, {a: 1, b: 1}, {a: {b: 1}}]",
        "[['a\"1:b'], ['a', 'b']]"
      })
  void itemsThatOnlyLookTheSameAreUnique(String items) {
    assertThat(usable("{uniqueItems: true}").check(Trees.of(items), Part.BODY)).isEmpty();
  }

  /** 2^15 texts with one hash: a set that hashes would compare each with each. */
  @Test
  void uniqueItemsWithOneHashAreSortedAllTheSame() {
    List<String> texts = List.of("");
    for (int i = 0; i < 15; i++) {
      List<String> before = texts;
      texts =
          List.of("Aa", "BB").stream()
              .flatMap(end -> before.stream().map(text -> text + end))
              .toList();
    }
    ArrayNode items = JSON.arrayNode();
    texts.forEach(items::add);
    assertThat(usable("{uniqueItems: true}").check(items, Part.BODY)).isEmpty();
    assertThat(usable("{uniqueItems: true, maxItems: 1}").check(items, Part.BODY))
        .extracting(Violation::keyword)
        .containsExactly("maxItems");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{type: integer, minimum: 0, maximum: 100}",
        "{maximum: 1e30}",
        "{multipleOf: 0.03}",
        "{multipleOf: 7}",
        "{enum: [1, 2.5, x]}",
        "{const: 12345678901234567890}",
        "{items: {multipleOf: 3}, type: array, uniqueItems: true}",
      })
  void numbersOfAnyExponentAreJudgedWithoutWritingThemOut(String schema) {
    JsonSchema compiled = usable(schema);
    for (String number : List.of("1e1000000000", "-1e1000000000", "1e-1000000000", "7e999999999")) {
      JsonNode value = JSON.numberNode(new BigDecimal(number));
      // That one list is valid, the sixteen others are not: what counts is that each answers.
      compiled.check(value, Part.BODY);
      compiled.check(JSON.arrayNode().add(value).add(value), Part.BODY);
      compiled.judgeByLibrary(value);
    }
    assertThat(compiled.check(JSON.numberNode(new BigDecimal("1e1000000000")), Part.BODY))
        .isNotEmpty();
  }

  @Test
  void numbersAreExact() {
    JsonSchema most = usable("{maximum: 9007199254740992}");
    assertThat(most.check(Trees.of("9007199254740992"), Part.BODY)).isEmpty();
    assertThat(most.check(Trees.of("9007199254740992.0"), Part.BODY)).isEmpty();
    assertThat(most.check(Trees.of("9007199254740993"), Part.BODY)).isNotEmpty();
    assertThat(most.check(Trees.of("9007199254740993.0"), Part.BODY)).isNotEmpty();
    assertThat(usable("{type: integer}").check(Trees.of("1.0"), Part.BODY)).isEmpty();
    assertThat(usable("{type: integer}").check(Trees.of("1.5"), Part.BODY)).isNotEmpty();
    assertThat(usable("{const: 1}").check(Trees.of("1.0"), Part.BODY)).isEmpty();
    assertThat(usable("{enum: [9007199254740993]}").check(Trees.of("9007199254740992"), Part.BODY))
        .isNotEmpty();
    assertThat(usable("{multipleOf: 0.01}").check(Trees.of("0.07"), Part.BODY)).isEmpty();
  }

  @Test
  void noViolationHoldsAValue() {
    JsonSchema schema =
        usable(
            """
            {properties: {a: {type: integer}, b: {pattern: '^x$'}, c: {enum: [x]}, d: {const: 1},
              e: {format: email}, f: {maxLength: 3}, g: {not: {}}, h: {oneOf: [{type: integer}]},
              i: false, j: {contains: {const: 1}}, k: {uniqueItems: true}}, propertyNames: {maxLength: 2}}
            """);
    ObjectNode value = JSON.objectNode();
    for (char name = 'a'; name <= 'i'; name++) {
      value.put(String.valueOf(name), "hunter2-secret");
    }
    value.putArray("j").add("hunter2-secret");
    value.putArray("k").add("hunter2-secret").add("hunter2-secret");
    List<Violation> violations = schema.check(value, Part.BODY);
    assertThat(violations).hasSize(12);
    assertThat(violations.toString()).doesNotContain("hunter2");
    assertThat(violations).extracting(Violation::keyword).doesNotContain("syntax");
  }

  @Test
  void whatIsNoNumberIsNoLimit() {
    for (double odd : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      for (String keyword : List.of("maximum", "multipleOf", "minLength")) {
        assertThat(faults(JSON.objectNode().put(keyword, odd)))
            .extracting(Remark::pointer)
            .containsExactly("/" + keyword);
      }
      ObjectNode schema = JSON.objectNode();
      schema.putArray("enum").addObject().put("a", odd);
      assertThat(faults(schema)).extracting(Remark::pointer).containsExactly("/enum");
    }
  }

  @Test
  void keywordsWithoutEffectAreWarnedOf() {
    Compiled compiled =
        compile(
            Trees.of(
                "{requird: [a], properties: {a: {format: made-up, nullable: true}}, x-note: 1,"
                    + " dependencies: {a: [b]}}"));
    assertThat(((Compiled.Usable) compiled).warnings())
        .extracting(Remark::pointer)
        .containsExactly(
            "/requird", "/dependencies", "/properties/a/format", "/properties/a/nullable");
  }

  @Test
  void patternsThatCannotBeRunAreRefusedWithWhatToWrite() {
    assertThat(faults("{properties: {a: {pattern: '^(?=.*[0-9]).{8,}$'}}}"))
        .containsExactly(
            new Remark(
                "/properties/a/pattern",
                "the pattern looks ahead, which can't be done in linear time; write it as two"
                    + " `pattern`s in an `allOf`, or as a `pattern` in a `not`"));
    assertThat(faults("{patternProperties: {'(a)\\1': {}}}"))
        .extracting(Remark::pointer)
        .containsExactly("/patternProperties");
  }

  private static ObjectNode doubling(String keyword, int levels) {
    ObjectNode schema = JSON.objectNode();
    schema.put("$ref", "#/$defs/d0");
    ObjectNode definitions = schema.putObject("$defs");
    for (int i = 0; i < levels; i++) {
      ArrayNode both = definitions.putObject("d" + i).putArray(keyword);
      both.addObject().put("$ref", "#/$defs/d" + (i + 1));
      both.addObject().put("$ref", "#/$defs/d" + (i + 1));
    }
    definitions.putObject("d" + levels).put("type", "string");
    return schema;
  }

  private static List<Remark> faults(String yaml) {
    return faults(Trees.of(yaml));
  }

  private static List<Remark> faults(JsonNode schema) {
    Compiled compiled = compile(schema);
    assertThat(compiled).isInstanceOf(Compiled.Refused.class);
    return ((Compiled.Refused) compiled).faults();
  }

  private static JsonSchema usable(String yaml) {
    return usable(Trees.of(yaml));
  }

  private static JsonSchema usable(JsonNode schema) {
    Compiled compiled = compile(schema);
    assertThat(compiled).isInstanceOf(Compiled.Usable.class);
    return ((Compiled.Usable) compiled).schema();
  }

  private static Compiled compile(JsonNode schema) {
    return JsonSchema.compile(schema, "", Dialect.DRAFT_2020_12, UnknownProperties.ALLOW);
  }
}
