package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.operation.OperationIndex.Match;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.policy.CompiledPolicy;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionCompilationTest {
  private static Compilation compile(String operation) {
    return Compiler.compile(
        new Changes(
            CaseObjects.parse(
                """
                - kind: ApiPolicy
                  metadata: {name: api, namespace: payments}
                  spec:
                    hosts: [api.example.com]
                    authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
                    operations:
                    - name: read
                      match: [{methods: [POST], path: /read}]
                      %s
                """
                    .formatted(operation)),
            List.of()),
        Compilation.EMPTY);
  }

  private static List<String> found(String operation) {
    return compile(operation).diagnostics().stream()
        .map(found ->
            found.severity() + " " + found.field() + " " + found.code() + ": " + found.message())
        .toList();
  }

  private static List<String> conditions(String... conditions) {
    return found("conditions: [" + String.join(", ", conditions) + "]");
  }

  @Test
  void faultNamesItsConditionAndItsPlace() {
    assertThat(
            conditions(
                "{name: a, expression: \"request.method == 'GET'\"}",
                "{name: b, expression: \"request.method == 'GET' &&\\n request.path == 1\"}"))
        .containsExactly(
            "ERROR spec.operations[0].conditions[1].expression Invalid: line 2, column 15: `==` does"
                + " not take (string, int)");
  }

  @Test
  void everyFaultIsTold() {
    assertThat(
            conditions(
                "{name: a, expression: \"request.foo == 1 && identity.bar\"}",
                "{name: b, expression: \"tool.name == 'x'\"}"))
        .hasSize(3)
        .allMatch(found -> found.startsWith("ERROR spec.operations[0].conditions["));
  }

  @Test
  void namesMustDiffer() {
    assertThat(
            conditions(
                "{name: a, expression: \"request.method == 'GET'\"}",
                "{name: a, expression: \"request.method == 'PUT'\"}"))
        .containsExactly(
            "ERROR spec.operations[0].conditions[1].name Invalid: `a` stands twice; names must"
                + " differ");
  }

  @Test
  void nothingIsNoCondition() {
    assertThat(conditions("{}"))
        .containsExactly(
            "ERROR spec.operations[0].conditions[0].expression Invalid: an expression is needed",
            "ERROR spec.operations[0].conditions[0].name Invalid: a name is needed");
  }

  @Test
  void whatIsConstantIsAWarning() {
    assertThat(conditions("{name: a, expression: '1 == 1'}"))
        .containsExactly(
            "WARNING spec.operations[0].conditions[0].expression Risky: it looks at no variable, so"
                + " it is always met");
  }

  @Test
  void anonymousCallersAreWarnedOf() {
    String condition = "conditions: [{name: a, expression: \"identity.type != 'Partner'\"}]";
    assertThat(found(condition)).isEmpty();
    assertThat(found("authentication: Optional\n      " + condition))
        .containsExactly(
            "WARNING spec.operations[0].conditions[0].expression Risky: the operation has"
                + " `authentication: Optional`, and of an anonymous caller `identity.type` is"
                + " empty; look at `identity.registered` too");
    assertThat(
            found(
                "authentication: Optional\n      conditions: [{name: a, expression:"
                    + " \"identity.registered && identity.type != 'Partner'\"}]"))
        .isEmpty();
  }

  @Test
  void bodyIsReadWhereAConditionLooksAtIt() {
    assertThat(reads("request.body.a == 1")).isTrue();
    assertThat(reads("has(request.body)")).isTrue();
    assertThat(reads("request.method == 'POST'")).isFalse();
  }

  private static boolean reads(String expression) {
    Compilation compilation =
        compile("conditions: [{name: a, expression: \"" + expression + "\"}]");
    assertThat(compilation.diagnostics()).isEmpty();
    CompiledPolicy policy =
        ((Entry.Ready)
                compilation
                    .snapshot()
                    .policies()
                    .entry(new ObjectKey("ApiPolicy", "payments", "api")))
            .policy();
    assertThat(policy.operations().match("POST", List.of("read"))).isInstanceOf(Match.Found.class);
    return policy.operations().match("POST", List.of("read"))
            instanceof Match.Found<CompiledOperation>(var operation, _)
        && operation.payload().content().parsed();
  }
}
