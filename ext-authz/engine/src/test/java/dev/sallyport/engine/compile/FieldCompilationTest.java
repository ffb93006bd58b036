package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.operation.OperationIndex;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldCompilationTest {
  private static final ObjectKey API = new ObjectKey("ApiPolicy", "default", "api");

  @Test
  void fieldScopesAreCompiled() {
    assertThat(
            diagnostics(
                "",
                """
                fields:
                  selectors: [{query: fields}, {query: include, list: Spaces, nested: Slashes}]
                  available: [id, card.number]
                  rules: [{fields: [card, 'card.*', '*', id], scopes: [s]}, {fields: [id], scopes: [s]}]
                """))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "selectors: [], available: [id] | selectors: a field scope needs to know where",
        "selectors: [{}], available: [id] | selectors[0]: a selector has exactly one of",
        "selectors: [{query: a, jsonBody: ''}], available: [id] | selectors[0]: a selector has exactly",
        "selectors: [{query: 'a&b'}], available: [id] | selectors[0].query: `a&b` is not a parameter",
        "selectors: [{query: a}, {query: a}], available: [id] | selectors[1].query: `a` stands twice",
        "selectors: [{query: Key}], available: [id] | selectors[0].query: `Key` is where the method `k`",
        "selectors: [{query: Token}], available: [id] | selectors[0].query: `Token` is where the method `t`",
        "selectors: [{query: $select, list: Spaces}], available: [id] | selectors[0]: `$select` has OData",
        "selectors: [{query: $expand}], available: [id] | selectors: `$expand` only adds",
        "selectors: [{jsonBody: x}], available: [id] | selectors[0].jsonBody: `x` is not a JSON Pointer",
        "selectors: [{jsonBody: /~2}], available: [id] | selectors[0].jsonBody: `/~2` is not a JSON Pointer",
        "selectors: [{graphql: {}}, {query: a}], available: [id] | selectors: a GraphQL request names",
        "selectors: [{query: a}] | available: list the fields",
        "selectors: [{query: a}], available: ['a b'] | available[0]: `a b` is not a field",
        "selectors: [{query: a}], available: [a..b] | available[0]: `a..b` is not a field",
        "selectors: [{query: a}], available: ['*'] | available[0]: `*` is not a field",
        "selectors: [{query: a}], available: [a, a] | available[1]: `a` stands twice",
        "selectors: [{query: a}], available: [a, a.b] | available[1]: `a` is listed as a field",
        "selectors: [{graphql: {}}], available: [a-b] | available[0]: `a-b` can't be a field of GraphQL",
        "selectors: [{query: a}], available: [a], rules: [{fields: [b], scopes: [s]}] | rules[0].fields[0]: `b` is no field",
        "selectors: [{query: a}], available: [a], rules: [{fields: [a.*], scopes: [s]}] | rules[0].fields[0]: `a.*` is no field",
        "selectors: [{query: a}], available: [ab], rules: [{fields: [a], scopes: [s]}] | rules[0].fields[0]: `a` is no field",
        "selectors: [{query: a}], available: [a.b], rules: [{fields: ['*.b'], scopes: [s]}] | rules[0].fields[0]: `*.b` is not a field",
        "selectors: [{query: a}], available: [a], rules: [{fields: [a, a], scopes: [s]}] | rules[0].fields[1]: `a` stands twice",
        "selectors: [{query: a}], available: [a], rules: [{fields: [], scopes: [s]}] | rules[0].fields: a rule needs fields",
        "selectors: [{query: a}], available: [a], rules: [{fields: [a], scopes: []}] | rules[0].scopes: a rule needs scopes",
        "selectors: [{query: a}], available: [a], rules: [{fields: [a], scopes: ['s t']}] | rules[0].scopes[0]: `s t` is not one scope",
        "selectors: [{query: a}], available: [a], rules: [{fields: [a], scopes: [s]}, {fields: [a], scopes: [s]}] | rules[1]: the same rule stands before"
      })
  void whatIsWrongIsNamed(String fields, String expected) {
    assertThat(diagnostics("", "fields: {" + fields + "}"))
        .singleElement()
        .asString()
        .startsWith("ERROR spec.operations[0].fields." + expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "authentication: None | selectors: [{query: a}], available: [a], rules: [{fields: [a], scopes: [s]}] | ERROR spec.operations[0].fields.rules: an operation with",
        "request: {contentTypes: [text/*]} | selectors: [{graphql: {}}], available: [a] | ERROR spec.operations[0].fields.selectors: fields are named in a JSON body",
        "request: {contentTypes: ['application/*+json']} | selectors: [{graphql: {}}], available: [a] | ERROR spec.operations[0].fields.selectors: fields are named in a JSON body",
        "match: [{methods: [GET], path: /y}] | selectors: [{jsonBody: ''}], available: [a] | ERROR spec.operations[0].fields.selectors: fields are named in a body",
        "match: [{methods: [PATCH, DELETE], path: /y}] | selectors: [{jsonBody: ''}], available: [a] | WARNING spec.operations[0].fields.selectors: a body of DELETE without `Content-Length` passes unjudged",
        "match: [{grpc: a.B/C}] | selectors: [{query: a}], available: [a] | ERROR spec.operations[0].fields: the fields of gRPC messages",
        "scopes: [] | selectors: [{jsonBody: ''}], outOfScope: Restrict, available: [a] | WARNING spec.operations[0].fields.outOfScope: a body is never rewritten"
      })
  void whatDoesNotGoTogetherIsNamed(String operation, String fields, String expected) {
    assertThat(diagnostics(operation, "fields: {" + fields + "}"))
        .singleElement()
        .asString()
        .startsWith(expected);
  }

  @Test
  void aListThatIsTooLongForQueriesIsWarnedOf() {
    StringBuilder fields = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      fields.append("a-field-with-a-long-name-").append(i).append(", ");
    }
    assertThat(diagnostics("", "fields: {selectors: [{query: a}], available: [" + fields + "]}"))
        .singleElement()
        .asString()
        .startsWith("WARNING spec.operations[0].fields.available: a query that lists all fields");
  }

  @Test
  void aBodyThatNamesFieldsIsRead() {
    assertThat(content("", "fields: {selectors: [{jsonBody: ''}], available: [a]}").parsed())
        .isTrue();
    assertThat(content("", "fields: {selectors: [{graphql: {}}], available: [a]}").parsed())
        .isTrue();
    assertThat(content("", "fields: {selectors: [{query: a}], available: [a]}").parsed()).isFalse();
  }

  private static ContentRule content(String operation, String fields) {
    if (compile(operation, fields).snapshot().policies().entry(API) instanceof Entry.Ready ready
        && ready.policy().operations().match("PATCH", List.of("x"))
            instanceof OperationIndex.Match.Found<CompiledOperation>(var compiled, _)) {
      return compiled.payload().content();
    }
    throw new AssertionError("not in force");
  }

  private static List<String> diagnostics(String operation, String fields) {
    return compile(operation, fields).diagnostics().stream()
        .filter(one -> one.field().startsWith("spec.operations"))
        .map(one -> one.severity() + " " + one.field() + ": " + one.message())
        .toList();
  }

  private static Compilation compile(String operation, String fields) {
    String own =
        operation.startsWith("match:") ? operation : "match: [{methods: [PATCH, GET], path: /x}]";
    return Compiler.compile(
        new Changes(
            CaseObjects.parse(
                """
                - kind: TokenIssuer
                  metadata: {name: corp}
                  spec: {issuer: 'https://corp.example.com', jwks: {uri: 'https://corp.example.com/keys'}, audiences: [api]}
                - kind: ApiPolicy
                  metadata: {name: api}
                  spec:
                    hosts: [api.example.com]
                    authentication: {methods: [{name: k, apiKey: {query: key}}, {name: t, jwt: {issuerRef: {name: corp}, query: token}}]}
                    operations:
                    - name: a
                """
                    + own.indent(6)
                    + (own.equals(operation) ? "" : operation.indent(6))
                    + fields.indent(6)),
            List.of()),
        Compilation.EMPTY);
  }
}
