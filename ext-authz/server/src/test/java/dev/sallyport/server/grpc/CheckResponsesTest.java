package dev.sallyport.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.decision.Verdict.Changes;
import dev.sallyport.engine.receive.Headers;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CheckResponsesTest {
  private static final String ID = "01936d2c-0000-7000-8000-000000000000";
  private static final Headers GRPC =
      Headers.joined(Map.of("content-type", "application/grpc+proto"));

  @Property(tries = 500)
  void aDenialNeverLetsThrough(
      @ForAll("denials") Denial denial,
      @ForAll boolean grpc,
      @ForAll boolean identified,
      @ForAll("operations") String operation) {
    Decision decision =
        new Decision(
            ID,
            Checks.NOW,
            new Verdict.Deny(denial),
            Checks.facts(identified ? Checks.IDENTITY : null, operation),
            1);

    CheckResponse response = CheckResponses.of(decision, grpc ? GRPC : Headers.NONE);

    assertThat(response.getStatus().getCode())
        .isEqualTo(denial.reason().httpStatus() == 401 ? 16 : 7);
    assertThat(response.hasDeniedResponse()).isTrue();
    assertThat(response.getDeniedResponse().getStatus().getCodeValue())
        .isEqualTo(denial.reason().httpStatus())
        .isGreaterThanOrEqualTo(400);
    assertThat(response.getDeniedResponse().getBody()).contains(denial.reason().code());
    assertThat(metadata(response))
        .containsEntry("verdict", "deny")
        .containsEntry("reason", denial.reason().code());
  }

  @Property(tries = 500)
  void theProblemIsJsonWhateverTheDetailSays(@ForAll String detail) {
    CheckResponse response = deny(Denial.of(Reason.SCOPE_INSUFFICIENT, detail), Headers.NONE);

    JsonNode problem = JsonMapper.shared().readTree(response.getDeniedResponse().getBody());
    assertThat(problem.propertyNames())
        .containsExactly("type", "title", "status", "detail", "reason", "decisionId");
    assertThat(problem.get("type").asString())
        .isEqualTo("https://sallyport.dev/problems/scope_insufficient");
    assertThat(problem.get("status").asInt()).isEqualTo(403);
    assertThat(problem.get("decisionId").asString()).isEqualTo(ID);
    if (detail.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      assertThat(problem.get("detail").asString()).isEqualTo(detail);
    }
  }

  @Property(tries = 500)
  void whatAGrpcCallerReadsIsOneLineOfAscii(@ForAll String detail) {
    CheckResponse response = deny(Denial.of(Reason.RATE_LIMITED, detail), GRPC);

    assertThat(response.getDeniedResponse().getBody()).matches("[ -~]+").contains(ID);
    assertThat(fields(response.getDeniedResponse().getHeadersList()))
        .containsEntry("content-type", "text/plain");
  }

  @Test
  void theLastResortIsADenial() {
    assertThat(Checks.letsThrough(CheckResponses.closed())).isFalse();
    assertThat(CheckResponses.closed().getDeniedResponse().getStatus().getCodeValue())
        .isEqualTo(503);
  }

  @Test
  void challengesAreSentAsTheyAre() {
    Denial denial =
        new Denial(
            Reason.CREDENTIAL_MISSING,
            "send a key",
            List.of(
                new HttpField("www-authenticate", "ApiKey"),
                new HttpField("www-authenticate", "Bearer")));

    assertThat(deny(denial, Headers.NONE).getDeniedResponse().getHeadersList())
        .extracting(option -> option.getHeader().getKey() + ": " + option.getHeader().getValue())
        .containsExactly(
            "content-type: application/problem+json",
            "www-authenticate: ApiKey",
            "www-authenticate: Bearer");
  }

  @Test
  @SuppressWarnings("deprecation") // the one member that Envoy 1.40 reads
  void anAllowOverwritesWhoIsCalling() {
    CheckResponse response = allow(null, Changes.NONE, Headers.NONE);

    assertThat(Checks.letsThrough(response)).isTrue();
    assertThat(response.getOkResponse().getHeadersList())
        .allSatisfy(option -> {
          assertThat(option.hasAppend()).isFalse();
          assertThat(option.getAppendAction())
              .isEqualTo(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD);
        });
    assertThat(fields(response.getOkResponse().getHeadersList()))
        .containsOnly(
            Map.entry("x-sallyport-decision-id", ID),
            Map.entry("x-sallyport-operation", "read-payment"),
            Map.entry("x-sallyport-identity", "payments/acme"));
    assertThat(response.getOkResponse().getHeadersToRemoveList()).isEmpty();
    assertThat(metadata(response))
        .containsOnly(
            Map.entry("decision_id", ID),
            Map.entry("policy", "payments/payments"),
            Map.entry("operation", "read-payment"),
            Map.entry("identity", "payments/acme"),
            Map.entry("credential", "primary"),
            Map.entry("verdict", "allow"),
            Map.entry("reason", "allowed"));
  }

  @Test
  void whatACallerSentUnderOurPrefixIsRemoved() {
    Headers headers =
        Headers.joined(
            Map.of(
                "x-sallyport-identity", "root",
                "x-sallyport-role", "root",
                "x_sallyport_identity", "root",
                "x-sally", "kept"));

    assertThat(allow(null, Changes.NONE, headers).getOkResponse().getHeadersToRemoveList())
        .containsExactlyInAnyOrder("x-sallyport-role", "x_sallyport_identity");
  }

  @Test
  void anIdentityThatIsUnknownIsRemovedEvenWhereItWasNotSeen() {
    CheckResponse response =
        CheckResponses.of(
            new Decision(
                ID, Checks.NOW, new Verdict.Allow(null, Changes.NONE), Checks.facts(null, null), 1),
            Headers.NONE);

    assertThat(fields(response.getOkResponse().getHeadersList()))
        .containsOnlyKeys("x-sallyport-decision-id");
    assertThat(response.getOkResponse().getHeadersToRemoveList())
        .containsExactlyInAnyOrder("x-sallyport-identity", "x-sallyport-operation");
  }

  @Test
  void shadowVouchesForNoIdentityWhoseCredentialWasNotAccepted() {
    CheckResponse revoked =
        allow(Denial.of(Reason.CREDENTIAL_REVOKED, "revoked"), Changes.NONE, Headers.NONE);
    CheckResponse outOfRegion =
        allow(Denial.of(Reason.REGION_UNAPPROVED, "region"), Changes.NONE, Headers.NONE);

    assertThat(fields(revoked.getOkResponse().getHeadersList()))
        .doesNotContainKey("x-sallyport-identity");
    assertThat(revoked.getOkResponse().getHeadersToRemoveList()).contains("x-sallyport-identity");
    assertThat(metadata(revoked))
        .containsEntry("shadow_reason", "credential_revoked")
        .doesNotContainKey("identity");
    assertThat(fields(outOfRegion.getOkResponse().getHeadersList()))
        .containsEntry("x-sallyport-identity", "payments/acme");
  }

  @Test
  void changesAreMadeOnTheWay() {
    Changes changes =
        new Changes(
            List.of("x-api-key", "cookie"),
            List.of("api_key"),
            "theme=dark\r\n; name=Zoë",
            null,
            List.of(new HttpField("ratelimit", "\"burst\";r=5;t=3")));

    CheckResponse response = allow(null, changes, Headers.NONE);

    assertThat(response.getOkResponse().getHeadersToRemoveList()).containsExactly("x-api-key");
    assertThat(fields(response.getOkResponse().getHeadersList()))
        .containsEntry("cookie", "theme=dark; name=Zoë");
    assertThat(response.getOkResponse().getQueryParametersToRemoveList())
        .containsExactly("api_key");
    assertThat(response.getOkResponse().getResponseHeadersToAdd(0).getAppendAction())
        .isEqualTo(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD);
    assertThat(fields(response.getOkResponse().getResponseHeadersToAddList()))
        .containsEntry("ratelimit", "\"burst\";r=5;t=3");
  }

  @Test
  void aCookieHeaderOfWhichNothingIsLeftIsRemoved() {
    Changes changes = new Changes(List.of(), List.of(), "", null, List.of());

    assertThat(allow(null, changes, Headers.NONE).getOkResponse().getHeadersToRemoveList())
        .containsExactly("cookie");
  }

  @Test
  void namesCannotSplitAField() {
    Facts facts =
        Checks.facts(new ObjectKey("NonHumanIdentity", "a", "b\r\nset-cookie: c"), "ä\nx");
    CheckResponse response =
        CheckResponses.of(
            new Decision(ID, Checks.NOW, new Verdict.Allow(null, Changes.NONE), facts, 1),
            Headers.NONE);

    assertThat(fields(response.getOkResponse().getHeadersList()))
        .containsEntry("x-sallyport-operation", "x")
        .containsEntry("x-sallyport-identity", "a/bset-cookie: c");
  }

  @Provide
  Arbitrary<Denial> denials() {
    return Arbitraries.of(Reason.class)
        .filter(reason -> reason != Reason.ALLOWED)
        .flatMap(reason -> Arbitraries.strings().map(detail -> Denial.of(reason, detail)));
  }

  @Provide
  Arbitrary<String> operations() {
    return Arbitraries.strings().injectNull(0.3);
  }

  private static CheckResponse deny(Denial denial, Headers headers) {
    return CheckResponses.of(
        new Decision(
            ID,
            Checks.NOW,
            new Verdict.Deny(denial),
            Facts.unknown("GET", "payments.example.com"),
            1),
        headers);
  }

  private static CheckResponse allow(@Nullable Denial shadowed, Changes changes, Headers headers) {
    return CheckResponses.of(
        new Decision(
            ID,
            Checks.NOW,
            new Verdict.Allow(shadowed, changes),
            Checks.facts(Checks.IDENTITY, "read-payment"),
            1),
        headers);
  }

  private static Map<String, String> fields(List<HeaderValueOption> options) {
    Map<String, String> fields = new LinkedHashMap<>();
    options.forEach(
        option -> fields.put(option.getHeader().getKey(), option.getHeader().getValue()));
    return fields;
  }

  private static Map<String, String> metadata(CheckResponse response) {
    Map<String, String> metadata = new LinkedHashMap<>();
    response
        .getDynamicMetadata()
        .getFieldsMap()
        .forEach((name, value) -> metadata.put(name, value.getStringValue()));
    return metadata;
  }
}
