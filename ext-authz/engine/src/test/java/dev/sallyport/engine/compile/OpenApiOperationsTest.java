package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.operation.OperationIndex.Match;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What `lint` says of a policy with an OpenAPI document, and what is in force of it. */
class OpenApiOperationsTest {
  private static final ObjectKey API = new ObjectKey("ApiPolicy", "default", "api");

  private static final String DOCUMENT =
      """
      openapi: 3.1.1
      components: {securitySchemes: {o: {type: oauth2}, k: {type: apiKey, in: header, name: K}}}
      paths:
        /a/{id}:
          get: {operationId: getA, security: [{o: [read]}]}
          post:
            operationId: postA
            security: [{o: [write]}, {k: []}]
            parameters: [{name: q, in: query}]
            requestBody: {content: {application/json: {schema: {type: object, properties: {x: {type: string}}}}, application/xml: {schema: {type: object}}}}
        /open: {get: {operationId: open, security: []}}
        /b/{x}.json: {get: {}}
      """;

  private static Declared document(String text) {
    return new Declared(
        Declared.file("a.openapi.yaml"), Instant.EPOCH, 1, new Declared.Document(text));
  }

  private static Declared policy(String more) {
    return CaseObjects.parse(
            """
            - kind: ApiPolicy
              metadata: {name: api}
              spec:
                hosts: [api.example.com]
                authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
                openapi: {file: a.openapi.yaml}
            """
                + more.indent(4))
        .getFirst();
  }

  private static Compilation compile(Compilation previous, Declared... objects) {
    return Compiler.compile(new Changes(List.of(objects), List.of()), previous);
  }

  private static List<String> told(Compilation compilation) {
    return compilation.diagnostics(API).stream()
        .map(diagnostic ->
            diagnostic.severity() + " " + diagnostic.field() + ": " + diagnostic.message())
        .toList();
  }

  private static CompiledOperation operation(
      Compilation compilation, String method, String... segments) {
    if (compilation.snapshot().policies().entry(API) instanceof Entry.Ready(var policy)
        && policy.operations().match(method, List.of(segments))
            instanceof Match.Found<CompiledOperation>(var found, _)) {
      return found;
    }
    throw new AssertionError("no such operation, with " + told(compilation));
  }

  @Test
  void whatCannotBeEnforcedIsAWarningWithItsPlace() {
    Compilation compilation = compile(Compilation.EMPTY, document(DOCUMENT), policy(""));
    String in = "WARNING spec.openapi: in `a.openapi.yaml`, ";
    assertThat(told(compilation))
        .containsExactlyInAnyOrder(
            in
                + "`/paths/~1b~1{x}.json/get`: the path needs whole segments as parameters, unlike"
                + " `{x}.json`; it is left out, and its requests are undeclared, whatever other"
                + " templates take",
            in
                + "`/paths/~1a~1{id}/post/requestBody/content/application~1xml`: a body of this type"
                + " can't be judged by its schema",
            in
                + "`/paths/~1a~1{id}/post/security`: callers who come in another way need no scopes"
                + " there; here all callers need them",
            in
                + "`/paths/~1open/get`: it needs no credential there, and one here. Declare it in"
                + " the policy with `authentication: None` or `Optional` to change that");
    assertThat(operation(compilation, "GET", "a", "1").scopes().named()).containsExactly("read");
  }

  @Test
  void whereBothSaySomethingThePolicyCountsAndLintTellsBothPlaces() {
    Compilation compilation =
        compile(
            Compilation.EMPTY,
            document(DOCUMENT),
            policy(
                """
                operations:
                - name: read
                  match: [{methods: [GET], path: '/a/{id}'}]
                  scopes: [other]
                - name: postA
                  match: [{methods: [POST], path: '/new/{id}'}]
                  scopes: [write]
                  request:
                    contentTypes: [application/json]
                    query: {schema: {type: object, properties: {q: {type: string}}}}
                    body: {schema: {type: object, properties: {y: {}}}}
                - name: open
                  match: [{methods: [GET], path: /open}]
                  authentication: None
                """));
    String differs = "in `a.openapi.yaml`, where ";
    assertThat(told(compilation))
        .filteredOn(line -> line.contains("differs"))
        .containsExactlyInAnyOrder(
            "WARNING spec.operations[0].scopes: differs from `/paths/~1a~1{id}/get/security` "
                + differs
                + "it needs `read`; the policy counts",
            "WARNING spec.operations[1].match: differs from `/paths/~1a~1{id}/post` "
                + differs
                + "it is POST `/a/{id}`; the policy counts",
            "WARNING spec.operations[1].request.query: differs from"
                + " `/paths/~1a~1{id}/post/parameters` "
                + differs
                + "it has its own schemas; the policy counts",
            "WARNING spec.operations[1].request.body: differs from"
                + " `/paths/~1a~1{id}/post/requestBody` "
                + differs
                + "it has its own schema; the policy counts",
            "WARNING spec.operations[1].request.contentTypes: differs from"
                + " `/paths/~1a~1{id}/post/requestBody` "
                + differs
                + "it takes other types; the policy counts");
    assertThat(told(compilation)).noneMatch(line -> line.contains("needs no credential"));
    assertThat(operation(compilation, "GET", "a", "1").name()).isEqualTo("read");
    assertThat(operation(compilation, "GET", "a", "1").scopes().named()).containsExactly("other");
    assertThat(operation(compilation, "POST", "new", "1").name()).isEqualTo("postA");
  }

