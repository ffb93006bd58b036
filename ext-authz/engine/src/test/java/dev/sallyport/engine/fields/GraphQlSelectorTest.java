package dev.sallyport.engine.fields;

import static dev.sallyport.engine.fields.Asking.CARD;
import static dev.sallyport.engine.fields.Asking.NOTHING;
import static dev.sallyport.engine.fields.Asking.graphql;
import static dev.sallyport.engine.fields.Asking.post;
import static dev.sallyport.engine.fields.Asking.scope;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.fields.FieldScope.Selection;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GraphQlSelectorTest {
  private static final List<String> HELD = List.of(CARD);
  private static final FieldScope SCOPE = scope(graphql());
  private static final String REFUSED = "beyond [] []";
  private static final String NUMBER = "beyond [card.number] [payments:card.read]";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{id}",
        "query { id amount }",
        "query Q($x: Int = 1) { id(at: $x) @include(if: true) }",
        "{ a: id, b: amount, __typename }",
        "{ ... on Query { id } ...F } fragment F on Query { currency }",
        "{ __typename }",
        "{ card { __typename } }",
        "{ id } fragment Unused on X { secret ...Unused }",
        "# a comment with card\n{ id }"
      })
  void fieldsWithinScopeMayBeAskedFor(String document) {
    assertThat(graphql(SCOPE, document, NOTHING)).isEqualTo("stays");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ card { number } }",
        "{ id: card { id: number } }",
        "{ ... on Query { card { ... { number } } } }",
        "{ ...F } fragment F on Query { card { ...G } } fragment G on Card { number }",
        "{ card { number @include(if: false) } }",
        "query($no: Boolean!) { card @skip(if: $no) { number } }",
        "{ card { __typename number } id }"
      })
  void everyWayToAskForAFieldNeedsItsScope(String document) {
    assertThat(graphql(SCOPE, document, NOTHING)).isEqualTo(NUMBER);
    assertThat(graphql(SCOPE, document, HELD)).isEqualTo("stays");
  }

  @Test
  void anObjectWithoutSelectionsIsAllOfIt() {
    assertThat(graphql(SCOPE, "{ card }", NOTHING))
        .isEqualTo("beyond [card.number, card.holder, card.issuer.name] [payments:card.read]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ secret }",
        "{ ID }",
        "{ id { x } }",
        "{ card { cvv } }",
        "{ number }",
        "{ _service { sdl } }",
        "{ card { __schema { types { name } } } }",
        "{ __typename { x } }",
        "{ id: secret }"
      })
  void unknownFieldsAreBeyondEveryScope(String document) {
    assertThat(graphql(SCOPE, document, HELD)).isEqualTo(REFUSED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{}",
        "nonsense",
        "{ id } }",
        "{ ...F }",
        "{ ...F } fragment F on Query { ...F }",
        "{ ...F } fragment F on Query { ...G } fragment G on Query { ... { ...F } }",
        "{ ...F } fragment F on Query { id } fragment F on Query { id }",
        "{ id } { amount }",
        "query A { id } query A { id }",
        "query A { id } query B { id }",
        "mutation { id }",
        "subscription { id }",
        "{ __schema { types { name } } }",
        "{ __type(name: \"X\") { name } }",
        "{ id } type X { y: Int }",
        "fragment F on X { id }",
        "{ a1: id a2: id a3: id a4: id a5: id a6: id a7: id a8: id a9: id a10: id a11: id a12: id"
            + " a13: id a14: id a15: id a16: id }"
      })
  void whatCanNotBeJudgedIsBeyondEveryScope(String document) {
    assertThat(graphql(SCOPE, document, HELD)).isEqualTo(REFUSED);
  }

  @Test
  void theOperationIsChosenByItsName() {
    String document = "query A { id } query B { card { number } }";
    assertThat(named(document, "\"A\"")).isEqualTo("stays");
    assertThat(named(document, "\"B\"")).isEqualTo(NUMBER);
    assertThat(named(document, "\"C\"")).isEqualTo(REFUSED);
    assertThat(named(document, "\"\"")).isEqualTo(REFUSED);
    assertThat(named(document, "null")).isEqualTo(REFUSED);
    assertThat(named(document, "1")).isEqualTo(REFUSED);
    assertThat(named("query A { id }", "null")).isEqualTo("stays");
    assertThat(named("{ id }", "\"A\"")).isEqualTo(REFUSED);
  }

  private static String named(String document, String name) {
    return post(
        SCOPE, "{\"query\": \"" + document + "\", \"operationName\": " + name + "}", NOTHING);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"query\": \"{id}\", \"variables\": null, \"extensions\": null}",
        "{\"query\": \"{id}\", \"variables\": {\"x\": 1}, \"extensions\": {\"trace\": 1}}"
      })
  void variablesAndExtensionsMayBeThere(String body) {
    assertThat(post(SCOPE, body, NOTHING)).isEqualTo("stays");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"query\": \"{id}\"}]",
        "[]",
        "null",
        "\"{id}\"",
        "{}",
        "{\"query\": null}",
        "{\"query\": [\"{id}\"]}",
        "{\"Query\": \"{id}\"}",
        "{\"query\": \"{id}\", \"variables\": []}",
        "{\"query\": \"{id}\", \"variables\": \"{}\"}",
        "{\"query\": \"{id}\", \"extensions\": 1}",
        "{\"query\": \"{id}\", \"id\": \"stored\"}",
        "{\"query\": \"{id}\", \"documentId\": \"stored\"}",
        "{\"extensions\": {\"persistedQuery\": {\"version\": 1, \"sha256Hash\": \"a\"}}}",
        "{\"query\": \"{id}\", \"extensions\": {\"persistedQuery\": {\"sha256Hash\": \"a\"}}}"
      })
  void whatIsNoSingleRequestIsRefused(String body) {
    assertThat(post(SCOPE, body, HELD)).isEqualTo(REFUSED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "query=%7Bid%7D",
        "QUERY=1",
        "variables=%7B%7D",
        "extensions=%7B%7D",
        "documentId=a",
        "id=stored",
        "x=1;query=%7Bcard%7D",
        "%zz=1"
      })
  void aBodyBesideParametersIsRefused(String query) {
    assertThat(check("POST", query, Asking.body("{\"query\": \"{id}\"}"))).isEqualTo(REFUSED);
  }

  @Test
  void otherParametersMayStandBesideABody() {
    assertThat(check("POST", "api_key=x&a;b", Asking.body("{\"query\": \"{id}\"}")))
        .isEqualTo("stays");
  }

  @Test
  void aBodyOfAnotherTypeIsRefused() {
    Content.Tree json = (Content.Tree) Asking.body("{\"query\": \"{id}\"}");
    for (String type : List.of("application/graphql", "application/x-www-form-urlencoded")) {
      assertThat(check("POST", "", new Content.Tree(json.value(), type))).isEqualTo(REFUSED);
    }
    assertThat(check("POST", "", new Content.Absent())).isEqualTo(REFUSED);
    assertThat(check("POST", "", new Content.Unread())).isEqualTo(REFUSED);
    assertThat(check("GET", "", json)).isEqualTo(REFUSED);
  }

  @Test
  void aGetHasItsDocumentInTheQuery() {
    assertThat(get("query=" + encoded("{ id }"))).isEqualTo("stays");
    assertThat(
            get("api_key=1&query=" + encoded("query A { id }") + "&operationName=A&variables={}"))
        .isEqualTo("stays");
    assertThat(get("query=" + encoded("{ card { number } }"))).isEqualTo(NUMBER);
    assertThat(get("query=" + encoded("{ id }") + "&query=" + encoded("{ card }")))
        .isEqualTo(REFUSED);
    assertThat(get("query=" + encoded("{ id }") + "&variables=[]")).isEqualTo(REFUSED);
    assertThat(get("query=" + encoded("{ id }") + "&variables=x")).isEqualTo(REFUSED);
    assertThat(get("query=" + encoded("{ id }") + "&extensions={\"persistedQuery\":1}"))
        .isEqualTo(REFUSED);
    assertThat(get("")).isEqualTo(REFUSED);
    assertThat(get("query=")).isEqualTo(REFUSED);
    assertThat(get("query=%ff")).isEqualTo(REFUSED);
  }

  @Test
  void aGetNeverChangesAnything() {
    FieldScope all = scope(graphql("{\"operations\": [\"query\", \"mutation\"]}"));
    assertThat(graphql(all, "mutation { id }", NOTHING)).isEqualTo("stays");
    assertThat(shown(all, "GET", "query=" + encoded("mutation { id }"), new Content.Absent()))
        .isEqualTo(REFUSED);
    FieldScope mutations = scope(graphql("{\"operations\": [\"mutation\"]}"));
    assertThat(graphql(mutations, "{ id }", NOTHING)).isEqualTo(REFUSED);
    assertThat(shown(mutations, "GET", "query=" + encoded("{ id }"), new Content.Absent()))
        .isEqualTo(REFUSED);
  }

  @Test
  void introspectionIsUpToThePolicy() {
    FieldScope open = scope(graphql("{\"introspection\": \"Allow\"}"));
    assertThat(
            graphql(open, "{ __schema { types { name } } __type(name: \"X\") { name } }", NOTHING))
        .isEqualTo("stays");
    String deep =
        "{ __schema { types { "
            + "fields { type { ".repeat(10)
            + "name"
            + " } }".repeat(10)
            + " } } }";
    assertThat(graphql(open, deep, NOTHING)).isEqualTo(REFUSED);
    assertThat(graphql(open, "{ __schema { types { name } } secret }", NOTHING)).isEqualTo(REFUSED);
  }

  @Test
  void depthAndAliasesAreUpToThePolicy() {
    FieldScope strict = scope(graphql("{\"maxDepth\": 2, \"maxAliases\": 0}"));
    assertThat(graphql(strict, "{ card { number } }", HELD)).isEqualTo("stays");
    assertThat(graphql(strict, "{ ... { ... { card { ... { number } } } } }", HELD))
        .isEqualTo("stays");
    assertThat(graphql(strict, "{ card { issuer { name } } }", HELD)).isEqualTo(REFUSED);
    assertThat(graphql(strict, "{ a: id }", HELD)).isEqualTo(REFUSED);
  }

  @Test
  void aliasesCountWhereverAFragmentIsSpread() {
    String document = "{ " + "...F ".repeat(16) + "} fragment F on Query { a: id }";
    assertThat(graphql(SCOPE, document, HELD)).isEqualTo(REFUSED);
  }

  @Test
  void tenThousandAliasesAreRefused() {
    String document =
        IntStream.range(0, 10_000)
            .mapToObj(i -> "a" + i + ":id")
            .collect(Collectors.joining(" ", "{", "}"));
    assertThat(graphql(SCOPE, document, HELD)).isEqualTo(REFUSED);
  }

  @Test
  void fragmentsThatMultiplyAreRefused() {
    String document =
        IntStream.range(0, 40)
                .mapToObj(i -> "fragment F%d on Q { ...F%d ...F%d }".formatted(i, i + 1, i + 1))
                .collect(Collectors.joining(" ", "{ ...F0 } ", " "))
            + "fragment F40 on Q { id }";
    assertThat(graphql(SCOPE, document, HELD)).isEqualTo(REFUSED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{", "{a", "{ ... ", "[", "{a(b:[", "{a(b:{c:", "(", "\"", "#", "{a(b:\"\"\""})
  void nonsenseOfAnySizeIsRefused(String part) {
    assertThat(graphql(SCOPE, part.repeat(20_000), HELD)).isEqualTo(REFUSED);
    assertThat(graphql(SCOPE, part.repeat(900), HELD)).isEqualTo(REFUSED);
  }

  @Test
  void longNumbersAreRefusedBeforeTheyAreParsed() {
    assertThat(graphql(SCOPE, "{ id(x: " + "9".repeat(100) + ") }", HELD)).isEqualTo("stays");
    assertThat(graphql(SCOPE, "{ id(x: " + "9".repeat(101) + ") }", HELD)).isEqualTo(REFUSED);
    assertThat(graphql(SCOPE, "{ id(x: 1e999999999) }", HELD)).isEqualTo("stays");
  }

  @Test
  void deepSelectionsAreRefused() {
    for (int depth : new int[] {11, 90, 300, 1_900}) {
      assertThat(graphql(SCOPE, "{card".repeat(depth) + "{id}" + "}".repeat(depth), HELD))
          .isEqualTo(REFUSED);
      assertThat(graphql(SCOPE, "{...".repeat(depth) + "{secret}" + "}".repeat(depth), HELD))
          .isEqualTo(REFUSED);
    }
  }

  private static String get(String query) {
    return check(
        "GET",
        query.replace("{", "%7B").replace("}", "%7D").replace("\"", "%22"),
        new Content.Absent());
  }

  private static String check(String method, String query, Content content) {
    return shown(SCOPE, method, query, content);
  }

  private static String shown(FieldScope scope, String method, String query, Content content) {
    return switch (scope.check(Asking.request(method, query), content, NOTHING)) {
      case Selection.Within _ -> "stays";
      case Selection.Beyond(var fields, var scopes, _) -> "beyond " + fields + ' ' + scopes;
      case Selection.Unreadable(var denial) -> denial.reason().code();
    };
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
