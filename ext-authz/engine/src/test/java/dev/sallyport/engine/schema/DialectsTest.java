package dev.sallyport.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.schema.JsonSchema.Compiled;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.Remark;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class DialectsTest {
  private static final JsonSchema META =
      usable(Dialect.DRAFT_2020_12, "{$ref: 'https://json-schema.org/draft/2020-12/schema'}");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{type: string, nullable: true}                       | null  | true",
        "{type: string}                                       | null  | false",
        "{type: string, nullable: true, enum: [a]}            | null  | true",
        "{nullable: true, allOf: [{type: string}]}            | null  | true",
        "{nullable: true, not: {type: string}}                | null  | true",
        "{minimum: 3, exclusiveMinimum: true}                 | 3     | false",
        "{minimum: 3, exclusiveMinimum: false}                | 3     | true",
        "{maximum: 3, exclusiveMaximum: true}                 | 3     | false",
        "{type: integer}                                      | 1.0   | true",
        "{type: integer, format: int32}                       | 2147483647 | true",
        "{type: integer, format: int32}                       | 2147483648 | false",
        "{type: integer, format: int64}                       | 9223372036854775808 | false",
        "{type: number, format: float}                        | 1e39  | false",
        "{type: number, format: double}                       | 1e39  | true",
        "{type: number, format: double}                       | 1e309 | false",
        "{type: string, format: byte}                         | aGk=  | true",
        "{type: string, format: byte}                         | 'a_k' | false",
        "{type: string, format: password}                     | x     | true",
        "{$ref: '#/x-a', type: integer, x-a: {type: string}}  | a     | true",
      })
  void openApi30ReadsItsOwnKeywords(String schema, String value, boolean valid) {
    agree(Dialect.OPENAPI_3_0, schema, value, valid);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{type: [string, 'null']}                             | null  | true",
        "{type: string}                                       | null  | false",
        "{exclusiveMinimum: 3}                                | 3     | false",
        "{type: integer, format: int32}                       | 2147483648 | false",
        "{$ref: '#/$defs/a', maxLength: 1, $defs: {a: {type: string}}} | ab | false",
        "{prefixItems: [{type: string}], items: false}        | [a]   | true",
        "{prefixItems: [{type: string}], items: false}        | [a, b] | false",
      })
  void openApi31ReadsJsonSchema(String schema, String value, boolean valid) {
    agree(Dialect.OPENAPI_3_1, schema, value, valid);
  }

  @ParameterizedTest
  @EnumSource(names = {"OPENAPI_3_0", "OPENAPI_3_1"})
  void whatIsReadOnlyIsNeitherTakenNorRequired(Dialect dialect) {
    JsonSchema schema =
        usable(
            dialect,
            "{type: object, required: [id, name], properties: {id: {type: string, readOnly: true},"
                + " name: {type: string, readOnly: false}}}");
    assertThat(schema.check(Trees.of("{name: a}"), Part.BODY)).isEmpty();
    assertThat(schema.check(Trees.of("{name: a, id: b}"), Part.BODY))
        .extracting(Violation::pointer, Violation::keyword)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("/id", "readOnly"));
    assertThat(schema.check(Trees.of("{}"), Part.BODY))
        .extracting(Violation::detail)
        .containsExactly("needs the property `name`");
  }

  @Test
  void inJsonSchemaReadOnlyIsANoteAlone() {
    JsonSchema schema =
        usable(Dialect.DRAFT_2020_12, "{required: [id], properties: {id: {readOnly: true}}}");
    assertThat(schema.check(Trees.of("{id: 1}"), Part.BODY)).isEmpty();
    assertThat(schema.check(Trees.of("{}"), Part.BODY)).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"OPENAPI_3_0", "OPENAPI_3_1"})
  void aDiscriminatorNamesTheBranch(Dialect dialect) {
    JsonNode document =
        Trees.of(
            """
            {components: {schemas: {
              Pet: {oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}],
                discriminator: {propertyName: kind, mapping: {cat: '#/components/schemas/Cat', dog: '#/components/schemas/Dog'}}},
              Cat: {type: object, required: [kind], properties: {kind: {type: string}, meows: {type: boolean}}, additionalProperties: false},
              Dog: {type: object, required: [kind, barks], properties: {kind: {type: string}, barks: {type: boolean}}}}}}
            """);
    JsonSchema schema =
        usable(
            SchemaDocument.open(document, dialect)
                .compile("/components/schemas/Pet", UnknownProperties.DENY));
    assertThat(schema.check(Trees.of("{kind: cat, meows: true}"), Part.BODY)).isEmpty();
    assertThat(schema.check(Trees.of("{kind: dog, barks: true}"), Part.BODY)).isEmpty();
    assertThat(schema.check(Trees.of("{kind: cow}"), Part.BODY)).isNotEmpty();
    assertThat(schema.check(Trees.of("{kind: dog, barks: true, meows: true}"), Part.BODY))
        .isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OPENAPI_3_0 | {type: [string, 'null']}     | /type",
        "OPENAPI_3_0 | {type: 'null'}               | /type",
        "OPENAPI_3_0 | {minimum: 1, exclusiveMinimum: 1} | /exclusiveMinimum",
        "OPENAPI_3_0 | {properties: {a: true}}      | /properties/a",
        "OPENAPI_3_0 | {properties: {a: {required: true}}} | /properties/a/required",
        "OPENAPI_3_0 | {items: []}                  | /items",
        "OPENAPI_3_1 | {exclusiveMinimum: true}     | /exclusiveMinimum",
        "OPENAPI_3_1 | {$id: 'https://example.com/a'} | /$id",
        "OPENAPI_3_1 | {$anchor: a}                 | /$anchor",
        "OPENAPI_3_1 | {$schema: 'http://json-schema.org/draft-07/schema'} | /$schema",
      })
  void whatIsOfAnotherDialectIsRefused(Dialect dialect, String schema, String pointer) {
    Compiled compiled = JsonSchema.compile(Trees.of(schema), "", dialect, UnknownProperties.ALLOW);
    assertThat(compiled)
        .isInstanceOfSatisfying(
            Compiled.Refused.class,
            refused -> assertThat(refused.faults()).extracting(Remark::pointer).contains(pointer));
  }

  @Test
  void keywordsThatADialectLacksAreWarnedOf() {
    Compiled compiled =
        JsonSchema.compile(
            Trees.of("{const: 1, properties: {a: {$ref: '#/x-a', maxLength: 1}}, x-a: {}}"),
            "",
            Dialect.OPENAPI_3_0,
            UnknownProperties.ALLOW);
    assertThat(((Compiled.Usable) compiled).warnings())
        .extracting(Remark::pointer)
        .containsExactly("/const", "/properties/a/maxLength");
  }

  @Test
  void manySchemasOfOneDocumentShareWhatTheyReferTo() {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    ObjectNode schemas = document.putObject("components").putObject("schemas");
    int many = 2000;
    for (int i = 0; i < many; i++) {
      ObjectNode properties =
          schemas.putObject("s" + i).put("type", "object").putObject("properties");
      properties.putObject("id").put("type", "integer");
      // Each leads to all that follow, by way of the next.
      properties.putObject("next").put("$ref", "#/components/schemas/s" + (i + 1) % many);
    }
    SchemaDocument opened = SchemaDocument.open(document, Dialect.OPENAPI_3_0);
    List<JsonSchema> compiled = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      compiled.add(usable(opened.compile("/components/schemas/s" + i, UnknownProperties.DENY)));
    }
    for (JsonSchema schema : compiled) {
      assertThat(schema.check(Trees.of("{id: 1, next: {next: {id: 2}}}"), Part.BODY)).isEmpty();
      assertThat(schema.check(Trees.of("{next: {next: {id: x, more: 1}}}"), Part.BODY))
          .extracting(Violation::pointer)
          .containsExactly("/next/next/id", "/next/next/more");
    }
  }

  @Test
  void aSchemaMayStandAnywhereInADocument() {
    JsonNode document =
        Trees.of("{paths: {'/a/{b}%20~': {post: [{schema: {type: string}}]}}, info: {title: 7}}");
    SchemaDocument opened = SchemaDocument.open(document, Dialect.OPENAPI_3_1);
    JsonSchema schema =
        usable(opened.compile("/paths/~1a~1{b}%20~0/post/0/schema", UnknownProperties.ALLOW));
    assertThat(schema.check(Trees.of("a"), Part.BODY)).isEmpty();
    assertThat(schema.check(Trees.of("1"), Part.BODY)).hasSize(1);
    assertThat(opened.compile("/paths/none", UnknownProperties.ALLOW))
        .isInstanceOf(Compiled.Refused.class);
  }

  /** What the schema of schemas refuses, ours refuses too. */
  @Property(tries = 500)
  void noSchemaIsTakenThatTheSchemaOfSchemasRefuses(@ForAll long seed) {
    Random random = new Random(seed);
    RandomSchemas schemas = new RandomSchemas(random, Dialect.DRAFT_2020_12);
    for (int i = 0; i < 10; i++) {
      ObjectNode schema = (ObjectNode) schemas.document();
      List<String> names = List.copyOf(schema.propertyNames());
      String spoilt = names.get(random.nextInt(names.size()));
      if (!spoilt.equals("$defs")) {
        schema.set(spoilt, schemas.value());
      }
      boolean refused =
          JsonSchema.compile(schema, "", Dialect.DRAFT_2020_12, UnknownProperties.ALLOW)
              instanceof Compiled.Refused;
      if (!META.check(schema, Part.BODY).isEmpty()) {
        assertThat(refused).as(schema.toString()).isTrue();
      }
    }
  }

  private static void agree(Dialect dialect, String schema, String value, boolean valid) {
    JsonSchema compiled = usable(dialect, schema);
    JsonNode tree = Trees.of(value);
    assertThat(compiled.check(tree, Part.BODY).isEmpty()).isEqualTo(valid);
    assertThat(compiled.judgeByLibrary(tree) instanceof LibrarySchema.Judgement.Valid)
        .isEqualTo(valid);
  }

  private static JsonSchema usable(Dialect dialect, String schema) {
    return usable(JsonSchema.compile(Trees.of(schema), "", dialect, UnknownProperties.ALLOW));
  }

  private static JsonSchema usable(Compiled compiled) {
    assertThat(compiled).isInstanceOf(Compiled.Usable.class);
    return ((Compiled.Usable) compiled).schema();
  }
}
