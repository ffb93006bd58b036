package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What `check` and `test` tell of fields, conditions, schemas and messages. */
class ReasoningTest {
  private static Facts facts(
      Facts.@Nullable Rpc rpc, List<String> fieldsDenied, List<Facts.ConditionUse> conditions) {
    return new Facts(
        "POST",
        "agents.example.com",
        null,
        null,
        false,
        "create_shipment",
        "/mcp",
        List.of(),
        null,
        null,
        null,
        List.of(),
        List.of("a"),
        List.of("a"),
        List.of(),
        rpc,
        fieldsDenied,
        conditions);
  }

  private static String told(Facts facts, Verdict verdict) {
    return String.join(
        "\n",
        Reasoning.of(new Decision("x", Instant.EPOCH, verdict, facts, 1), "POST /mcp").lines());
  }

  private static Verdict deny(Reason reason, Violation... errors) {
    return new Verdict.Deny(Denial.of(reason, "why", List.of(errors)));
  }

  @Test
  void aMessageIsToldWithItsTool() {
    Facts called = facts(new Facts.Rpc("2025-06-18", "tools/call", "1", 0), List.of(), List.of());

    assertThat(told(called, deny(Reason.TOOL_ARGUMENTS_INVALID)))
        .contains("3 operation     passed       MCP 2025-06-18 at /mcp: tools/call\n")
        .contains("                            create_shipment\n");
    assertThat(
            told(
                facts(new Facts.Rpc(null, null, null, 0), List.of(), List.of()),
                deny(Reason.SCHEMA_VIOLATION)))
        .contains("MCP of an unknown revision at /mcp: no message, or a method that is not named");
  }

  @Test
  void errorsAreToldWithTheirPlaces() {
    assertThat(
            told(
                facts(null, List.of(), List.of()),
                deny(
                    Reason.SCHEMA_VIOLATION,
                    new Violation(Part.BODY, "/amount", "maximum", "must be at most 100"),
                    new Violation(Part.QUERY, "", "required", "needs `limit`"))))
        .contains("7 payload       denied       schema_violation: why\n")
        .contains("                            body /amount: maximum, must be at most 100\n")
        .contains("                            query (whole): required, needs `limit`\n");
  }

  @Test
  void fieldsAndConditionsAreToldWithTheScopes() {
    assertThat(
            told(
                facts(null, List.of("card.number", "card.holder"), List.of()),
                deny(Reason.FIELD_OUT_OF_SCOPE)))
        .contains("6 authorize     denied       field_out_of_scope: why\n")
        .contains("fields beyond scope: card.number, card.holder\n");
    assertThat(
            told(
                facts(
                    null,
                    List.of(),
                    List.of(
                        new Facts.ConditionUse("office-hours", true, ""),
                        new Facts.ConditionUse("domestic", false, "there is no key `country`"))),
                deny(Reason.CONDITION_FAILED)))
        .contains("condition office-hours: met\n")
        .contains("condition domestic: not met, there is no key `country`\n");
  }

  @Test
  void aNarrowedQueryIsToldWithoutTheCredentialInIt() {
    Verdict narrowed =
        new Verdict.Allow(
            null,
            new Verdict.Changes(
                List.of(),
                List.of("api key"),
                null,
                "/v1/payments/7?fields=id%2Camount&api%20key=secret&page=2",
                List.of()));

    assertThat(told(facts(null, List.of(), List.of()), narrowed))
        .contains("query narrowed to: fields=id%2Camount&page=2\n")
        .doesNotContain("secret");
  }
}
