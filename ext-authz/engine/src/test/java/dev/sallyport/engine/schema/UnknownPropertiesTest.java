package dev.sallyport.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.schema.JsonSchema.Compiled;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import dev.sallyport.engine.schema.LibrarySchema.Judgement;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class UnknownPropertiesTest {
  @Test
  void aPropertyThatIsNotNamedIsRefused() {
    assertThat(unknown("{properties: {a: {}}}", "{a: 1, b: 2}")).containsExactly("/b");
  }

  @Test
  void theWholeValueIsClosedThoughItsSchemaNamesNothing() {
    assertThat(unknown("{type: object}", "{a: 1}")).containsExactly("/a");
    assertThat(unknown("{}", "{a: 1}")).containsExactly("/a");
    assertThat(unknown("true", "{a: 1}")).containsExactly("/a");
    assertThat(unknown("{properties: {}}", "{a: 1}")).containsExactly("/a");
  }

  @Test
  void anObjectInsideOfWhichNothingIsSaidIsOpen() {
    assertThat(unknown("{properties: {labels: {type: object}}}", "{labels: {x: 1}}")).isEmpty();
    assertThat(unknown("{properties: {any: true}}", "{any: {x: {y: 1}}}")).isEmpty();
    assertThat(unknown("{properties: {any: {}}}", "{any: [{x: 1}]}")).isEmpty();
  }

  @Test
  void objectsAreClosedAtAnyDepth() {
    String schema =
        "{properties: {lines: {items: {properties: {price: {properties: {amount: {}}}}}}}}";
    assertThat(unknown(schema, "{lines: [{price: {amount: 1}}, {price: {amount: 1, vat: 2}}]}"))
        .containsExactly("/lines/1/price/vat");
    assertThat(unknown("{items: {properties: {a: {}}}}", "[{a: 1}, {b: 1}]"))
        .containsExactly("/1/b");
    assertThat(unknown("{prefixItems: [{properties: {a: {}}}], items: {}}", "[{b: 1}, {b: 1}]"))
        .containsExactly("/0/b");
  }

  @Test
  void namesAreSeenThroughAllOfAndReferences() {
    String schema =
        """
        {allOf: [{$ref: '#/$defs/base'}, {properties: {b: {}}}], properties: {c: {}},
         $defs: {base: {properties: {a: {}}, allOf: [{properties: {d: {}}}]}}}
        """;
    assertThat(unknown(schema, "{a: 1, b: 1, c: 1, d: 1, e: 1}")).containsExactly("/e");
  }

  /** Which JSON Schema's own keyword can't say. */
  @Test
  void namesOfOneInnerObjectMayStandInTwoSchemas() {
    String schema =
        """
        {allOf: [{properties: {card: {properties: {number: {}}}}},
                 {properties: {card: {properties: {holder: {}}}}}]}
        """;
    assertThat(unknown(schema, "{card: {number: 1, holder: 2}}")).isEmpty();
    assertThat(unknown(schema, "{card: {number: 1, pin: 2}}")).containsExactly("/card/pin");
  }

  @Test
  void leftOverPropertiesThatASchemaTakesAreKnown() {
    assertThat(unknown("{properties: {a: {}}, additionalProperties: {type: integer}}", "{b: 1}"))
        .isEmpty();
    assertThat(unknown("{properties: {a: {}}, additionalProperties: true}", "{b: 1}")).isEmpty();
    assertThat(unknown("{unevaluatedProperties: {type: integer}}", "{b: 1}")).isEmpty();
    assertThat(
            unknown(
                "{additionalProperties: {properties: {a: {}}}}", "{x: {a: 1}, y: {a: 1, b: 2}}"))
        .containsExactly("/y/b");
    assertThat(unknown("{patternProperties: {'^x-': {}}}", "{x-a: 1, y: 1}")).containsExactly("/y");
    assertThat(
            unknown(
                "{properties: {a: {}}, patternProperties: {'^x-': {properties: {b: {}}}}}",
                "{a: 1, x-a: {b: 1, c: 1}}"))
        .containsExactly("/x-a/c");
  }

  @Test
  void onlyBranchesThatTakeTheValueNameProperties() {
    String schema =
        """
        {oneOf: [{properties: {kind: {const: card}, number: {}}, required: [kind]},
                 {properties: {kind: {const: iban}, iban: {}}, required: [kind]}]}
        """;
    assertThat(unknown(schema, "{kind: card, number: 1}")).isEmpty();
    assertThat(unknown(schema, "{kind: card, iban: 1}")).containsExactly("/iban");
    assertThat(
            unknown(
                "{anyOf: [{properties: {a: {type: integer}}}, {properties: {b: {}}}]}",
                "{a: 1, b: 1, c: 1}"))
        .containsExactly("/c");
    assertThat(
            unknown(
                "{anyOf: [{properties: {a: {}}, required: [a]}, {properties: {b: {}}, required: [b]}]}",
                "{a: 1, c: 1}"))
        .containsExactly("/c");
  }

  @Test
  void whatFollowsFromAConditionNamesProperties() {
    String schema =
        """
        {properties: {country: {}}, if: {properties: {country: {const: DE}}},
         then: {properties: {ustId: {}}}, else: {properties: {vat: {}}}}
        """;
    assertThat(unknown(schema, "{country: DE, ustId: 1}")).isEmpty();
    assertThat(unknown(schema, "{country: DE, vat: 1}")).containsExactly("/vat");
    assertThat(unknown(schema, "{country: FR, vat: 1}")).isEmpty();
  }

  @Test
  void aQuestionClosesNoObject() {
    assertThat(
            unknown(
                "{properties: {a: {}}, if: {properties: {a: {properties: {x: {const: 1}}}}}}",
                "{a: {x: 1, y: 2}}"))
        .isEmpty();
    assertThat(
            unknown(
                "{properties: {list: {contains: {properties: {main: {const: true}}}}}}",
                "{list: [{main: true, other: 1}]}"))
        .isEmpty();
  }

  @Test
  void dependentSchemasNamePropertiesWhereTheyApply() {
    String schema = "{properties: {a: {}}, dependentSchemas: {a: {properties: {b: {}}}}}";
    assertThat(unknown(schema, "{a: 1, b: 1}")).isEmpty();
    assertThat(unknown(schema, "{b: 1}")).containsExactly("/b");
  }

  @Test
  void whatIsExcludedNamesNothing() {
    assertThat(unknown("{not: {properties: {a: {const: 1}}, required: [a]}}", "{a: 2}"))
        .containsExactly("/a");
  }

  @Test
  void recursiveSchemasAreClosedAtAnyDepth() {
    String schema = "{properties: {name: {}, children: {items: {$ref: '#'}}}}";
    assertThat(unknown(schema, "{children: [{name: 1, children: [{name: 2, x: 1}]}]}"))
        .containsExactly("/children/0/children/0/x");
  }

  @Test
  void openApi30IsClosedToo() {
    JsonNode document =
        json(
            """
            {components: {schemas: {
              Base: {type: object, properties: {id: {type: string}}},
              Order: {allOf: [{$ref: '#/components/schemas/Base'}, {properties: {note: {type: string, nullable: true}}}]}}}}
            """);
    JsonSchema schema =
        usable(
            SchemaDocument.open(document, Dialect.OPENAPI_3_0)
                .compile("/components/schemas/Order", UnknownProperties.DENY));
    assertThat(schema.check(json("{id: '1', note: null}"), Part.BODY)).isEmpty();
    assertThat(schema.check(json("{id: '1', admin: true}"), Part.BODY))
        .containsExactly(
            new Violation(
                Part.BODY,
                "/admin",
                "unevaluatedProperties",
                "the schema does not name this property"));
  }

  @Test
  void invalidValuesAreToldOfUnknownPropertiesToo() {
    JsonSchema schema = deny("{properties: {a: {type: integer}}, required: [b]}");
    assertThat(schema.check(json("{a: x, c: 1}"), Part.BODY))
        .extracting(Violation::pointer, Violation::keyword)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("/a", "type"),
            org.assertj.core.groups.Tuple.tuple("", "required"),
            org.assertj.core.groups.Tuple.tuple("/c", "unevaluatedProperties"));
  }

  @Test
  void namesAreShownBoundedAndWithoutControlCharacters() {
    ObjectNode value = JsonNodeFactory.instance.objectNode();
    value.put("a\u0000b\u202E/~\n", 1);
    value.put("n".repeat(1000), 1);
    List<Violation> violations = deny("{properties: {}}").check(value, Part.BODY);
    assertThat(violations)
        .extracting(Violation::pointer)
        .containsExactly("/a\\u0000b\\u202e~1~0\\u000a", "/" + "n".repeat(64) + "…");
    assertThat(violations).extracting(Violation::detail).noneMatch(text -> text.contains("nnn"));
  }

  @Test
  void manyUnknownPropertiesAreToldOnlyInPart() {
    ObjectNode value = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < 100_000; i++) {
      value.put("p" + i, i);
    }
    assertThat(deny("{properties: {}}").check(value, Part.BODY)).hasSize(Denial.MOST_ERRORS);
    assertThat(deny("{additionalProperties: false}").check(value, Part.BODY))
        .hasSize(Denial.MOST_ERRORS);
  }

  @Test
  void whatCannotBeSeenThroughIsRefused() {
    Compiled compiled =
        JsonSchema.compile(
            json("{$dynamicAnchor: x, properties: {a: {$dynamicRef: '#x'}}}"),
            "",
            Dialect.DRAFT_2020_12,
            UnknownProperties.DENY);
    assertThat(compiled).isInstanceOf(Compiled.Refused.class);
    assertThat(((Compiled.Refused) compiled).faults().getFirst().pointer())
        .isEqualTo("/properties/a");
  }

  /**
   * Where no object stands in the object, it is just what {@code unevaluatedProperties: false} is.
   */
  @Property(tries = 1000)
  void flatObjectsAreJudgedAsByUnevaluatedProperties(@ForAll long seed) {
    RandomSchemas random = new RandomSchemas(new Random(seed), Dialect.DRAFT_2020_12);
    ObjectNode document = (ObjectNode) random.document();
    ObjectNode closed = JsonNodeFactory.instance.objectNode();
    closed.set("$defs", document.get("$defs"));
    ObjectNode rest = document.deepCopy();
    rest.remove("$defs");
    closed.putArray("allOf").add(rest);
    closed.put("unevaluatedProperties", false);
    Compiled mine = JsonSchema.compile(document, "", Dialect.DRAFT_2020_12, UnknownProperties.DENY);
    Compiled theirs =
        JsonSchema.compile(closed, "", Dialect.DRAFT_2020_12, UnknownProperties.ALLOW);
    if (!(mine instanceof Compiled.Usable(var deny, _))
        || !(theirs instanceof Compiled.Usable(var allow, _))) {
      return;
    }
    for (int i = 0; i < 60; i++) {
      JsonNode value = random.value();
      if (!value.isObject() || value.valueStream().anyMatch(JsonNode::isContainer)) {
        continue;
      }
      assertThat(deny.check(value, Part.BODY).isEmpty())
          .as("%s judges %s: %s", document, value, deny.check(value, Part.BODY))
          .isEqualTo(allow.judgeByLibrary(value) instanceof Judgement.Valid);
    }
  }

  /** To deny takes nothing that to allow refuses, and finds any name that no schema can know. */
  @Property(tries = 1000)
  void denyingOnlyRefusesMore(@ForAll long seed) {
    RandomSchemas random = new RandomSchemas(new Random(seed), Dialect.DRAFT_2020_12);
    JsonNode document = random.document();
    if (!(JsonSchema.compile(document, "", Dialect.DRAFT_2020_12, UnknownProperties.DENY)
            instanceof Compiled.Usable(var deny, _))
        || !(JsonSchema.compile(document, "", Dialect.DRAFT_2020_12, UnknownProperties.ALLOW)
            instanceof Compiled.Usable(var allow, _))) {
      return;
    }
    boolean takesMore =
        document.toString().contains("additionalProperties")
            || document.toString().contains("unevaluatedProperties")
            || document.toString().contains("patternProperties");
    for (int i = 0; i < 40; i++) {
      JsonNode value = random.value();
      boolean denied = !deny.check(value, Part.BODY).isEmpty();
      if (!denied) {
        assertThat(allow.check(value, Part.BODY)).isEmpty();
      }
      if (value.isObject() && !takesMore) {
        ObjectNode more = ((ObjectNode) value).deepCopy();
        more.put("nobody knows me", 1);
        assertThat(deny.check(more, Part.BODY)).as("%s judges %s", document, more).isNotEmpty();
      }
    }
  }

  private static List<String> unknown(String schema, String value) {
    List<Violation> violations = deny(schema).check(json(value), Part.BODY);
    assertThat(violations)
        .allMatch(violation -> violation.keyword().equals("unevaluatedProperties"));
    return violations.stream().map(Violation::pointer).toList();
  }

  private static JsonSchema deny(String schema) {
    return usable(
        JsonSchema.compile(json(schema), "", Dialect.DRAFT_2020_12, UnknownProperties.DENY));
  }

  private static JsonSchema usable(Compiled compiled) {
    assertThat(compiled).isInstanceOf(Compiled.Usable.class);
    return ((Compiled.Usable) compiled).schema();
  }

  private static JsonNode json(String yaml) {
    return Trees.of(yaml);
  }
}
