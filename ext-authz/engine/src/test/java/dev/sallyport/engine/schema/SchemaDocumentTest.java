package dev.sallyport.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.schema.JsonSchema.Compiled;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.Remark;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class SchemaDocumentTest {
  private static final JsonNode DOCUMENT =
      Trees.of(
          """
          {components: {schemas: {
            Good: {type: object, properties: {id: {type: string, format: odd}}},
            Bad: {type: object, properties: {id: {type: strng}}},
            UsesGood: {items: {$ref: '#/components/schemas/Good'}},
            UsesBad: {properties: {a: {$ref: '#/components/schemas/Good'}, b: {$ref: '#/components/schemas/Bad'}}},
            Circle: {allOf: [{$ref: '#/components/schemas/Circle'}]},
            UsesCircle: {properties: {a: {$ref: '#/components/schemas/Circle'}}}}}}
          """);

  @Test
  void aFaultOfOneSchemaIsOneOfThoseThatLeadToItAndOfNoOther() {
    SchemaDocument document = SchemaDocument.open(DOCUMENT, Dialect.OPENAPI_3_0);
    for (int round = 0; round < 2; round++) {
      assertThat(faults(document, "UsesBad"))
          .containsExactly("/components/schemas/Bad/properties/id/type");
      assertThat(faults(document, "Bad"))
          .containsExactly("/components/schemas/Bad/properties/id/type");
      assertThat(faults(document, "UsesCircle")).containsExactly("/components/schemas/Circle");
      assertThat(faults(document, "Circle")).containsExactly("/components/schemas/Circle");
      assertThat(faults(document, "UsesGood")).isEmpty();
      assertThat(faults(document, "Good")).isEmpty();
    }
  }

  @Test
  void aWarningComesWithTheFirstSchemaThatLeadsToIt() {
    SchemaDocument document = SchemaDocument.open(DOCUMENT, Dialect.OPENAPI_3_0);
    assertThat(warnings(document, "UsesGood"))
        .containsExactly("/components/schemas/Good/properties/id/format");
    assertThat(warnings(document, "Good")).isEmpty();
  }

  @Property(tries = 600)
  void whatWasCompiledBeforeChangesNothing(@ForAll long seed) {
    Random random = new Random(seed);
    RandomSchemas schemas = new RandomSchemas(random, Dialect.DRAFT_2020_12);
    ObjectNode tree = (ObjectNode) schemas.document();
    if (random.nextInt(3) == 0) {
      ((ObjectNode) tree.get("$defs").get("d" + random.nextInt(3))).put("type", "strng");
    }
    if (random.nextInt(6) == 0) {
      ((ObjectNode) tree.get("$defs").get("d" + random.nextInt(3)))
          .put("$dynamicRef", "#/$defs/d0");
    }
    List<String> pointers = new ArrayList<>(List.of("", "/$defs/d0", "/$defs/d1", "/$defs/d2"));
    Collections.shuffle(pointers, random);
    SchemaDocument document = SchemaDocument.open(tree, Dialect.DRAFT_2020_12);
    for (String pointer : pointers) {
      UnknownProperties unknown =
          random.nextBoolean() ? UnknownProperties.DENY : UnknownProperties.ALLOW;
      Compiled fresh = JsonSchema.compile(tree, pointer, Dialect.DRAFT_2020_12, unknown);
      Compiled shared = document.compile(pointer, unknown);
      assertThat(shared.getClass()).as("%s of %s", pointer, tree).isEqualTo(fresh.getClass());
      if (fresh instanceof Compiled.Usable(var alone, _)
          && shared instanceof Compiled.Usable(var among, _)) {
        for (int i = 0; i < 10; i++) {
          JsonNode value = schemas.value();
          assertThat(among.check(value, Part.BODY)).isEqualTo(alone.check(value, Part.BODY));
        }
      }
    }
  }

  private static List<String> faults(SchemaDocument document, String name) {
    return switch (compile(document, name)) {
      case Compiled.Refused(var faults) -> faults.stream().map(Remark::pointer).toList();
      case Compiled.Usable _ -> List.of();
    };
  }

  private static List<String> warnings(SchemaDocument document, String name) {
    return switch (compile(document, name)) {
      case Compiled.Refused(var faults) -> throw new AssertionError(faults.toString());
      case Compiled.Usable(_, var warnings) -> warnings.stream().map(Remark::pointer).toList();
    };
  }

  private static Compiled compile(SchemaDocument document, String name) {
    return document.compile("/components/schemas/" + name, UnknownProperties.ALLOW);
  }
}
