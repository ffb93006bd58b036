package dev.sallyport.engine.fields;

import static dev.sallyport.engine.fields.Asking.CARD;
import static dev.sallyport.engine.fields.Asking.NOTHING;
import static dev.sallyport.engine.fields.Asking.ask;
import static dev.sallyport.engine.fields.Asking.query;
import static dev.sallyport.engine.fields.Asking.scope;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec.OutOfScope;
import dev.sallyport.crd.ApiPolicySpec.Unselected;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OData's {@code $select} and {@code $expand}. */
class ExpansionTest {
  private static final List<String> HELD = List.of(CARD);
  private static final FieldScope ODATA = scope(query("$select"), query("$expand"));
  private static final FieldScope NARROWING =
      scope(Unselected.Restrict, OutOfScope.Restrict, query("$select"), query("$expand"));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$select=id",
        "$select=id,card/number",
        "%24select=id&%24expand=card($select=number)",
        "$select=id&$expand=card($select=number,issuer/name)",
        "$select=id&$expand=card($select=number;$expand=issuer($select=name))",
        "$select=id&$filter=amount%20gt%205;x"
      })
  void whatIsListedIsLeftAlone(String query) {
    assertThat(ask(ODATA, query, HELD)).isEqualTo("stays");
  }

  @Test
  void objectsAreWrittenOut() {
    assertThat(ask(ODATA, "$select=id&$expand=card", HELD))
        .isEqualTo("$select=id&$expand=card($select%3Dnumber,holder,issuer/name)");
    assertThat(ask(ODATA, "$select=id&$expand=*", HELD))
        .isEqualTo("$select=id&$expand=card($select%3Dnumber,holder,issuer/name)");
    assertThat(ask(ODATA, "$select=id&$expand=card($expand=issuer)", HELD))
        .isEqualTo(
            "$select=id&$expand=card($select%3Dnumber,holder,issuer/name"
                + "%3B$expand%3Dissuer($select%3Dname))");
    assertThat(ask(ODATA, "$select=id,card&$expand=card($select=number)", HELD))
        .isEqualTo(
            "$select=id,card/number,card/holder,card/issuer/name&$expand=card($select=number)");
  }

  @Test
  void withoutSelectOnlyFieldsThatNeedNoExpansionAreListed() {
    assertThat(ask(ODATA, "", HELD)).isEqualTo("$select=id,amount,currency");
    assertThat(ask(ODATA, "$expand=card($select=number)&x", HELD))
        .isEqualTo("$expand=card($select=number)&x&$select=id,amount,currency");
    assertThat(ask(scope(query("$select")), "", HELD))
        .isEqualTo("$select=id,amount,currency,card/number,card/holder,card/issuer/name");
  }

  @Test
  void bothAreJudged() {
    assertThat(ask(ODATA, "$select=id&$expand=card($select=holder)", NOTHING))
        .isEqualTo("beyond [card.holder] [payments:card.read]");
    assertThat(ask(ODATA, "$select=card/number&$expand=card($select=holder)", NOTHING))
        .isEqualTo("beyond [card.number, card.holder] [payments:card.read]");
    assertThat(ask(ODATA, "$select=id&$expand=card($expand=issuer($select=name))", NOTHING))
        .isEqualTo("beyond [card.number, card.holder, card.issuer.name] [payments:card.read]");
  }

  @Test
  void whatIsBeyondScopeMayBeLeftOut() {
    assertThat(ask(NARROWING, "$select=id&$expand=card($select=holder)&x", NOTHING))
        .isEqualTo("$select=id&x");
    assertThat(ask(NARROWING, "$select=id&$expand=card($select=cvv,holder)", HELD))
        .isEqualTo("$select=id&$expand=card($select%3Dholder)");
    // A level without a field of its own would be the server's choice.
    assertThat(
            ask(
                NARROWING,
                "$select=id&$expand=card($select=cvv;$expand=issuer($select=name))",
                HELD))
        .isEqualTo("$select=id");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$select=id&$expand=cvv",
        "$select=id&$expand=amount",
        "$select=id&$expand=Card",
        "$select=id&$expand=card,card",
        "$select=id&$expand=card&$expand=card",
        "$select=id&$expand=card/issuer",
        "$select=id&$expand=card()",
        "$select=id&$expand=card($select=)",
        "$select=id&$expand=card($filter=number%20eq%201)",
        "$select=id&$expand=card($select=number;$select=holder)",
        "$select=id&$expand=card($select=number",
        "$select=id&$expand=card,*",
        "$select=id&$expand=card%20($select=number)",
        "$select=id&$expand=card($levels=max)"
      })
  void anythingElseIsBeyondEveryScope(String query) {
    assertThat(ask(ODATA, query, HELD)).isEqualTo("beyond [] []");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"select=id", "$Select=id", "$select=id&expand=card", "$select=id;expand=card"})
  void otherSpellingsThatODataReadsAreRefused(String query) {
    assertThat(ask(ODATA, query, HELD)).isEqualTo("request_malformed");
  }

  @Test
  void aWildcardWithoutObjectsToNameIsBeyondEveryScope() {
    assertThat(
            ask(
                ODATA,
                "$select=id&$expand=card($select=number;$expand=issuer($select=name;$expand=*))",
                HELD))
        .isEqualTo("beyond [] []");
  }
}