  @Test
  void anOperationThatStaysUnderThePathOfAnotherServerIsTold() {
    Compilation compilation =
        compile(
            Compilation.EMPTY,
            document("openapi: 3.0.3\nservers: [{url: /v1}, {url: /v2}]\npaths: {/a: {get: {}}}\n"),
            policy("operations: [{name: read, match: [{methods: [GET], path: /v1/a}]}]"));
    assertThat(told(compilation))
        .containsExactly(
            "WARNING spec.operations[0].match: in `a.openapi.yaml`, `/paths/~1a/get`: it is GET"
                + " `/v2/a` too, which stays as the document has it; match that as well, if it is"
                + " the same to the API");
    assertThat(operation(compilation, "GET", "v2", "a").name()).isEqualTo("get-a");
  }

  @Test
  void whatThePolicyIsSilentAboutIsTakenOfTheDocument() {
    Compilation compilation =
        compile(
            Compilation.EMPTY,
            document(DOCUMENT),
            policy(
                """
                operations:
                - name: mine
                  match: [{methods: [GET, POST], path: '/a/{other}'}]
                  rateLimits: [{name: l, per: [identity], requests: 1, window: 1m}]
                """));
    assertThat(operation(compilation, "GET", "a", "1").scopes().named()).containsExactly("read");
    CompiledOperation post = operation(compilation, "POST", "a", "1");
    assertThat(post.name()).isEqualTo("mine");
    assertThat(post.scopes().named()).containsExactly("write");
    assertThat(post.payload().bodies()).hasSize(1);
    assertThat(post.payload().content().contentTypes()).hasSize(2);
    assertThat(post.limits()).isSameAs(operation(compilation, "GET", "a", "1").limits());
  }

  @Test
  void aDocumentThatCannotBeUsedKeepsWhatIsInForce() {
    Compilation good = compile(Compilation.EMPTY, document(DOCUMENT), policy(""));
    Compilation broken =
        compile(good, document("openapi: 3.1.1\npaths: {/a: {$ref: 'https://x/y'}}"));
    assertThat(told(broken))
        .containsExactly(
            "ERROR spec.openapi: in `a.openapi.yaml`, `/paths/~1a`: the reference leads out of the"
                + " document, and nothing is fetched; put it all into one document");
    assertThat(operation(broken, "GET", "a", "1").name()).isEqualTo("getA");

    Compilation gone =
        Compiler.compile(new Changes(List.of(), List.of(Declared.file("a.openapi.yaml"))), broken);
    assertThat(told(gone)).singleElement().asString().contains("there is no document");
    assertThat(operation(gone, "GET", "a", "1").name()).isEqualTo("getA");
  }

  @Test
  void aDocumentThatComesLaterIsSeen() {
    Compilation alone = compile(Compilation.EMPTY, policy(""));
    assertThat(alone.snapshot().policies().entry(API)).isInstanceOf(Entry.Unready.class);
    assertThat(operation(compile(alone, document(DOCUMENT)), "GET", "open").name())
        .isEqualTo("open");
  }

  @Test
  void anEditOfThePolicyDoesNotCompileTheDocumentAgain() {
    Compilation first = compile(Compilation.EMPTY, document(DOCUMENT), policy(""));
    Compilation second = compile(first, policy("environment: test"));
    assertThat(schemas(second)).isNotEmpty().isEqualTo(schemas(first));

    Compilation other = compile(second, document("openapi: 3.1.1"));
    assertThat(other.documents()).hasSize(1);
    Compilation without = Compiler.compile(new Changes(List.of(), List.of(API)), other);
    assertThat(without.documents()).as("nobody refers to it any more").isEmpty();
  }

  private static List<Object> schemas(Compilation compilation) {
    List<Object> schemas = new ArrayList<>();
    operation(compilation, "POST", "a", "1")
        .payload()
        .bodies()
        .forEach(body -> schemas.add(body.schema()));
    return schemas;
  }

  @Test
  void anApiNobodyCouldCallIsRefused() {
    Declared policy =
        CaseObjects.parse(
                """
                - kind: ApiPolicy
                  metadata: {name: api}
                  spec: {hosts: [api.example.com], openapi: {file: a.openapi.yaml}}
                """)
            .getFirst();
    assertThat(told(compile(Compilation.EMPTY, document(DOCUMENT), policy)))
        .contains(
            "ERROR spec.authentication.methods: it is empty, so nobody could call the operations of"
                + " `a.openapi.yaml`; declare a method");
  }

