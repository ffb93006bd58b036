package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries that are narrowed reach the upstream through Envoy exactly as Sallyport wrote them. */
class FieldScopeIT {
  private static final String KEY = "e2e-key-fields";

  @TempDir private static Path work;

  private static Boundary boundary;

  @BeforeAll
  static void start() throws IOException {
    Path policies = Files.createDirectories(work.resolve("policies"));
    Files.writeString(policies.resolve("fields.yaml"), policies());
    boundary = Boundary.start(work, policies);
  }

  private static String policies() {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: fields, namespace: e2e}
    spec:
      hosts: [fields.example.com]
      authentication:
        methods:
        - {name: header, apiKey: {header: X-API-Key}}
        - {name: query, apiKey: {query: api_key}}
      operations:
      - name: dots
        match: [{methods: [GET], path: "/dots/{id}"}]
        fields:
          selectors: [{query: fields}]
          outOfScope: Restrict
          available: [id, amount, card.number, card.holder]
          rules: [{fields: [card.number], scopes: [pan]}]
      - name: braces
        match: [{methods: [GET], path: /braces}]
        fields:
          selectors: [{query: fields, list: Spaces, nested: Braces}]
          available: [id, card.holder, card.name]
      - name: repeated
        match: [{methods: [GET], path: /repeated}]
        fields:
          selectors: [{query: fields, list: Repeated, nested: Parentheses}]
          available: [id, card.holder, card.name]
      - name: odata
        match: [{methods: [GET], path: /odata}]
        fields:
          selectors: [{query: $select}, {query: $expand}]
          available: [id, amount, card.number, card.holder]
      - name: graphql
        match: [{methods: [GET, POST], path: /graphql}]
        fields:
          selectors: [{graphql: {}}]
          available: [id, card.number]
          rules: [{fields: [card], scopes: [pan]}]
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: shadow, namespace: e2e}
    spec:
      hosts: [shadow.example.com]
      enforcement: Shadow
      authentication: {methods: [{name: header, apiKey: {header: X-API-Key}}]}
      operations:
      - name: read
        match: [{methods: [GET], path: /read}]
        fields: {selectors: [{query: fields}], available: [id]}
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: caller, namespace: e2e}
    spec:
      type: Partner
      owner: {team: e2e}
      credentials: [{name: key, apiKey: {sha256: %s}}]
    """
        .formatted(TestPolicies.sha256(KEY));
  }

  @AfterAll
  static void end() {
    if (boundary != null) {
      boundary.close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "/dots/1 /dots/1?fields=id,amount,card.holder",
        "/dots/1? /dots/1?fields=id,amount,card.holder",
        "/dots/1?fields=id,card.number /dots/1?fields=id",
        "/dots/a%20b~c?x=%2F%3f&y&&fields=*&z=a+b;c=%C3%A9"
            + " /dots/a%20b~c?x=%2F%3f&y&&fields=id,amount,card.holder&z=a+b;c=%C3%A9",
        "/dots/1?fields=id+amount&v=%zz&fields=card /dots/1?fields=id,amount,card.holder&v=%zz",
        "/dots/1?f%69elds=card /dots/1?f%69elds=card.holder",
        "/braces /braces?fields=id%20card%7Bholder%20name%7D",
        "/braces?fields=card,id /braces?fields=card%7Bholder%20name%7D%20id",
        "/repeated?a=1 /repeated?a=1&fields=id&fields=card(holder,name)",
        "/odata?$expand=card&$top=2"
            + " /odata?$expand=card($select%3Dnumber,holder)&$top=2&$select=id,amount"
      })
  void aNarrowedQueryReachesTheUpstream(String target, String expected) {
    assertThat(seen(RawRequest.get("fields.example.com", target).with("X-API-Key", KEY)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/dots/1?fields=id",
        "/dots/1?fields=amount,id&x=%2f&y",
        "/dots/1?fields=id%2Camount",
        "/odata?$select=id&$expand=card($select=holder)"
      })
  void aQueryWithinScopeReachesTheUpstreamAsItWasSent(String target) {
    assertThat(seen(RawRequest.get("fields.example.com", target).with("X-API-Key", KEY)))
        .isEqualTo(target);
  }

  /** Envoy sorts the parameters of a query that it removes one from. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "/dots/1?api_key=%s /dots/1?fields=id,amount,card.holder",
        "/dots/1?a=%%20b&api_key=%s&c=1 /dots/1?a=%%20b&c=1&fields=id,amount,card.holder",
        "/dots/1?fields=card&api_key=%s&c=%%2f%%2F /dots/1?c=%%2f%%2F&fields=card.holder",
        "/braces?api_key=%s&x /braces?fields=id%%20card%%7Bholder%%20name%%7D&x="
      })
  void aKeyInTheQueryIsStrippedOfTheNarrowedQueryToo(String target, String expected) {
    assertThat(seen(RawRequest.get("fields.example.com", target.formatted(KEY))))
        .isEqualTo(expected.formatted());
  }

  @Test
  void aShadowPolicyNarrowsNothing() {
    assertThat(seen(RawRequest.get("shadow.example.com", "/read?x=1").with("X-API-Key", KEY)))
        .isEqualTo("/read?x=1");
  }

  @Test
  void aGraphQlDocumentIsJudgedAndReachesTheUpstreamAsItWasSent() {
    String body = "{\"query\": \"{ a: id, __typename }\"}";
    Upstream.Seen seen = boundary.send(graphql(body)).seen().orElseThrow();
    assertThat(seen.body()).isEqualTo(body);
    assertThat(seen.target()).isEqualTo("/graphql");

    Reply denied = boundary.send(graphql("{\"query\": \"{ id: card { id: number } }\"}"));
    assertThat(denied.status()).isEqualTo(403);
    assertThat(denied.reason()).isEqualTo("field_out_of_scope");
    assertThat(denied.json().path("detail").asString())
        .isEqualTo("the request names fields beyond the caller's scope: card.number");
  }

  @Test
  void aGraphQlDocumentInPiecesIsJudgedWhole() {
    RawRequest pieces =
        RawRequest.of("POST", "fields.example.com", "/graphql")
            .with("X-API-Key", KEY)
            .with("Content-Type", "application/json")
            .with("Transfer-Encoding", "chunked");
    String chunks = "a\r\n{\"query\":\"\r\n7\r\n{id}\"}\n\r\n0\r\n\r\n";

    Reply reply =
        boundary.send(new RawRequest(pieces.method(), pieces.target(), pieces.fields(), chunks));

    assertThat(reply.status()).as("%s", reply).isEqualTo(200);
  }

  @Test
  void aGraphQlDocumentInTheQueryIsJudged() {
    assertThat(seen(get("/graphql?query=%7Bid%7D"))).isEqualTo("/graphql?query=%7Bid%7D");
    assertThat(boundary.send(get("/graphql?query=%7Bcard%7Bnumber%7D%7D")).reason())
        .isEqualTo("field_out_of_scope");
  }

  private static RawRequest get(String target) {
    return RawRequest.get("fields.example.com", target).with("X-API-Key", KEY);
  }

  private static RawRequest graphql(String body) {
    return RawRequest.of("POST", "fields.example.com", "/graphql")
        .with("X-API-Key", KEY)
        .with("Content-Type", "application/json")
        .withBody(body);
  }

  /** The target that the upstream saw. */
  private static String seen(RawRequest request) {
    Reply reply = boundary.send(request);
    assertThat(reply.status()).as("%s: %s", request.target(), reply).isEqualTo(200);
    return reply.seen().orElseThrow().target();
  }
}
