package dev.sallyport.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.JsonFormat;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.proto.v1.Attempt;
import dev.sallyport.proto.v1.Credential;
import dev.sallyport.proto.v1.DecisionRecord;
import dev.sallyport.proto.v1.FailedCondition;
import dev.sallyport.proto.v1.RateLimit;
import dev.sallyport.proto.v1.Request;
import dev.sallyport.proto.v1.SchemaError;
import dev.sallyport.proto.v1.Source;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

class DecisionLinesTest {
  private static final JsonMapper STRICT =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .build();

  private final DecisionLines lines = new DecisionLines();

  @Test
  void fullRecordReadsBackAsItsProtobufMessage() throws Exception {
    DecisionEntry entry =
        DecisionEntry.of(
            Samples.shadowed("01JD", Reason.SCOPE_INSUFFICIENT),
            Samples.inbound(Map.of("user-agent", "acme/1.0")),
            137_999,
            "0af7651916cd43dd8448eb211c80319c");

    assertThat(parsed(line(entry)))
        .isEqualTo(
            DecisionRecord.newBuilder()
                .setTime(
                    Timestamp.newBuilder()
                        .setSeconds(Samples.NOW.getEpochSecond())
                        .setNanos(Samples.NOW.getNano()))
                .setDecisionId("01JD")
                .setVerdict("allow")
                .setReason("allowed")
                .setShadowReason("scope_insufficient")
                .setPolicy("payments/payments")
                .setOperation("read-payment")
                .setIdentity("payments/acme-logistics")
                .setIdentityType("Partner")
                .setCredential(
                    Credential.newBuilder()
                        .setName("primary")
                        .setMethod("partner-keys")
                        .setKind("apiKey"))
                .setSource(
                    Source.newBuilder()
                        .setAddress("203.0.113.7")
                        .setAddressFrom("x-forwarded-for")
                        .setRegion("DE")
                        .setRegionFrom("mmdb"))
                .setRequest(
                    Request.newBuilder()
                        .setMethod("GET")
                        .setHost("payments.example.com")
                        .setPathTemplate("/v1/payments/{paymentId}")
                        .setBytes(1234)
                        .setUserAgent("acme/1.0"))
                .addScopesNeeded("payments:read")
                .addScopesHeld("payments:read")
                .addScopesHeld("payments:card.read")
                .addRateLimits(RateLimit.newBuilder().setName("per-identity").setRemaining(19))
                .addRateLimits(
                    RateLimit.newBuilder().setName("per-source").setExceeded(true).setShadow(true))
                .addAttempts(Attempt.newBuilder().setMethod("partner-keys").setResult("verified"))
                .addAttempts(
                    Attempt.newBuilder()
                        .setMethod("corporate")
                        .setResult("absent")
                        .setDetail("no `authorization` header"))
                .addViolations("region_unapproved")
                .addViolations("network_unapproved")
                .setDurationMicros(137)
                .setTraceId("0af7651916cd43dd8448eb211c80319c")
                .setSnapshotVersion(42)
                .build());
  }

  @Test
  void whatAPayloadBrokeIsTheNamesOfThePolicyAndNoPlace() throws Exception {
    Facts facts =
        Samples.toolCall(
            new Facts.Rpc("2025-06-18", "tools/call", "\"an-id\"", 0),
            List.of("card.number", "card.holder"),
            List.of(
                new Facts.ConditionUse("office-hours", true, ""),
                new Facts.ConditionUse("domestic", false, "no such key"),
                new Facts.ConditionUse("small", false, "")));
    Denial denial =
        Denial.of(
            Reason.TOOL_ARGUMENTS_INVALID,
            "the tool does not take these arguments",
            List.of(
                new Violation(Part.ARGUMENTS, "/callers-own-name", "type", "must be a string"),
                new Violation(Part.ARGUMENTS, "/weight", "maximum", "must be at most 30"),
                new Violation(Part.ARGUMENTS, "/height", "maximum", "must be at most 2")));
    Decision decision = new Decision("x", Samples.NOW, new Verdict.Deny(denial), facts, 1);

    String line = line(DecisionEntry.of(decision, request(), 1, null));

    DecisionRecord parsed = parsed(line);
    assertThat(parsed.getRpc().getMethod()).isEqualTo("tools/call");
    assertThat(parsed.getRpc().getRevision()).isEqualTo("2025-06-18");
    assertThat(parsed.getFieldsDeniedList()).containsExactly("card.number", "card.holder");
    assertThat(parsed.getFailedConditionsList())
        .containsExactly(
            FailedCondition.newBuilder().setName("domestic").setDetail("no such key").build(),
            FailedCondition.newBuilder().setName("small").build());
    assertThat(parsed.getSchemaErrorsList())
        .containsExactly(
            SchemaError.newBuilder().setPart("arguments").setKeyword("type").setCount(1).build(),
            SchemaError.newBuilder()
                .setPart("arguments")
                .setKeyword("maximum")
                .setCount(2)
                .build());
    assertThat(parsed.getQueryNarrowed()).isFalse();
    assertThat(line).doesNotContain("callers-own-name").doesNotContain("an-id");
  }

