package dev.sallyport.engine.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.json.DocumentText;
import dev.sallyport.engine.openapi.DocumentParameter.In;
import dev.sallyport.engine.openapi.DocumentParameter.Style;
import dev.sallyport.engine.openapi.OpenApiDocument.Reading;
import dev.sallyport.engine.openapi.OpenApiDocument.Version;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenApiDocumentTest {
  private static Reading reading(String yaml) {
    return switch (DocumentText.read(yaml)) {
      case DocumentText.Reading.Tree(var tree) -> OpenApiDocument.read(tree);
      case DocumentText.Reading.Faulty faulty -> throw new AssertionError(faulty.told());
    };
  }

  private static OpenApiDocument read(String yaml) {
    return switch (reading("openapi: 3.1.1\n" + yaml)) {
      case Reading.Usable(var document) -> document;
      case Reading.Refused(var faults) -> throw new AssertionError(faults.toString());
    };
  }

  private static List<String> faults(String yaml) {
    return switch (reading(yaml)) {
      case Reading.Usable(var document) -> throw new AssertionError("read: " + document);
      case Reading.Refused(var faults) -> faults.stream().map(Remark::told).toList();
    };
  }

  private static List<String> remarks(OpenApiDocument document) {
    return document.remarks().stream().map(Remark::told).toList();
  }

  private static List<String> templates(DocumentOperation operation) {
    return operation.templates().stream().map(template -> template.text()).toList();
  }

  @Test
  void anOperationHasMethodTemplateParametersBodyAndScopes() {
    OpenApiDocument document =
        read(
            """
            info: {title: Payments, version: '1'}
            servers: [{url: https://api.example.com/v1/}]
            components:
              securitySchemes:
                oauth: {type: oauth2, flows: {}}
            paths:
              /payments/{id}:
                parameters: [{name: id, in: path, required: true, schema: {type: string}}]
                put:
                  operationId: payments/put
                  parameters:
                  - {name: tags, in: query, explode: false, schema: {type: array}}
                  - {name: X-Trace, in: header, required: true, schema: {type: string}}
                  requestBody:
                    required: true
                    content: {Application/JSON; charset=utf-8: {schema: {type: object}}}
                  security: [{oauth: [payments:write]}]
                  responses: {'200': {description: fine}}
            """);
    assertThat(document.version()).isEqualTo(Version.V3_1);
    assertThat(document.title()).isEqualTo("Payments");
    assertThat(document.hosts()).containsExactly("api.example.com");
    assertThat(document.remarks()).isEmpty();
    DocumentOperation put = document.operations().getFirst();
    assertThat(put.name()).isEqualTo("payments-put");
    assertThat(put.pointer()).isEqualTo("/paths/~1payments~1{id}/put");
    assertThat(put.method()).isEqualTo("PUT");
    assertThat(templates(put)).containsExactly("/v1/payments/{id}");
    assertThat(put.parameters())
        .containsExactly(
            new DocumentParameter(
                "/paths/~1payments~1{id}/parameters/0",
                In.PATH,
                "id",
                true,
                Style.SIMPLE,
                false,
                false,
                null,
                "/paths/~1payments~1{id}/parameters/0/schema"),
            new DocumentParameter(
                "/paths/~1payments~1{id}/put/parameters/0",
                In.QUERY,
                "tags",
                false,
                Style.FORM,
                false,
                false,
                null,
                "/paths/~1payments~1{id}/put/parameters/0/schema"),
            new DocumentParameter(
                "/paths/~1payments~1{id}/put/parameters/1",
                In.HEADER,
                "x-trace",
                true,
                Style.SIMPLE,
                false,
                false,
                null,
                "/paths/~1payments~1{id}/put/parameters/1/schema"));
    assertThat(put.body()).isNotNull();
    assertThat(put.body().required()).isTrue();
    assertThat(put.body().content()).hasSize(1);
    assertThat(put.body().content().getFirst().range()).isEqualTo("application/json");
    assertThat(put.scopes().all()).containsExactly("payments:write");
  }

  @Test
  void localReferencesLeadToPathsParametersAndBodies() {
    OpenApiDocument document =
        read(
            """
            components:
              pathItems:
                One: {post: {parameters: [{$ref: '#/components/parameters/a~1b'}], requestBody: {$ref: '#/components/requestBodies/B%20C'}}}
              parameters:
                a/b: {$ref: '#/components/parameters/c'}
                c: {name: c, in: query, schema: {type: string}}
              requestBodies:
                B C: {content: {application/json: {schema: {$ref: '#/x'}}}}
            paths:
              /one: {$ref: '#/components/pathItems/One'}
            """);
    DocumentOperation one = document.operations().getFirst();
    assertThat(one.name()).isEqualTo("post-one");
    assertThat(one.parameters().getFirst().schema()).isEqualTo("/components/parameters/c/schema");
    assertThat(one.body()).isNotNull();
    assertThat(one.body().content().getFirst().schema())
        .isEqualTo("/components/requestBodies/B C/content/application~1json/schema");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'paths: {/a: {$ref: "https://example.com/a.yaml"}}' | `/paths/~1a`: the reference leads out of the document, and nothing is fetched; put it all into one document
          'paths: {/a: {$ref: "other.yaml#/a"}}' | `/paths/~1a`: the reference leads out of the document, and nothing is fetched; put it all into one document
          'paths: {/a: {$ref: "file:///etc/passwd"}}' | `/paths/~1a`: the reference leads out of the document, and nothing is fetched; put it all into one document
          'paths: {/a: {$ref: "#/paths/~1a"}}' | `/paths/~1a`: the references go round in a loop
          'paths: {/a: {$ref: "#/paths/~1b"}, /b: {$ref: "#/paths/~1a"}}' | `/paths/~1a`: the references go round in a loop
          'paths: {/a: {$ref: "#/nowhere"}}' | `/paths/~1a`: the reference leads to nothing in the document
          'paths: {/a: {get: {parameters: [{$ref: "#/info"}]}}}' | `/paths/~1a/get/parameters/0`: the reference leads to nothing in the document
          'paths: {/a: {post: {requestBody: {$ref: "https://x/y"}}}}' | `/paths/~1a/post/requestBody`: the reference leads out of the document, and nothing is fetched; put it all into one document
          'paths: []' | `/paths`: `paths` must be an object
          'paths: {/a: {get: 1}}' | `/paths/~1a/get`: this must be an object
          'paths: {/a: {get: {security: {}}}}' | `/paths/~1a/get/security`: `security` must be a list
          'paths: {/a: {get: {parameters: [{name: a}]}}}' | `/paths/~1a/get/parameters/0`: a parameter needs `name` and `in`
          'paths: {/a: {get: {parameters: [{name: a, in: body}]}}}' | `/paths/~1a/get/parameters/0`: `in` is `path`, `query`, `header` or `cookie`
          'paths: {/a: {get: {parameters: [{name: a, in: header, style: form}]}}}' | `/paths/~1a/get/parameters/0`: the `style` is none of a parameter in `header`
          'paths: {/a: {post: {requestBody: {content: {}}}}}' | `/paths/~1a/post/requestBody`: a body needs `content` with at least one media type
          """)
  void whatCannotBeFollowedRefusesTheDocument(String yaml, String fault) {
    assertThat(faults("openapi: 3.0.3\n" + yaml)).contains(fault);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'swagger: "2.0"' | this is OpenAPI 2.0 (Swagger), which is not read; convert it to 3.0 or 3.1
          'openapi: 3.2.0' | OpenAPI 3.2.0 is not read; `openapi` must be 3.0.x or 3.1.x
          'openapi: 3.1' | `openapi` must be text in quotes, as "3.0.4" or "3.1.1"
          'openapi: 4.0.0' | OpenAPI 4.0.0 is not read; `openapi` must be 3.0.x or 3.1.x
          'openapi: [x]' | `openapi` must be text in quotes, as "3.0.4" or "3.1.1"
          'a: 1' | this is no OpenAPI document: it has no `openapi`
          '- 1' | this is no OpenAPI document, but a single value or a list
          """)
  void otherVersionsAreRefusedByName(String yaml, String fault) {
    assertThat(faults(yaml)).containsExactly(fault);
  }

  @Test
  void pathsThatCannotBeToldApartAreLeftOutAndTold() {
    OpenApiDocument document =
        read(
            """
            paths:
              /a/{b}.json: {get: {}}
              /files/**: {get: {}}
              /a%20b: {get: {}}
              /fine/{id}: {get: {}}
              x-more: {get: {}}
            """);
    assertThat(document.operations())
        .singleElement()
        .satisfies(operation -> assertThat(operation.name()).isEqualTo("get-fine-id"));
    String leftOut =
        "; it is left out, and its requests are undeclared, whatever other templates take";
    assertThat(remarks(document))
        .containsExactly(
            "`/paths/~1a~1{b}.json/get`: the path needs whole segments as parameters, unlike"
                + " `{b}.json`"
                + leftOut,
            "`/paths/~1files~1**/get`: `**` is no parameter of OpenAPI" + leftOut,
            "`/paths/~1a%20b/get`: the path must be written decoded, without `%`" + leftOut);
  }

  @Test
  void serversGiveBasePathsAndTheNearestCount() {
    OpenApiDocument document =
        read(
            """
            servers:
            - url: https://{region}.example.com:8443/{base}/
              variables: {region: {default: eu}, base: {default: v1, enum: [v1, v2]}}
            - {url: //other.example.com}
            paths:
              /a:
                get: {}
                put: {servers: [{url: /own}]}
              /b:
                servers: [{url: /b}]
                get: {}
            """);
    assertThat(document.hosts()).containsExactly("eu.example.com", "other.example.com");
    assertThat(document.operations())
        .extracting(OpenApiDocumentTest::templates)
        .containsExactly(List.of("/v1/a", "/v2/a", "/a"), List.of("/own/a"), List.of("/b/b"));
  }

  @Test
  void serversThatSayNothingAreTold() {
    OpenApiDocument document =
        read(
            """
            servers: [{url: v1}, {url: 'https://a/{b}'}, {url: '/a?b'}, {url: ''}]
            paths: {/a: {get: {}, put: {servers: [{url: ../x}]}}}
            """);
    assertThat(document.operations())
        .extracting(OpenApiDocumentTest::templates)
        .containsExactly(List.of("/a"));
    assertThat(document.remarks())
        .extracting(Remark::pointer)
        .containsExactly(
            "/servers/0",
            "/servers/1",
            "/servers/2",
            "/servers/3",
            "/paths/~1a/put/servers/0",
            "/paths/~1a/put");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          '[{o: [a]}]'               | [a]       | []     | false | false
          '[{o: [a, b]}]'            | [a, b]    | []     | false | false
          '[{o: [a]}, {o: [b]}]'     | []        | [a, b] | false | false
          '[{o: [a, c]}, {o: [b, c]}]' | [c]     | [a, b] | false | false
          '[{o: [a]}, {o: [a, b]}]'  | [a]       | []     | false | false
          '[{o: [a], p: [b]}]'       | [a, b]    | []     | false | false
          '[{o: [a, b]}, {o: [c, d]}]' | [a, b, c, d] | [] | false | true
          '[{o: [a]}, {k: []}]'      | [a]       | []     | false | true
          '[{o: [a]}, {}]'           | [a]       | []     | true  | true
          '[{k: []}]'                | []        | []     | false | false
          '[{o: []}]'                | []        | []     | false | false
          '[{k: [a]}]'               | [a]       | []     | false | false
          '[{gone: [a]}]'            | [a]       | []     | false | false
          '[{o: [a]}, {gone: [b]}]'  | []        | [a, b] | false | false
          '[]'                       | []        | []     | true  | false
          '[{}]'                     | []        | []     | true  | false
          """)
  void securityBecomesScopesAndNeverFewer(
      String security, String all, String any, boolean anonymous, boolean remarked) {
    Scopes scopes =
        read("""
        components: {securitySchemes: {o: {type: oauth2}, p: {type: openIdConnect}, k: {type: apiKey, in: header, name: K}}}
        paths: {/a: {get: {security: %s}}}
        """
                .formatted(security))
            .operations()
            .getFirst()
            .scopes();
    assertThat(scopes.all()).hasToString(all);
    assertThat(scopes.any()).hasToString(any);
    assertThat(scopes.anonymous()).isEqualTo(anonymous);
    assertThat(scopes.remark() != null).isEqualTo(remarked);
    assertThat(scopes.pointer()).isEqualTo("/paths/~1a/get/security");
  }

  @Test
  void theDocumentsSecurityHoldsWhereAnOperationHasNone() {
    OpenApiDocument document =
        read(
            """
            security: [{o: [a]}]
            components: {securitySchemes: {o: {type: oauth2}}}
            paths: {/a: {get: {}, put: {security: []}}}
            """);
    assertThat(document.operations())
        .extracting(operation -> operation.scopes().pointer() + operation.scopes().all())
        .containsExactly("/security[a]", "/paths/~1a/put/security[]");
  }

  @Test
  void schemesAndRolesThatMeanNothingAreTold() {
    OpenApiDocument document =
        read(
            """
            components: {securitySchemes: {k: {type: http, scheme: Bearer}}}
            paths: {/a: {get: {security: [{k: [admin]}, {gone: [x]}]}}}
            """);
    assertThat(remarks(document))
        .containsExactly(
            "`/paths/~1a/get/security/0`: roles of a scheme that knows no scopes count as scopes here",
            "`/paths/~1a/get/security/1`: it names a scheme that the document does not declare; what"
                + " it lists counts as scopes");
    assertThat(document.securitySchemes())
        .singleElement()
        .satisfies(scheme -> assertThat(scheme.parameter()).isEqualTo("bearer"));
  }

  @Test
  void namesAreMadeFit() {
    OpenApiDocument document =
        read(
            """
            paths:
              /v1/payments/{paymentId}: {get: {}, put: {operationId: repos/list it!}, post: {operationId: repos/list it?}}
              /: {get: {}}
              /long: {get: {operationId: %s}, put: {operationId: %s}}
            """
                .formatted("x".repeat(80) + "1", "x".repeat(80) + "2"));
    assertThat(document.operations())
        .extracting(DocumentOperation::name)
        .satisfies(names ->
            assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.length() <= 63))
        .startsWith("get-v1-payments-paymentId", "repos-list-it", "repos-list-it-2", "get");
  }

  @Test
  void parametersOfAnOperationGoBeforeThoseOfItsPath() {
    OpenApiDocument document =
        read(
            """
            paths:
              /a:
                parameters: [{name: q, in: query}, {name: Accept, in: header}, {name: q, in: header}]
                get: {parameters: [{name: q, in: query, required: true, style: deepObject}, {name: z, in: path}]}
            """);
    assertThat(document.operations().getFirst().parameters())
        .extracting(parameter ->
            parameter.in().code() + ' ' + parameter.style().code() + ' ' + parameter.required())
        .containsExactly("query deepObject true", "header simple false");
    assertThat(remarks(document))
        .containsExactly(
            "`/paths/~1a/get`: a parameter in `path` is not in the path, and has no effect");
  }

  @Test
  void ofTheEncodingOfFormsItIsSaidWhatHasNoEffect() {
    OpenApiDocument document =
        read(
            """
            paths:
              /a:
                post:
                  requestBody:
                    content:
                      multipart/form-data:
                        schema: {type: object}
                        encoding:
                          picture: {contentType: 'image/png, image/jpeg', headers: {X-Size: {schema: {type: integer}}}}
                          note: {style: form, explode: true}
                      application/x-www-form-urlencoded:
                        schema: {type: object}
                        encoding: {card: {contentType: application/json}}
                      application/json:
                        schema: {type: object}
                        encoding: {tags: {style: pipeDelimited}}
            """);
    String content = "`/paths/~1a/post/requestBody/content/";
    assertThat(remarks(document))
        .containsExactly(
            content
                + "multipart~1form-data/encoding/picture/contentType`: the type of a part is not"
                + " compared with it; the part itself says whether it is JSON or text",
            content
                + "multipart~1form-data/encoding/picture/headers`: headers of parts are not judged",
            content
                + "application~1x-www-form-urlencoded/encoding/card/contentType`: a field of such a"
                + " form is read as text, whatever its type",
            content
                + "application~1json/encoding`: it is for the fields of forms, so it has no effect"
                + " here");
    RequestBody body = document.operations().getFirst().body();
    assertThat(body).isNotNull();
    assertThat(body.content()).allMatch(type -> type.oddField() == null);
  }

  @Test
  void callbacksWebhooksAndAnswersAreNotOurs() {
    OpenApiDocument document =
        read(
            """
            webhooks: {a: {post: {}}}
            paths:
              /a: {get: {callbacks: {c: {'{$request.body#/url}': {post: {}}}}, responses: {default: {$ref: 'https://x/y'}}}}
            """);
    assertThat(document.operations()).hasSize(1);
    assertThat(document.remarks()).isEmpty();
  }

  @Test
  void anOperationWithoutScopesButSeveralRemarksIsToldOnce() {
    StringBuilder paths = new StringBuilder("paths:\n");
    for (int i = 0; i < 150; i++) {
      paths.append("  /p").append(i).append("/{x}.json: {get: {}}\n");
    }
    assertThat(remarks(read(paths.toString())))
        .hasSize(101)
        .last()
        .isEqualTo("51 more places can't be enforced as they stand");
  }
}
