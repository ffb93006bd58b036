package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the author of a policy is told about what requests may carry. */
class PayloadCompilationTest {
  private static List<String> told(String methods, String request) {
    Compilation compilation =
        Compiler.compile(
            new Changes(
                CaseObjects.parse(
                    """
                    - kind: ConfigMap
                      metadata: {name: schemas}
                      data:
                        good.json: '{"type": "object"}'
                        bad.yaml: '{type: object, properties: {a: {type: strng}}}'
                    - kind: ApiPolicy
                      metadata: {name: api}
                      spec:
                        hosts: [api.example.com]
                        operations:
                        - {name: x, match: [%s], authentication: None, request: %s}
                    """
                        .formatted(methods, request)),
                List.of()),
            Compilation.EMPTY);
    return compilation.diagnostics().stream()
        .map(diagnostic ->
            diagnostic.severity()
                + " "
                + diagnostic.field().replace("spec.operations[0].request", "…")
                + " "
                + diagnostic.code())
        .toList();
  }

  private static List<String> told(String request) {
    return told("{methods: [POST], path: /x}", request);
  }

  @Test
  void whatSaysAllIsFine() {
    assertThat(
            told(
                "{contentTypes: [application/json], maxBytes: 100, contentEncodings: [gzip],"
                    + " body: {schema: {type: object}}, query: {schema: {type: object}}}"))
        .isEmpty();
    assertThat(
            told(
                "{contentTypes: [application/json], maxBytes: 100, body: {schemaRef: {configMap:"
                    + " schemas, key: good.json}}}"))
        .isEmpty();
  }

  @Test
  void whatIsMeantWithoutBeingSaidIsShown() {
    assertThat(told("{body: {schema: {type: object}}}"))
        .containsExactlyInAnyOrder(
            "WARNING ….contentTypes Implicit", "WARNING ….maxBytes Implicit");
  }

  @Test
  void aBodyOfARequestWithoutOneIsShown() {
    String request = "{contentTypes: [application/json], maxBytes: 9, body: {schema: {}%s}}";
    assertThat(told("{methods: [GET, POST], path: /x}", request.formatted("")))
        .contains("WARNING ….body Risky");
    assertThat(told("{methods: [HEAD], path: /x}", request.formatted(", presence: Optional")))
        .contains("WARNING ….body Risky");
  }

  @Test
  void aBodyThatMayComeUnseenIsShown() {
    String request = "{contentTypes: [application/json], maxBytes: 9, body: {schema: {}%s}}";
    for (String method : List.of("DELETE", "OPTIONS")) {
      String match = "{methods: [POST, " + method + "], path: /x}";
      assertThat(told(match, request.formatted(", presence: Optional")))
          .containsExactly("WARNING ….body.presence Risky");
      assertThat(told(match, request.formatted(""))).isEmpty();
    }
    assertThat(told("{methods: [POST], path: /x}", request.formatted(", presence: Optional")))
        .isEmpty();
  }

  @Test
  void whatCannotBeJudgedIsRefused() {
    assertThat(
            told("{contentTypes: [application/json, text/plain], maxBytes: 9, body: {schema: {}}}"))
        .contains("ERROR ….contentTypes[1] Invalid");
    assertThat(
            told(
                "{contentTypes: [application/json], contentEncodings: [compress], maxBytes: 9,"
                    + " body: {schema: {}}}"))
        .contains("ERROR ….contentEncodings Invalid");
    assertThat(
            told(
                "{grpc: a.B/C}",
                "{contentTypes: [application/json], maxBytes: 9, body: {schema: {}}}"))
        .contains("ERROR ….body Invalid");
    assertThat(told("{query: {schema: {type: string}}}")).contains("ERROR ….query.schema Invalid");
  }

  @Test
  void anyEncodingIsTakenWhereBodiesAreNotRead() {
    assertThat(told("{contentEncodings: [compress]}")).isEmpty();
  }

  @Test
  void faultsOfSchemasAreToldWhereTheyAre() {
    String rest = "contentTypes: [application/json], maxBytes: 9";
    assertThat(told("{" + rest + ", body: {schema: {properties: {a.b: {type: strng}}}}}"))
        .anyMatch(text -> text.startsWith("ERROR ….body.schema.properties[\"a.b\"].type"));
    assertThat(told("{" + rest + ", body: {schemaRef: {configMap: schemas, key: bad.yaml}}}"))
        .anyMatch(text -> text.startsWith("ERROR ….body.schemaRef Invalid"));
    assertThat(told("{" + rest + ", body: {schemaRef: {configMap: other, key: x}}}"))
        .anyMatch(text -> text.contains("….body.schemaRef.configMap RefNotFound"));
    assertThat(told("{" + rest + ", body: {presence: Optional}}")).contains("ERROR ….body Invalid");
    assertThat(told("{query: {schema: {type: object, properties: {a: {minimum: x}}}}}"))
        .anyMatch(text -> text.startsWith("ERROR ….query.schema.properties.a.minimum"));
  }

  @Test
  void whatNoQueryCanHoldIsShown() {
    assertThat(
            told(
                "{query: {schema: {type: object, properties: {a: {type: array, items: {type:"
                    + " object}}, b: {type: array, items: {type: integer}}}}}}"))
        .containsExactly("WARNING ….query.schema.properties.a Unreachable");
  }
}