  @Test
  void aMessageThatCouldNotBeReadIsStillOne() throws Exception {
    Facts facts = Samples.toolCall(new Facts.Rpc(null, null, null, 0), List.of(), List.of());

    DecisionRecord parsed =
        parsed(line(DecisionEntry.of(Samples.allow("x", facts), request(), 1, null)));

    assertThat(parsed.hasRpc()).isTrue();
    assertThat(parsed.getRpc().hasMethod()).isFalse();
    assertThat(parsed.getRpc().hasRevision()).isFalse();
  }

  @Test
  void aNarrowedQueryIsNoted() throws Exception {
    Decision decision =
        new Decision(
            "x",
            Samples.NOW,
            new Verdict.Allow(
                null, new Verdict.Changes(List.of(), List.of(), null, "/a?fields=id", List.of())),
            Samples.PAYMENT,
            1);

    String line = line(DecisionEntry.of(decision, request(), 1, null));

    assertThat(parsed(line).getQueryNarrowed()).isTrue();
    assertThat(line).doesNotContain("fields=id");
  }

  @Test
  void whatWasNotReachedIsAbsent() throws Exception {
    Decision decision =
        Samples.deny("01JD", Reason.POLICY_MISSING, Samples.facts("GET", "nobody.example.com"));
    DecisionEntry entry = DecisionEntry.of(decision, Samples.inbound(Map.of()), 0, null);

    String line = line(entry);

    assertThat(line)
        .isEqualTo(
            "{\"time\":\"2026-11-25T21:11:00.123456Z\",\"decisionId\":\"01JD\","
                + "\"verdict\":\"deny\",\"reason\":\"policy_missing\","
                + "\"request\":{\"method\":\"GET\",\"host\":\"nobody.example.com\",\"bytes\":1234},"
                + "\"durationMicros\":0,\"snapshotVersion\":42}\n");
    DecisionRecord parsed = parsed(line);
    assertThat(parsed.hasShadowReason()).isFalse();
    assertThat(parsed.hasPolicy()).isFalse();
    assertThat(parsed.hasOperation()).isFalse();
    assertThat(parsed.hasIdentity()).isFalse();
    assertThat(parsed.hasCredential()).isFalse();
    assertThat(parsed.hasSource()).isFalse();
    assertThat(parsed.hasTraceId()).isFalse();
    assertThat(parsed.getRequest().hasUserAgent()).isFalse();
  }

