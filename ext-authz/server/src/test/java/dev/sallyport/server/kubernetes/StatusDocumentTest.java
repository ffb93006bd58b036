package dev.sallyport.server.kubernetes;

import static dev.sallyport.server.kubernetes.CompiledObjects.policy;
import static dev.sallyport.server.kubernetes.CompiledObjects.policySpec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.Condition;
import dev.sallyport.server.kubernetes.DerivedStatus.Verdict;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class StatusDocumentTest {
  private static final Instant THEN = Instant.parse("2026-06-01T12:00:00Z");
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private static final String STORED =
      """
      observedGeneration: 3
      phase: Active
      credentials:
      - {name: primary, phase: Active}
      - {name: next, phase: Expiring}
      scopes: {granted: 2}
      conditions:
      - {type: Accepted, status: "True", reason: Accepted, message: fine,
         observedGeneration: 3, lastTransitionTime: "2026-06-01T12:00:00Z"}
      - {type: Ready, status: "False", reason: Invalid, message: bad,
         observedGeneration: 3, lastTransitionTime: "2026-06-01T13:00:00Z"}
      """;

  @SuppressWarnings("unchecked")
  private static Map<String, ?> yaml(String text) {
    return YAML.unmarshal(text, Map.class);
  }

  private static StatusDocument.Fingerprint fingerprint(String text) {
    return StatusDocument.fingerprint(yaml(text));
  }

  @Test
  void timesAndOrderMakeNoDifference() {
    String reordered =
        """
        conditions:
        - {type: Ready, status: "False", reason: Invalid, message: bad,
           observedGeneration: 3, lastTransitionTime: "2027-01-01T13:00:00Z"}
        - {type: Accepted, status: "True", reason: Accepted, message: fine, observedGeneration: 3}
        scopes: {granted: 2}
        credentials:
        - {phase: Expiring, name: next}
        - {name: primary, phase: Active}
        phase: Active
        observedGeneration: 3
        """;

    assertThat(fingerprint(reordered)).isEqualTo(fingerprint(STORED));
  }

  @Test
  void whatOthersWriteMakesNoDifference() {
    String with =
        STORED
                .replace("{granted: 2}", "{granted: 2, used: 1}")
                .replace("{name: primary, ", "{name: primary, lastRegion: DE, ")
            + "- {type: Audited, status: \"True\", reason: Seen, message: by another}\n"
            + "findings: [{type: Unused}]\n";

    assertThat(fingerprint(with)).isEqualTo(fingerprint(STORED));
  }

  @Test
  void anythingElseMakesADifference() {
    for (String[] edit :
        new String[][] {
          {"observedGeneration: 3\nphase", "observedGeneration: 4\nphase"},
          {"phase: Active\ncred", "phase: Revoked\ncred"},
          {"granted: 2", "granted: 3"},
          {"name: next, phase: Expiring", "name: next"}
        }) {
      String edited = STORED.replace(edit[0], edit[1]);
      assertThat(fingerprint(edited).whole()).as(edit[1]).isNotEqualTo(fingerprint(STORED).whole());
      assertThat(fingerprint(edited).conditions()).isEqualTo(fingerprint(STORED).conditions());
    }
    for (String[] edit :
        new String[][] {
          {"status: \"False\"", "status: \"True\""},
          {"reason: Invalid", "reason: Conflicted"},
          {"message: bad", "message: worse"},
          {"type: Ready", "type: ResolvedRefs"}
        }) {
      String edited = STORED.replace(edit[0], edit[1]);
      assertThat(fingerprint(edited).conditions())
          .as(edit[1])
          .isNotEqualTo(fingerprint(STORED).conditions());
    }
  }

  @Test
  void aValueCannotLookLikeAStructure() {
    assertThat(fingerprint("hosts: {owned: ['a, 1:b']}"))
        .isNotEqualTo(fingerprint("hosts: {owned: [a, b]}"));
  }

  @Test
  void whatIsReadBackIsWhatWasWritten() {
    CompiledObjects objects = new CompiledObjects();
    objects.apply(policy("older"), policySpec("a.example.com"));
    objects.apply(policy("p"), policySpec("a.example.com\", \"b.example.com"));
    DerivedStatus derived =
        Objects.requireNonNull(
            StatusDerivation.derive(objects.compilation(), policy("p"), THEN, Map.of()));
    Map<String, ?> document = StatusDocument.of(derived.toStatus(_ -> THEN));

    Map<String, ?> back = yaml(YAML.asYaml(document));

    assertThat(StatusDocument.fingerprint(back)).isEqualTo(StatusDocument.fingerprint(document));
    assertThat(document.keySet()).containsExactly("conditions", "hosts", "observedGeneration");
    assertThat(YAML.asYaml(document)).doesNotContain("null").contains("2026-06-01T12:00:00Z");
  }

  @Test
  void theTimeOfATransitionStaysAsLongAsTheStatusDoes() {
    StoredStatus stored = StoredStatus.read("u", "12", yaml(STORED));
    Instant now = Instant.parse("2026-06-02T00:00:00.123Z");

    assertThat(stored.since(new Verdict("Ready", false, "Conflicted", "other"), now))
        .isEqualTo(Instant.parse("2026-06-01T13:00:00Z"));
    assertThat(stored.since(new Verdict("Ready", true, "Ready", ""), now))
        .isEqualTo(Instant.parse("2026-06-02T00:00:00Z"));
    assertThat(stored.since(new Verdict("ResolvedRefs", true, "ResolvedRefs", ""), now))
        .isEqualTo(Instant.parse("2026-06-02T00:00:00Z"));
    assertThat(stored.status("Ready")).isEqualTo(Condition.Status.False);
    assertThat(stored.status("ResolvedRefs")).isNull();
  }

  @Test
  void nonsenseIsReadAsNothing() {
    StoredStatus stored =
        StoredStatus.read(
            "u",
            "not-a-number",
            yaml(
                """
                conditions: [7, {type: Ready, status: Perhaps}, {type: [x]}]
                phase: {a: 1}
                """));

    assertThat(stored.version()).isZero();
    assertThat(stored.transitions()).isEmpty();
  }

  @Test
  void aLateEventDoesNotReplaceTheAnswerToAWriteAndAnOlderStoreDoes() {
    StoredStatus answer = StoredStatus.read("u", "20", yaml(STORED)).answered(THEN);
    StoredStatus late = StoredStatus.read("u", "19", null);

    assertThat(answer.orSeen(late, THEN.plusSeconds(1))).isSameAs(answer);
    assertThat(answer.orSeen(late, THEN.plusSeconds(61))).isSameAs(late);
    assertThat(answer.orSeen(StoredStatus.read("other", "19", null), THEN)).isNotSameAs(answer);
    assertThat(answer.orSeen(StoredStatus.read("u", "21", null), THEN)).isNotSameAs(answer);
  }
}
