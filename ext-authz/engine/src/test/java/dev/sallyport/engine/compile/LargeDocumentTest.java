package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A document of ten megabytes: what it costs to read, and what it costs not to. */
class LargeDocumentTest {
  private static final int OPERATIONS = 1_000;
  private static final int BYTES = 10 << 20;

  private static Declared policy(String environment) {
    return CaseObjects.parse(
            """
            - kind: ApiPolicy
              metadata: {name: api}
              spec:
                hosts: [api.example.com]
                environment: %s
                authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
                openapi: {file: large.openapi.yaml}
            """
                .formatted(environment))
        .getFirst();
  }

  /** Operations with bodies and parameters, and answers that take most of the room. */
  private static String document(boolean json) {
    StringBuilder text = new StringBuilder(BYTES + 100_000);
    text.append(json ? "{\"openapi\": \"3.0.3\", \"paths\": {" : "openapi: 3.0.3\npaths:\n");
    int each = BYTES / OPERATIONS;
    for (int i = 0; i < OPERATIONS; i++) {
      int start = text.length();
      text.append(
          json
              ? (i == 0 ? "" : ",\n") + "\"/things%d/{id}\": {\"put\": ".formatted(i)
              : "  /things%d/{id}:\n    put: ".formatted(i));
      text.append(
          """
          {"operationId": "put%d", "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "maxLength": 40}},
            {"name": "q%d", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}}],
            "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["a"], "properties":
              {"a": {"type": "string"}, "b": {"$ref": "#/components/schemas/S%d"}}}}}}, "responses": {"200": {"description": ""\
          """
              .formatted(i, i, i % 50));
      text.append(
          ", \"content\": {\"application/json\": {\"schema\": {\"type\": \"object\", \"properties\": {");
      for (int p = 0; text.length() - start < each - 100; p++) {
        text.append(p == 0 ? "" : ",\n      ")
            .append(
                "\"property%d\": {\"type\": \"string\", \"description\": \"what it is\"}"
                    .formatted(p));
      }
      text.append("}}}}}}}").append(json ? "}" : "\n");
    }
    text.append(json ? "}, \"components\": {\"schemas\": {" : "components:\n  schemas: {");
    for (int i = 0; i < 50; i++) {
      text.append(i == 0 ? "" : ", ")
          .append(
              "\"S%d\": {\"type\": \"object\", \"properties\": {\"n\": {\"type\": \"integer\"}}}"
                  .formatted(i));
    }
    return text.append(json ? "}}}" : "}\n").toString();
  }

  private static Declared declared(String text) {
    return new Declared(
        Declared.file("large.openapi.yaml"), Instant.EPOCH, 1, new Declared.Document(text));
  }

  /** Time that this thread had a core, whoever else wants one. */
  private static Duration used() {
    return Duration.ofNanos(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void itIsReadOnceAndAnEditOfThePolicyCostsNothing(boolean json) {
    Declared document = declared(document(json));
    assertThat(((Declared.Document) document.content()).text().length())
        .isGreaterThan(BYTES - (1 << 20));

    Duration start = used();
    Compilation first =
        Compiler.compile(new Changes(List.of(document, policy("a")), List.of()), Compilation.EMPTY);
    Duration read = used().minus(start);
    assertThat(first.diagnostics()).isEmpty();
    assertThat(first.snapshot().policies().entry(new ObjectKey("ApiPolicy", "default", "api")))
        .isInstanceOf(Entry.Ready.class);

    Duration again = used();
    Compilation second = Compiler.compile(new Changes(List.of(policy("b")), List.of()), first);
    Duration edited = used().minus(again);
    assertThat(second.diagnostics()).isEmpty();
    // A core of a machine that builds beside it, and classes that were never run, cost more than
    // the
    // 3 s that are promised.
    assertThat(read).isLessThan(Duration.ofSeconds(10));
    assertThat(edited).isLessThan(read.dividedBy(3));
  }
}