  @Test
  void partlyKnownMembersLeaveOutTheirRest() throws Exception {
    Facts facts =
        new Facts(
            "GET",
            "a.example.com",
            null,
            null,
            false,
            null,
            null,
            List.of(),
            new Facts.CredentialUse("corporate", "jwt", "dpop", null),
            new Facts.IdentityUse(null, null),
            new Facts.Source(null, "unknown", null, "unknown"),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            null,
            List.of(),
            List.of());

    DecisionRecord parsed =
        parsed(line(DecisionEntry.of(Samples.allow("x", facts), request(), 1, null)));

    assertThat(parsed.getCredential().hasName()).isFalse();
    assertThat(parsed.getCredential().getKind()).isEqualTo("jwt");
    assertThat(parsed.getCredential().getConstraint()).isEqualTo("dpop");
    assertThat(parsed.getCredential().getUnregistered()).isTrue();
    assertThat(parsed.hasIdentity()).isFalse();
    assertThat(parsed.getSource().hasAddress()).isFalse();
    assertThat(parsed.getSource().getRegionFrom()).isEqualTo("unknown");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"}\n{\"verdict\":\"allow\"}",
        "\\\\\" \\u0000",
        "line\r\nbreak\ttab\u0000nul\u007fdelete\u0085next",
        "\u001b[2J terminal \u009b31m",
        "\u202egnp.exe \u2066 \u200b zero width \u2028\u2029 \ufeff",
        "caf\u00e9 \u4e2d\u6587 \ud83d\udd11",
        "",
        "</script>",
      })
  void hostileTextComesBackAsItWasOnOneLine(String text) throws Exception {
    DecisionEntry entry =
        DecisionEntry.of(
            Samples.deny(text, Reason.REQUEST_MALFORMED, Samples.facts(text, "a.example.com")),
            Samples.inbound(Map.of("user-agent", text)),
            1,
            null);

    String line = line(entry);

    assertThat(line.strip().chars().filter(c -> Character.isISOControl(c)).count()).isZero();
    assertThat(line.codePoints().filter(c -> Character.getType(c) == Character.FORMAT)).isEmpty();
    DecisionRecord parsed = parsed(line);
    assertThat(parsed.getRequest().getUserAgent()).isEqualTo(text);
    assertThat(parsed.getRequest().getMethod()).isEqualTo(text);
    assertThat(parsed.getDecisionId()).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"\ud800,\ufffd", "a\udc00b,a\ufffdb", "\udd11\ud83d,\ufffd\ufffd"})
  void halfASurrogatePairBecomesTheReplacementCharacter(String text, String expected)
      throws Exception {
    DecisionRecord parsed = parsed(line(entryWithUserAgent(text)));

    assertThat(parsed.getRequest().getUserAgent()).isEqualTo(expected);
  }

  @Property(tries = 300)
  void anyTextGivesOneValidLine(@ForAll String userAgent, @ForAll String method) throws Exception {
    DecisionEntry entry =
        DecisionEntry.of(
            Samples.allow("x", Samples.facts(method, "a.example.com")),
            Samples.inbound(Map.of("user-agent", userAgent)),
            1,
            null);

    String line = line(entry);

    assertThat(line.indexOf('\n')).isEqualTo(line.length() - 1);
    assertThat(parsed(line).getRequest().getUserAgent())
        .isEqualTo(wellFormed(DecisionEntry.bounded(userAgent)));
  }

  @Test
  void longTextIsCutAndMarked() throws Exception {
    DecisionRecord parsed = parsed(line(entryWithUserAgent("x".repeat(5000))));

    assertThat(parsed.getRequest().getUserAgent()).isEqualTo("x".repeat(255) + "…");
  }

  @Test
  void cutNeverSplitsASurrogatePair() throws Exception {
    DecisionRecord parsed =
        parsed(line(entryWithUserAgent("x".repeat(254) + "\ud83d\udd11".repeat(9))));

    assertThat(parsed.getRequest().getUserAgent()).isEqualTo("x".repeat(254) + "…");
  }

  @Test
  void longListsAreCut() throws Exception {
    Facts facts =
        new Facts(
            "GET",
            "a.example.com",
            null,
            null,
            false,
            null,
            null,
            Collections.nCopies(1000, new Facts.Attempt("m", "absent", "")),
            null,
            null,
            null,
            List.of(),
            Collections.nCopies(1000, "needed"),
            Collections.nCopies(1000, "held"),
            Collections.nCopies(1000, new Facts.LimitUse("l", 1, false, false)),
            null,
            List.of(),
            List.of());

    DecisionRecord parsed =
        parsed(line(DecisionEntry.of(Samples.allow("x", facts), request(), 1, null)));

    assertThat(parsed.getScopesHeldList()).hasSize(128);
    assertThat(parsed.getScopesNeededList()).hasSize(128);
    assertThat(parsed.getAttemptsList()).hasSize(128);
    assertThat(parsed.getRateLimitsList()).hasSize(128);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-25T21:11:00Z,2026-11-25T21:11:00.000000Z",
    "2026-11-25T21:11:00.5Z,2026-11-25T21:11:00.500000Z",
    "2026-11-25T21:11:00.000000001Z,2026-11-25T21:11:00.000000001Z",
    "1969-12-31T23:59:59.25Z,1969-12-31T23:59:59.250000Z",
    "0001-01-01T00:00:00Z,0001-01-01T00:00:00.000000Z",
    "-0400-01-01T00:00:00Z,0001-01-01T00:00:00.000000Z",
    "+12000-01-01T00:00:00Z,9999-12-31T23:59:59.000000Z",
  })
  void timesAreThoseOfProtobuf(Instant at, String expected) throws Exception {
    DecisionEntry sample = Samples.entry("x");
    DecisionEntry entry =
        new DecisionEntry(
            sample.id(),
            at,
            true,
            sample.reason(),
            null,
            sample.facts(),
            false,
            List.of(),
            0,
            null,
            0,
            null,
            sample.snapshotVersion());

    String line = line(entry);

    assertThat(line).startsWith("{\"time\":\"" + expected + "\"");
    assertThat(parsed(line).hasTime()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "9,9",
    "10,10",
    "1234567890123,1234567890123",
    "9223372036854775807,9223372036854775807",
    "-1,-1",
    "-9223372036854775808,-9223372036854775808",
  })
  void numbersAreWhole(long number, long expected) throws Exception {
    DecisionEntry sample = Samples.entry("x");
    DecisionEntry entry =
        new DecisionEntry(
            "x",
            Samples.NOW,
            true,
            sample.reason(),
            null,
            sample.facts(),
            false,
            List.of(),
            number,
            null,
            0,
            null,
            number);

    DecisionRecord parsed = parsed(line(entry));

    assertThat(parsed.getRequest().getBytes()).isEqualTo(expected);
    assertThat(parsed.getSnapshotVersion()).isEqualTo(expected);
  }

  @Test
  void durationNeitherOverflowsNorGoesBelowZero() throws Exception {
    assertThat(parsed(line(lasting(-5))).getDurationMicros()).isZero();
    assertThat(Integer.toUnsignedLong(parsed(line(lasting(Long.MAX_VALUE))).getDurationMicros()))
        .isEqualTo(0xffff_ffffL);
  }

  @Test
  void bytesAreWhatEnvoySawOrElseWhatWasDeclared() {
    assertThat(bytes(1234, "99")).isEqualTo(1234);
    assertThat(bytes(0, "99")).isEqualTo(99);
    assertThat(bytes(0, "99,99")).isZero();
    assertThat(bytes(0, "-1")).isZero();
    assertThat(bytes(0, "99999999999999999999999")).isZero();
    assertThat(bytes(0, "")).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "user:s3cret@a.example.com,a.example.com",
    "a.example.com/?api_key=s3cret,a.example.com",
    "a.example.com?api_key=s3cret@b,b",
    "'a.example.com,b.example.com','a.example.com,b.example.com'",
    "[2001:db8::1]:8443,[2001:db8::1]:8443",
  })
  void malformedHostIsLoggedWithoutWhatMayBeSecret(String host, String logged) {
    DecisionEntry entry =
        DecisionEntry.of(
            Samples.deny("x", Reason.REQUEST_MALFORMED, Samples.facts("GET", host)),
            request(),
            1,
            null);

    assertThat(entry.facts().host()).isEqualTo(logged);
  }

  @Test
  void manyLinesShareTheBuffer() throws Exception {
    for (int i = 0; i < 1000; i++) {
      lines.append(
          DecisionEntry.of(
              Samples.allow("id-" + i, Samples.PAYMENT), Samples.inbound(Map.of()), i, null));
    }
    String text = new String(lines.bytes(), 0, lines.length(), StandardCharsets.UTF_8);

    List<String> each = text.lines().toList();

    assertThat(each).hasSize(1000);
    for (int i = 0; i < 1000; i++) {
      assertThat(parsed(each.get(i)).getDecisionId()).isEqualTo("id-" + i);
    }
  }

  @Test
  void brokenEntryLeavesNoHalfLine() {
    Facts broken =
        new Facts(
            "GET",
            "a",
            new ObjectKey("ApiPolicy", "ns", null),
            null,
            false,
            null,
            null,
            List.of(),
            null,
            null,
            null,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            null,
            List.of(),
            List.of());
    lines.append(Samples.entry("good"));
    int before = lines.length();

    try {
      lines.append(DecisionEntry.of(Samples.allow("x", broken), request(), 1, null));
    } catch (NullPointerException expected) {
      // It is the writer's to count.
    }

    assertThat(lines.length()).isEqualTo(before);
  }

  private static Inbound request() {
    return Samples.inbound(Map.of());
  }

  private static DecisionEntry entryWithUserAgent(String userAgent) {
    return DecisionEntry.of(
        Samples.allow("x"), Samples.inbound(Map.of("user-agent", userAgent)), 1, null);
  }

  private static DecisionEntry lasting(long nanos) {
    return DecisionEntry.of(Samples.allow("x"), request(), nanos, null);
  }

  private static long bytes(long seen, String declared) {
    Inbound inbound = Samples.inbound(Map.of("content-length", declared));
    return DecisionEntry.of(
            Samples.allow("x"),
            new Inbound(
                inbound.id(),
                inbound.at(),
                inbound.method(),
                inbound.path(),
                inbound.host(),
                inbound.headers(),
                Inbound.Body.unsent(seen),
                null,
                null,
                null,
                List.of()),
            1,
            null)
        .bytes();
  }

  private String line(DecisionEntry entry) {
    lines.clear();
    lines.append(entry);
    return new String(lines.bytes(), 0, lines.length(), StandardCharsets.UTF_8);
  }

  /** Read by protobuf's mapping, after a strict parser found it to be JSON at all. */
  private static DecisionRecord parsed(String line) throws Exception {
    STRICT.readTree(line.getBytes(StandardCharsets.UTF_8));
    DecisionRecord.Builder builder = DecisionRecord.newBuilder();
    JsonFormat.parser().merge(line, builder);
    return builder.build();
  }

  private static String wellFormed(String text) {
    StringBuilder result = new StringBuilder();
    text.codePoints().forEach(c -> result.appendCodePoint(c >= 0xd800 && c <= 0xdfff ? 0xfffd : c));
    return result.toString();
  }
}
