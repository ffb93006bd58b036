package dev.sallyport.engine.fields;

import static dev.sallyport.engine.fields.Asking.CARD;
import static dev.sallyport.engine.fields.Asking.NOTHING;
import static dev.sallyport.engine.fields.Asking.ask;
import static dev.sallyport.engine.fields.Asking.query;
import static dev.sallyport.engine.fields.Asking.scope;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec.ListStyle;
import dev.sallyport.crd.ApiPolicySpec.Nesting;
import dev.sallyport.crd.ApiPolicySpec.OutOfScope;
import dev.sallyport.crd.ApiPolicySpec.Unselected;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.fields.FieldScope.Selection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuerySelectionTest {
  private static final List<String> HELD = List.of(CARD);
  private static final FieldScope PLAIN = scope(query("fields"));
  private static final FieldScope NARROWING =
      scope(Unselected.Restrict, OutOfScope.Restrict, query("fields"));
  private static final String ALL_BUT_CARD = "fields=id,amount,currency";
  private static final String CARD_FIELDS = "card.number,card.holder,card.issuer.name";
  private static final String NO_SCOPE_HELPS = "beyond [] []";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fields=id",
        "fields=id,amount",
        "fields=amount,id",
        "fields=id%2Camount",
        "a=1&fields=id&b=%zz",
        "%66ields=id",
        "fields=card.number,id"
      })
  void aListWithinScopeStaysAsItIs(String query) {
    assertThat(ask(PLAIN, query, HELD)).isEqualTo("stays");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "fields=id+amount fields=id,amount",
        "fields=id,+amount fields=id,amount",
        "fields=id%20%20amount fields=id,amount",
        "a&fields=id&b=%2f&fields=amount&fields=id&c a&fields=id,amount&b=%2f&c",
        "fields=card/number fields=card.number",
        "fields=card(number,holder),id fields=card.number,card.holder,id",
        "fields=id,card%7Bnumber+issuer(name)%7D fields=id,card.number,card.issuer.name",
        "fields=card/issuer(name) fields=card.issuer.name",
        "fields=card.issuer fields=card.issuer.name",
        "%66ields=id,id&x= %66ields=id&x=",
        "fields=id&fields= fields=id"
      })
  void anotherWayToWriteAListIsWrittenAsTheApiReadsIt(String query, String expected) {
    assertThat(ask(PLAIN, query, HELD)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fields=*", "fields=id,*", "fields=%2A"})
  void aWildcardIsWrittenOutWhereAllIsAllowed(String query) {
    assertThat(ask(PLAIN, query, HELD)).isEqualTo("fields=id,amount,currency," + CARD_FIELDS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fields=*", "fields=card,id", "fields=card.*", "fields=card(*)"})
  void aWildcardOrAnObjectIsBeyondScopeWhereAFieldOfItIs(String query) {
    assertThat(ask(PLAIN, query, NOTHING))
        .isEqualTo("beyond [card.number, card.holder, card.issuer.name] [payments:card.read]");
  }

  @Test
  void anObjectIsWrittenOut() {
    assertThat(ask(PLAIN, "fields=card,id", HELD)).isEqualTo("fields=" + CARD_FIELDS + ",id");
    assertThat(ask(PLAIN, "fields=card.*", HELD)).isEqualTo("fields=" + CARD_FIELDS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fields=secret",
        "fields=ID",
        "fields=Card.number",
        "fields=id.x",
        "fields=card.cvv",
        "fields=id,card.number,cvv",
        "fields=secret.*",
        "fields=-card",
        "fields=a:id"
      })
  void anUnknownFieldIsBeyondEveryScope(String query) {
    assertThat(ask(PLAIN, query, HELD)).isEqualTo(NO_SCOPE_HELPS);
  }

  @Test
  void anUnknownFieldBesideOneBeyondScopeMakesItsScopeUseless() {
    assertThat(ask(PLAIN, "fields=card.number,cvv", NOTHING)).isEqualTo("beyond [card.number] []");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fields=,",
        "fields=id,",
        "fields=,id",
        "fields=id,,amount",
        "fields=id|amount",
        "fields=id;amount",
        "fields=!id",
        "fields=card(",
        "fields=card()",
        "fields=card(number",
        "fields=card(number}",
        "fields=card.(number)",
        "fields=card.",
        "fields=.card",
        "fields=*(id)",
        "fields=*.number",
        "fields=id)",
        "fields=%2565",
        "fields=id%00",
        "fields=id%0Aamount",
        "fields=id%09amount",
        "fields=%C3%A9",
        "fields=[\"id\"]",
        "fields=id&fields=)"
      })
  void whatIsNoListIsBeyondEveryScope(String query) {
    assertThat(ask(PLAIN, query, HELD)).isEqualTo(NO_SCOPE_HELPS);
    assertThat(ask(NARROWING, query, HELD)).isEqualTo(NO_SCOPE_HELPS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fields=%zz",
        "fields=%ff",
        "fields=id&fields=%",
        "fields=id&%zz=1",
        "fields=id&%u0066ields=card.number",
        "fields=id&Fields=card.number",
        "FIELDS=id",
        "fields=id&fields[]=card.number",
        "fields=id&fields%5B0%5D=card.number",
        "fields=id&$fields=card.number",
        "fields=id&%20fields=card.number",
        "fields=id&fields%00x=card.number",
        "fields=id&x=1;fields=card.number",
        "fields=id;fields=card.number",
        "fields=id&amp;fields=card.number",
        "fields=id&f%C4%B1elds=card.number"
      })
  void aParameterThatAServerMightTakeForItIsRefused(String query) {
    assertThat(ask(PLAIN, query, HELD)).isEqualTo("request_malformed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "fieldset=1", "x=fields", "x=1;y=2", "my[fields]=id"})
  void aParameterOfAnotherNameIsLeftAlone(String query) {
    assertThat(ask(PLAIN, query + "&fields=id", HELD)).isEqualTo("stays");
  }

  @ParameterizedTest
  @CsvSource({
    "'', fields=id",
    "a=1, a=1&fields=id",
    "a=1&, a=1&&fields=id",
    "fields, fields=id",
    "fields=&a=%2e, fields=id&a=%2e",
    "fields=+&fields&a, fields=id&a"
  })
  void aQueryThatSelectsNothingIsRewrittenToWhatIsAllowed(String query, String expected) {
    assertThat(ask(PLAIN, query, NOTHING)).isEqualTo(expected.replace("fields=id", ALL_BUT_CARD));
  }

  @Test
  void aQueryThatSelectsNothingListsEverythingWhereAllIsAllowed() {
    assertThat(ask(PLAIN, "", HELD)).isEqualTo(ALL_BUT_CARD + ',' + CARD_FIELDS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a=1", "fields", "fields=", "fields=+", "fields=id&fields="})
  void unselectedMayBeDenied(String query) {
    FieldScope scope = scope(Unselected.Deny, OutOfScope.Deny, query("fields"));
    assertThat(ask(scope, query, HELD)).isEqualTo(NO_SCOPE_HELPS);
    assertThat(ask(scope, "fields=id", HELD)).isEqualTo("stays");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a=1", "fields", "fields=", "fields=+"})
  void unselectedMayBeAllowed(String query) {
    FieldScope scope = scope(Unselected.Allow, OutOfScope.Deny, query("fields"));
    assertThat(ask(scope, query, NOTHING)).isEqualTo("stays");
    assertThat(ask(scope, "fields=card", NOTHING)).startsWith("beyond [card.number");
  }

  @Test
  void whatIsBeyondScopeMayBeLeftOut() {
    assertThat(ask(NARROWING, "x=1&fields=card.number,id&y", NOTHING)).isEqualTo("x=1&fields=id&y");
    assertThat(ask(NARROWING, "fields=*", NOTHING)).isEqualTo(ALL_BUT_CARD);
    assertThat(ask(NARROWING, "fields=id,cvv", NOTHING)).isEqualTo("fields=id");
    assertThat(ask(NARROWING, "fields=card&fields=amount", NOTHING)).isEqualTo("fields=amount");
  }

  @Test
  void ifNothingIsLeftItIsDenied() {
    assertThat(ask(NARROWING, "fields=card.number", NOTHING))
        .isEqualTo("beyond [card.number] [payments:card.read]");
    assertThat(ask(NARROWING, "fields=card.number,cvv", NOTHING))
        .isEqualTo("beyond [card.number] [payments:card.read]");
    assertThat(ask(NARROWING, "fields=cvv", NOTHING)).isEqualTo(NO_SCOPE_HELPS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "Commas Dots fields=id,card.number,card.holder",
        "Commas Slashes fields=id,card/number,card/holder",
        "Commas Parentheses fields=id,card(number,holder)",
        "Commas Braces fields=id,card%7Bnumber,holder%7D",
        "Spaces Dots fields=id%20card.number%20card.holder",
        "Spaces Braces fields=id%20card%7Bnumber%20holder%7D",
        "Repeated Dots fields=id&fields=card.number&fields=card.holder",
        "Repeated Parentheses fields=id&fields=card(number,holder)"
      })
  void queriesAreRewrittenToTheSyntaxOfTheApi(ListStyle list, Nesting nested, String expected) {
    FieldScope scope = scope(query("fields", list, nested));
    for (String query :
        List.of(
            "fields=id,,".replace(",,", ",card.number,card/holder"),
            "fields=id+card(number+holder)",
            "fields=id&fields=card.number&fields=card.holder,id")) {
      String rewritten = ask(scope, query, HELD);
      assertThat(rewritten.equals("stays") ? query : rewritten).isEqualTo(expected);
    }
    assertThat(ask(scope, expected, HELD)).isEqualTo("stays");
  }

  @Test
  void aSecondParameterOnlyAdds() {
    FieldScope scope =
        scope(Unselected.Restrict, OutOfScope.Restrict, query("fields"), query("include"));
    assertThat(ask(scope, "fields=id", NOTHING)).isEqualTo("stays");
    assertThat(ask(scope, "include=amount", NOTHING)).isEqualTo("include=amount&" + ALL_BUT_CARD);
    assertThat(ask(scope, "fields=id&include=card&x", NOTHING)).isEqualTo("fields=id&x");
    assertThat(ask(scope, "fields=id&include=", NOTHING)).isEqualTo("fields=id");
    assertThat(ask(scope(query("fields"), query("include")), "fields=id&include=card", NOTHING))
        .startsWith("beyond [card.number");
  }

  @Test
  void parametersOfOneFamilyThatThePolicyDoesNotNameAreRefused() {
    FieldScope scope = scope(query("fields[payments]"));
    assertThat(ask(scope, "fields[payments]=id", HELD)).isEqualTo("stays");
    assertThat(ask(scope, "fields%5Bpayments%5D=id", HELD)).isEqualTo("stays");
    assertThat(ask(scope, "fields[payments]=id&fields[cards]=cvv", HELD))
        .isEqualTo("request_malformed");
    assertThat(ask(scope, "", NOTHING)).isEqualTo("fields%5Bpayments%5D=id,amount,currency");
  }

  @Test
  void longListsAreReadUpToABound() {
    String most = "id,".repeat(FieldList.MOST_NAMES - 1) + "id";
    assertThat(ask(PLAIN, "fields=" + most, HELD)).isEqualTo("fields=id");
    assertThat(ask(PLAIN, "fields=" + most + ",id", HELD)).isEqualTo(NO_SCOPE_HELPS);
  }

  @Test
  void queriesAreReadUpToANumberOfParameters() {
    assertThat(ask(PLAIN, "&".repeat(998) + "&fields=id", HELD)).isEqualTo("stays");
    assertThat(ask(PLAIN, "&".repeat(999) + "&fields=id", HELD)).isEqualTo("request_malformed");
  }

  @Test
  void deepListsAreReadUpToABound() {
    assertThat(ask(NARROWING, "fields=id," + "a.".repeat(FieldList.DEEPEST - 1) + "a", HELD))
        .isEqualTo("fields=id");
    assertThat(ask(NARROWING, "fields=id," + "a.".repeat(FieldList.DEEPEST) + "a", HELD))
        .isEqualTo(NO_SCOPE_HELPS);
    assertThat(ask(NARROWING, "fields=id," + "a(".repeat(5_000), HELD)).isEqualTo(NO_SCOPE_HELPS);
    assertThat(ask(NARROWING, "fields=" + "(".repeat(15_000), HELD)).isEqualTo(NO_SCOPE_HELPS);
  }

  @Test
  void aDenialNamesTheFieldsOfThePolicyAlone() {
    assertThat(
            PLAIN.check(
                Asking.request("GET", "fields=card,hunter2"), new Content.Unread(), NOTHING))
        .isEqualTo(
            new Selection.Beyond(
                List.of("card.number", "card.holder", "card.issuer.name"),
                List.of(),
                "the request names fields beyond the caller's scope: card.number, card.holder,"
                    + " card.issuer.name, and fields that the policy does not list"));
  }
}