  @Test
  void aSchemaThatCannotBeUsedIsToldAndItsOperationTakesNothing() {
    Compilation compilation =
        compile(
            Compilation.EMPTY,
            document(
                """
                openapi: 3.1.1
                paths:
                  /a: {get: {operationId: a, parameters: [{name: q, in: query, schema: {$ref: 'other.yaml'}}]}}
                  /b: {get: {operationId: b, parameters: [{name: q, in: query, schema: {$ref: '#/x'}}]}}
                  /c: {get: {operationId: c, parameters: [{name: q, in: query, schema: {type: strng}}]}}
                  /d: {get: {operationId: d}}
                """),
            policy(""));
    assertThat(told(compilation))
        .hasSize(3)
        .allMatch(line -> line.startsWith("ERROR spec.openapi: in `a.openapi.yaml`, `/paths/~1"));
    assertThat(operation(compilation, "GET", "a").payload()).isSameAs(OpenApiCompilation.NOTHING);
    assertThat(operation(compilation, "GET", "d").payload())
        .isNotSameAs(OpenApiCompilation.NOTHING);
  }

  @Test
  void bodiesThatMayComeUnseenAreTold() {
    String text =
        """
        openapi: 3.1.1
        paths:
          /a:
            post: {operationId: postA, requestBody: {content: {application/json: {schema: {type: object}}}}}
            delete: {operationId: deleteA, requestBody: {content: {application/json: {schema: {type: object}}}}}
          /b: {delete: {operationId: deleteB, requestBody: {content: {application/json: {schema: {type: object}}}}}}
          /c: {delete: {operationId: deleteC, requestBody: {required: true, content: {application/json: {schema: {type: object}}}}}}
          /d: {delete: {operationId: deleteD, requestBody: {content: {text/plain: {}}}}}
          /e: {delete: {operationId: deleteE}}
        """;
    String told =
        "WARNING spec.openapi: in `a.openapi.yaml`, `/paths/~1a/delete/requestBody`: where Envoy"
            + " sends no bodies, one without `Content-Length` passes unjudged%s. Write"
            + " `required: true` there, or set `with_request_body`";
    assertThat(told(compile(Compilation.EMPTY, document(text), policy(""))))
        .containsExactly(told.formatted("; so it is with 1 more"));
    assertThat(
            told(
                compile(
                    Compilation.EMPTY,
                    document(text),
                    policy(
                        """
                        operations:
                        - {name: deleteA, match: [{methods: [DELETE], path: /a}]}
                        - name: deleteB
                          match: [{methods: [DELETE], path: /b}]
                          request: {contentTypes: [application/json], maxBytes: 9, body: {schema: {type: object}}}
                        """))))
        .containsExactlyInAnyOrder(
            told.formatted(""),
            "WARNING spec.operations[1].request.body: differs from"
                + " `/paths/~1b/delete/requestBody` in `a.openapi.yaml`, where it has its own"
                + " schema; the policy counts");
  }

  @Test
  void aToolWithTheNameOfAnOperationIsToldWithBothPlaces() {
    String text =
        """
        openapi: 3.1.1
        paths:
          /a: {get: {operationId: read_a}, put: {operationId: write_a}}
          /b: {get: {operationId: ping}}
        """;
    String mcp =
        """
        mcp:
          tools:
          - {name: read_a, arguments: {schema: {type: object}}}
          - {name: write_a, arguments: {schema: {type: object}}}
        """;
    String ping =
        "WARNING spec.openapi: `ping`, the operation `/paths/~1b/get` in `a.openapi.yaml`, is what"
            + " decisions and limits call an operation of the protocol itself too; declare it under"
            + " another name in `spec.operations`";
    assertThat(
            told(
                compile(
                    Compilation.EMPTY,
                    document(text),
                    policy(
                        mcp + "operations: [{name: write, match: [{methods: [PUT], path: /a}]}]"))))
        .containsExactlyInAnyOrder(
            ping,
            "WARNING spec.mcp.tools[0].name: `read_a` is the name of the operation"
                + " `/paths/~1a/get` in `a.openapi.yaml` too; declare that under another name in"
                + " `spec.operations`");
    assertThat(
            told(
                compile(
                    Compilation.EMPTY,
                    document(text),
                    policy(
                        mcp
                            + "operations: [{name: r, match: [{methods: [GET], path: /a}]}, {name:"
                            + " write_a, match: [{methods: [PUT], path: /a}]}]"))))
        .containsExactlyInAnyOrder(
            ping,
            "ERROR spec.mcp.tools[1].name: `write_a` is the name of `spec.operations[1]` too; rename"
                + " the operation");
  }
}
