package dev.sallyport.engine.fields;

import static dev.sallyport.engine.fields.Asking.CARD;
import static dev.sallyport.engine.fields.Asking.NOTHING;
import static dev.sallyport.engine.fields.Asking.jsonBody;
import static dev.sallyport.engine.fields.Asking.post;
import static dev.sallyport.engine.fields.Asking.scope;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec.OutOfScope;
import dev.sallyport.crd.ApiPolicySpec.Unselected;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.fields.FieldScope.Selection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonBodySelectorTest {
  private static final FieldScope WHOLE = scope(jsonBody(""));
  private static final FieldScope NESTED = scope(jsonBody("/data/a~1b"));
  private static final String ALL_OF_CARD =
      "beyond [card.number, card.holder, card.issuer.name] [payments:card.read]";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"id\": 1}",
        "{\"id\": null, \"amount\": [1, 2]}",
        "[]",
        "[{\"id\": 1}, {\"amount\": 2}]",
        "{\"currency\": []}"
      })
  void propertiesWithinScopeMayBeSet(String body) {
    assertThat(post(WHOLE, body, NOTHING)).isEqualTo("stays");
  }

  @Test
  void nestedPropertiesNeedTheirScopes() {
    String body = "{\"card\": {\"number\": 1}}";
    assertThat(post(WHOLE, body, NOTHING)).isEqualTo("beyond [card.number] [payments:card.read]");
    assertThat(post(WHOLE, body, List.of(CARD))).isEqualTo("stays");
    assertThat(post(WHOLE, "[{\"id\": 1}, " + body + "]", NOTHING))
        .isEqualTo("beyond [card.number] [payments:card.read]");
    assertThat(post(WHOLE, "{\"card\": [{\"number\": 1}, {\"holder\": 1}]}", NOTHING))
        .isEqualTo("beyond [card.number, card.holder] [payments:card.read]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "{}", "[]", "1", "\"x\"", "[null]", "[[]]"})
  void aValueInPlaceOfAnObjectSetsAllOfIt(String value) {
    assertThat(post(WHOLE, "{\"card\": " + value + "}", NOTHING)).isEqualTo(ALL_OF_CARD);
    assertThat(post(WHOLE, "{\"card\": " + value + "}", List.of(CARD))).isEqualTo("stays");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"cvv\": 1}",
        "{\"ID\": 1}",
        "{\"card.number\": 1}",
        "{\"card\": {\"cvv\": 1}}",
        "{\"id\": {\"x\": 1}}",
        "{\"id\": [1, {\"x\": 1}]}",
        "{\"\": 1}",
        "null",
        "1",
        "\"id\"",
        "[1]",
        "[[]]",
        "[{\"id\": 1}, null]"
      })
  void anythingElseIsBeyondEveryScope(String body) {
    assertThat(post(WHOLE, body, List.of(CARD))).isEqualTo("beyond [] []");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"Data\": {\"a/b\": {\"cvv\": 1}}}",
        "{\"data\": {\"A/B\": {\"cvv\": 1}}}",
        "{\"data\": {\"a/b\": {\"id\": 1}}, \"DATA\": {\"a/b\": {\"cvv\": 1}}}"
      })
  void aNameInAnotherCaseHidesNothing(String body) {
    assertThat(post(NESTED, body, List.of(CARD))).isEqualTo("beyond [] []");
  }

  @Test
  void aPointerLeadsToThePlace() {
    assertThat(post(NESTED, "{\"data\": {\"a/b\": {\"id\": 1}, \"x\": 1}}", NOTHING))
        .isEqualTo("stays");
    assertThat(post(NESTED, "{\"data\": {\"a/b\": {\"card\": 1}}}", NOTHING))
        .isEqualTo(ALL_OF_CARD);
    assertThat(post(NESTED, "{\"data\": {}}", NOTHING)).isEqualTo("stays");
    assertThat(post(NESTED, "{}", NOTHING)).isEqualTo("stays");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"data\": null}",
        "{\"data\": [{\"a/b\": {\"id\": 1}}]}",
        "{\"data\": {\"a/b\": null}}",
        "{\"data\": {\"a/b\": 1}}",
        "[]"
      })
  void aPlaceWithoutAnObjectIsBeyondEveryScope(String body) {
    assertThat(post(NESTED, body, List.of(CARD))).isEqualTo("beyond [] []");
  }

  @Test
  void nestingIsBounded() {
    String deep = "{\"id\": " + "[".repeat(60) + "]".repeat(60) + "}";
    assertThat(post(WHOLE, deep, NOTHING)).isEqualTo("beyond [] []");
  }

  @Test
  void aBodyThatIsNotThereSetsNothing() {
    assertThat(WHOLE.check(Asking.request("PATCH", ""), new Content.Absent(), NOTHING))
        .isEqualTo(new Selection.Within(null));
    FieldScope denying = scope(Unselected.Deny, OutOfScope.Deny, jsonBody(""));
    assertThat(denying.check(Asking.request("PATCH", ""), new Content.Absent(), NOTHING))
        .isInstanceOf(Selection.Beyond.class);
  }

  @Test
  void whatWasNotReadIsBeyondScope() {
    assertThat(WHOLE.check(Asking.request("PATCH", ""), new Content.Unread(), List.of(CARD)))
        .isInstanceOf(Selection.Beyond.class);
  }

  @Test
  void aJsonPatchIsBeyondEveryScope() {
    Content.Tree patch = (Content.Tree) Asking.body("[]");
    assertThat(
            WHOLE.check(
                Asking.request("PATCH", ""),
                new Content.Tree(patch.value(), "application/json-patch+json"),
                List.of(CARD)))
        .isInstanceOf(Selection.Beyond.class);
  }
}
