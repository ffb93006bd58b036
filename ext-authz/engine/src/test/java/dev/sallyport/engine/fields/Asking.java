package dev.sallyport.engine.fields;

import dev.sallyport.crd.ApiPolicySpec.FieldRule;
import dev.sallyport.crd.ApiPolicySpec.Fields;
import dev.sallyport.crd.ApiPolicySpec.GraphQl;
import dev.sallyport.crd.ApiPolicySpec.ListStyle;
import dev.sallyport.crd.ApiPolicySpec.Nesting;
import dev.sallyport.crd.ApiPolicySpec.OutOfScope;
import dev.sallyport.crd.ApiPolicySpec.Selector;
import dev.sallyport.crd.ApiPolicySpec.Unselected;
import dev.sallyport.engine.Sent;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.fields.FieldScope.Selection;
import dev.sallyport.engine.json.Json;
import dev.sallyport.engine.json.JsonReader;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Field scopes and requests for tests: payments, whose card needs a scope. */
final class Asking {
  static final String CARD = "payments:card.read";
  static final List<String> NOTHING = List.of();
  static final List<String> AVAILABLE =
      List.of("id", "amount", "currency", "card.number", "card.holder", "card.issuer.name");

  private static final JsonReader JSON = new JsonReader(JsonReader.Limits.BODY);

  private Asking() {}

  static Selector query(String parameter) {
    return query(parameter, ListStyle.Commas, Nesting.Dots);
  }

  static Selector query(String parameter, ListStyle list, Nesting nested) {
    return new Selector(parameter, list, nested, null, null);
  }

  static Selector graphql() {
    return graphql("{}");
  }

  static Selector graphql(String spec) {
    return new Selector(
        null,
        ListStyle.Commas,
        Nesting.Dots,
        new JsonMapper().readValue(spec, GraphQl.class),
        null);
  }

  static Selector jsonBody(String pointer) {
    return new Selector(null, ListStyle.Commas, Nesting.Dots, null, pointer);
  }

  static FieldScope scope(Unselected unselected, OutOfScope outOfScope, Selector... selectors) {
    return FieldScope.of(
        new Fields(
            List.of(selectors),
            unselected,
            outOfScope,
            AVAILABLE,
            List.of(new FieldRule(List.of("card.*"), List.of(CARD)))));
  }

  /** With everything as it is by default. */
  static FieldScope scope(Selector... selectors) {
    return scope(Unselected.Restrict, OutOfScope.Deny, selectors);
  }

  static Request request(String method, String query) {
    return Sent.request(
        method, query.isEmpty() ? "/x" : "/x?" + query, Headers.joined(Map.of()), new byte[0]);
  }

  static Content body(String json) {
    return switch (JSON.read(json.getBytes(StandardCharsets.UTF_8))) {
      case Json.Value(var tree) -> new Content.Tree(tree, "application/json");
      case Json.Faulty faulty -> throw new IllegalArgumentException(faulty + ": " + json);
    };
  }

  /** What becomes of a query. */
  static String ask(FieldScope scope, String query, List<String> held) {
    return shown(scope.check(request("GET", query), new Content.Unread(), held));
  }

  /** What becomes of a POST with a body. */
  static String post(FieldScope scope, String json, List<String> held) {
    return shown(scope.check(request("POST", ""), body(json), held));
  }

  static String graphql(FieldScope scope, String document, List<String> held) {
    return post(scope, "{\"query\": " + new JsonMapper().writeValueAsString(document) + "}", held);
  }

  private static String shown(Selection selection) {
    return switch (selection) {
      case Selection.Within(@Nullable String query) -> query == null ? "stays" : query;
      case Selection.Beyond(var fields, var scopes, _) -> "beyond " + fields + ' ' + scopes;
      case Selection.Unreadable(var denial) -> denial.reason().code();
    };
  }
}
