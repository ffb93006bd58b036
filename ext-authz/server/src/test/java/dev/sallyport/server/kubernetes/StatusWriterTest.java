package dev.sallyport.server.kubernetes;

import static dev.sallyport.server.kubernetes.CompiledObjects.identity;
import static dev.sallyport.server.kubernetes.CompiledObjects.issuer;
import static dev.sallyport.server.kubernetes.CompiledObjects.policy;
import static dev.sallyport.server.kubernetes.CompiledObjects.policySpec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.IssuerState;
import dev.sallyport.server.kubernetes.StatusStore.Announcement;
import dev.sallyport.server.kubernetes.StatusStore.Answer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The writer's steps, over an API server of this test's own and a clock that it moves. */
class StatusWriterTest {
  private static final ObjectKey PAYMENTS = policy("payments");
  private static final String HOST = "payments.example.com";

  private final CompiledObjects objects = new CompiledObjects();
  private final Server server = new Server();
  private final Senders senders = new Senders();
  private Instant now = Instant.parse("2026-06-01T12:00:00Z");
  private boolean held = true;
  private StatusWriter writer = new StatusWriter(server, () -> now, senders);

  /** Keeps statuses, and shows each change of one, as watches do. */
  private final class Server implements StatusStore {
    private final List<ObjectKey> writes = new ArrayList<>();
    private final List<String> announced = new ArrayList<>();
    private final Map<ObjectKey, Map<String, ?>> statuses = new HashMap<>();
    private final Map<ObjectKey, String> uids = new HashMap<>();
    private final Map<ObjectKey, Answer> answers = new HashMap<>();
    private long version = 100;

    @Override
    public Answer write(ObjectKey key, String uid, Map<String, ?> status) {
      writes.add(key);
      Answer failure = answers.get(key);
      if (failure != null) {
        return failure;
      }
      if (!uid.equals(uids.get(key))) {
        return new Answer.Refused("uid");
      }
      statuses.put(key, status);
      version++;
      show(key);
      return new Answer.Written(
          StoredStatus.read(uid, Long.toString(version), status).answered(now));
    }

    @Override
    public boolean announce(Announcement announcement) {
      announced.add(announcement.reason() + ' ' + announcement.key().name());
      return true;
    }

    void show(ObjectKey key) {
      writer.seen(
          key, Objects.requireNonNull(uids.get(key)), Long.toString(version), statuses.get(key));
    }

    void create(ObjectKey key) {
      uids.put(key, "uid-" + ++version);
      statuses.remove(key);
      show(key);
    }

    int writes(ObjectKey key) {
      return (int) writes.stream().filter(key::equals).count();
    }

    String condition(ObjectKey key, String type, String field) {
      return StatusDocument.conditions(Objects.requireNonNull(statuses.get(key)))
          .filter(condition -> type.equals(condition.get("type")))
          .map(condition -> String.valueOf(condition.get(field)))
          .findFirst()
          .orElse("none");
    }

    String ready(ObjectKey key) {
      return condition(key, "Ready", "status");
    }
  }

  /** Runs on the caller's thread, at once or when the test says so. */
  private static final class Senders extends AbstractExecutorService {
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private boolean paused;

    @Override
    public void execute(Runnable command) {
      if (paused) {
        waiting.add(command);
        return;
      }
      command.run();
    }

    void resume() {
      paused = false;
      while (!waiting.isEmpty()) {
        waiting.remove().run();
      }
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return true;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }

  private void lead() {
    writer.lead(() -> held);
  }

  private void publish(Compilation compilation) {
    writer.published(compilation, new Changes(List.of(), List.of()), now, now);
  }

  private void apply(ObjectKey key, String spec) {
    if (!server.uids.containsKey(key)) {
      server.create(key);
    }
    publish(objects.apply(key, spec));
  }

  /** Lets time pass, and the writer do what it would have done meanwhile. */
  private void pass(Duration duration) {
    Instant end = now.plus(duration);
    for (; ; ) {
      @Nullable Duration wait = writer.step();
      Instant next = wait == null ? end : now.plus(wait);
      if (!next.isBefore(end)) {
        break;
      }
      now = next;
    }
    now = end;
    writer.step();
  }

  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  void onlyTheLeaderWrites() {
    apply(PAYMENTS, policySpec(HOST));
    pass(SECOND);
    assertThat(server.writes).isEmpty();

    lead();
    pass(SECOND);

    assertThat(server.writes).containsExactly(PAYMENTS);
    assertThat(server.ready(PAYMENTS)).isEqualTo("True");
    assertThat(server.condition(PAYMENTS, "Ready", "lastTransitionTime"))
        .isEqualTo("2026-06-01T12:00:01Z");
  }

  @Test
  void whatIsStoredAlreadyIsNotWrittenAgainByTheNextLeader() {
    lead();
    apply(PAYMENTS, policySpec(HOST));
    pass(SECOND);
    assertThat(server.writes).hasSize(1);

    writer = new StatusWriter(server, () -> now, senders);
    server.show(PAYMENTS);
    publish(objects.compilation());
    lead();
    pass(Duration.ofHours(1));

    assertThat(server.writes).hasSize(1);
  }

  @Test
  void ownWritesComeBackAndCauseNothing() {
    lead();
    apply(PAYMENTS, policySpec(HOST));
    pass(Duration.ofHours(1));

    assertThat(server.writes).hasSize(1);
  }

  @Test
  void aBurstOfEditsIsWrittenAtMostTwice() {
    lead();
    for (int i = 0; i < 100; i++) {
      apply(PAYMENTS, policySpec(i % 2 == 0 ? HOST : "!"));
      pass(Duration.ofMillis(40));
    }
    pass(Duration.ofMinutes(5));

    assertThat(server.writes(PAYMENTS)).isLessThanOrEqualTo(2);
    assertThat(server.condition(PAYMENTS, "Ready", "observedGeneration")).isEqualTo("100");
    assertThat(server.ready(PAYMENTS)).isEqualTo("False");
  }

  @Test
  void aChangeOfConditionsIsWrittenAtOnce() {
    lead();
    apply(PAYMENTS, policySpec(HOST));
    pass(SECOND);
    apply(PAYMENTS, policySpec("!"));
    pass(Duration.ofSeconds(2));

    assertThat(server.writes).hasSize(2);
    assertThat(server.ready(PAYMENTS)).isEqualTo("False");
  }

  @Test
  void theTimeOfATransitionIsThatOfTheTransition() {
    lead();
    apply(PAYMENTS, policySpec(HOST));
    pass(Duration.ofMinutes(10));
    apply(PAYMENTS, policySpec("!"));
    pass(Duration.ofMinutes(10));
    String since = server.condition(PAYMENTS, "Ready", "lastTransitionTime");
    apply(PAYMENTS, policySpec("?"));
    pass(Duration.ofMinutes(10));

    assertThat(since).isEqualTo("2026-06-01T12:10:00Z");
    assertThat(server.condition(PAYMENTS, "Ready", "observedGeneration")).isEqualTo("3");
    assertThat(server.condition(PAYMENTS, "Ready", "lastTransitionTime")).isEqualTo(since);
    assertThat(server.condition(PAYMENTS, "ResolvedRefs", "lastTransitionTime"))
        .isEqualTo("2026-06-01T12:00:00Z");
  }

  @Test
  void whoeverOverwritesAStatusIsPutRightOnceAMinute() {
    lead();
    apply(PAYMENTS, policySpec(HOST));
    pass(SECOND);
    for (int i = 0; i < 300; i++) {
      server.statuses.put(PAYMENTS, Map.of("phase", "Mine" + i));
      server.version++;
      server.show(PAYMENTS);
      pass(SECOND);
    }
    pass(Duration.ofMinutes(2));

    assertThat(server.writes).hasSizeBetween(5, 7);
    assertThat(server.ready(PAYMENTS)).isEqualTo("True");
  }

  @Test
  void anObjectThatIsDeletedAndMadeAnewGetsItsStatusAtOnce() {
    lead();
    apply(PAYMENTS, policySpec(HOST));
    pass(SECOND);
    writer.gone(PAYMENTS);
    publish(objects.delete(PAYMENTS));
    pass(SECOND);
    server.uids.remove(PAYMENTS);
    apply(PAYMENTS, policySpec(HOST));
    pass(Duration.ofSeconds(2));

    assertThat(server.writes).hasSize(2);
    assertThat(server.ready(PAYMENTS)).isEqualTo("True");
  }

  @Test
  void aLeaderThatMayHaveLostItsLeaseWritesNothing() {
    lead();
    held = false;
    apply(PAYMENTS, policySpec(HOST));
    pass(Duration.ofMinutes(1));
    assertThat(server.writes).isEmpty();

    held = true;
    pass(Duration.ofSeconds(2));
    assertThat(server.writes).hasSize(1);
  }

  @Test
  void aWriteThatWaitedBeyondTheLeaseIsNotSent() {
    lead();
    senders.paused = true;
    apply(PAYMENTS, policySpec(HOST));
    pass(SECOND);
    held = false;
    senders.resume();
    pass(SECOND);

    assertThat(server.writes).isEmpty();
  }

  @Test
  void changesWhileAWriteIsOnItsWayMakeOneMore() {
    lead();
    apply(PAYMENTS, policySpec(HOST));
    senders.paused = true;
    pass(SECOND);
    apply(PAYMENTS, policySpec("!"));
    pass(SECOND);
    apply(PAYMENTS, policySpec("?"));
    pass(SECOND);
    senders.resume();
    pass(Duration.ofSeconds(10));

    assertThat(server.writes).hasSize(2);
    assertThat(server.condition(PAYMENTS, "Ready", "observedGeneration")).isEqualTo("3");
  }

  @Test
  void anApiServerThatIsAwayIsAskedEverMoreSeldom() {
    lead();
    for (int i = 0; i < 20; i++) {
      server.answers.put(policy("p" + i), new Answer.Unavailable("connection refused"));
      apply(policy("p" + i), policySpec("p" + i + ".example.com"));
    }
    pass(Duration.ofMinutes(1));
    int tries = server.writes.size();
    assertThat(tries).isBetween(2, 80);

    server.answers.clear();
    pass(Duration.ofMinutes(6));

    for (int i = 0; i < 20; i++) {
      assertThat(server.ready(policy("p" + i))).isEqualTo("True");
    }
  }

  @Test
  void oneThatAlwaysFailsHoldsUpNoOther() {
    lead();
    server.answers.put(PAYMENTS, new Answer.Unavailable("500"));
    apply(PAYMENTS, policySpec(HOST));
    pass(Duration.ofMinutes(30));
    int tries = server.writes.size();
    apply(policy("other"), policySpec("other.example.com"));
    pass(Duration.ofSeconds(35));

    assertThat(tries).isLessThan(20);
    assertThat(server.ready(policy("other"))).isEqualTo("True");
  }

  @Test
  void whatIsRefusedIsNotOfferedAgainUntilItSaysSomethingElse() {
    lead();
    server.answers.put(PAYMENTS, new Answer.Refused("status.conditions: Invalid value"));
    apply(PAYMENTS, policySpec(HOST));
    pass(Duration.ofHours(1));
    assertThat(server.writes).hasSize(1);

    server.answers.clear();
    apply(PAYMENTS, policySpec("!"));
    pass(Duration.ofSeconds(2));
    assertThat(server.writes).hasSize(2);
  }

  @Test
  void whatIsGoneIsDropped() {
    lead();
    server.answers.put(PAYMENTS, new Answer.Gone());
    apply(PAYMENTS, policySpec(HOST));
    pass(Duration.ofHours(1));

    assertThat(server.writes).hasSize(1);
  }

  @Test
  void fiveHundredAtOnceWithOnePoisonAreWrittenOnceEach() {
    lead();
    Map<ObjectKey, String> specs = new LinkedHashMap<>();
    for (int i = 0; i < 500; i++) {
      ObjectKey key = policy("p" + i);
      server.create(key);
      specs.put(key, policySpec(i == 250 ? "!" : "p" + i + ".example.com"));
    }
    publish(objects.applyAll(specs));
    pass(Duration.ofSeconds(10));

    assertThat(server.writes).hasSize(500).doesNotHaveDuplicates();
    assertThat(specs.keySet().stream().filter(key -> server.ready(key).equals("True")))
        .hasSize(499);
    assertThat(server.announced).containsExactly("Rejected p250");
  }

  @Test
  void aRateBoundsTheWrites() {
    lead();
    Map<ObjectKey, String> specs = new LinkedHashMap<>();
    for (int i = 0; i < 1_000; i++) {
      server.create(policy("p" + i));
      specs.put(policy("p" + i), policySpec("p" + i + ".example.com"));
    }
    publish(objects.applyAll(specs));
    pass(SECOND);
    assertThat(server.writes).hasSizeLessThanOrEqualTo(310);
    pass(Duration.ofSeconds(10));
    assertThat(server.writes).hasSize(1_000);
  }

  @Test
  void someoneWhoWaitsGoesBeforeTheBacklogOfANewLeader() {
    Map<ObjectKey, String> specs = new LinkedHashMap<>();
    for (int i = 0; i < 2_000; i++) {
      server.create(policy("p" + i));
      specs.put(policy("p" + i), policySpec("p" + i + ".example.com"));
    }
    publish(objects.applyAll(specs));
    lead();
    pass(Duration.ofSeconds(5));
    apply(PAYMENTS, policySpec(HOST));
    pass(SECOND);

    assertThat(server.ready(PAYMENTS)).isEqualTo("True");
    assertThat(server.writes).hasSizeLessThan(1_000);
  }

  @Test
  void anIdentityExpiresInItsStatusWhenItDoes() {
    lead();
    ObjectKey acme = identity("acme");
    apply(
        acme,
        """
        type: Partner
        owner: {team: integrations}
        expiresAt: '2026-06-01T13:00:00Z'
        """);
    pass(Duration.ofMinutes(59));
    assertThat(server.statuses.get(acme)).extracting("phase").isEqualTo("Expiring");

    pass(Duration.ofMinutes(2));

    assertThat(server.statuses.get(acme)).extracting("phase").isEqualTo("Expired");
    assertThat(server.writes).hasSize(2);
  }

  @Test
  void aRejectionAndARecoveryAreAnnouncedOnce() {
    lead();
    apply(PAYMENTS, policySpec("!"));
    pass(Duration.ofMinutes(1));
    apply(PAYMENTS, policySpec("?"));
    pass(Duration.ofMinutes(1));
    apply(PAYMENTS, policySpec(HOST));
    pass(Duration.ofMinutes(1));
    apply(PAYMENTS, policySpec("other.example.com"));
    pass(Duration.ofMinutes(1));

    assertThat(server.announced).containsExactly("Rejected payments", "Recovered payments");
  }

  @Test
  void theOlderOfTwoIsDeletedAndBothStatusesWereTrue() {
    lead();
    apply(policy("older"), policySpec(HOST));
    apply(PAYMENTS, policySpec(HOST));
    pass(SECOND);
    assertThat(server.condition(PAYMENTS, "Accepted", "reason")).isEqualTo("Conflicted");
    assertThat(server.condition(PAYMENTS, "Ready", "message")).contains("ApiPolicy shop/older");

    writer.gone(policy("older"));
    publish(objects.delete(policy("older")));
    pass(Duration.ofSeconds(2));

    assertThat(server.ready(PAYMENTS)).isEqualTo("True");
    assertThat(server.announced).containsExactly("Rejected payments", "Recovered payments");
  }

  @Test
  void anIssuerSaysWhenItsKeysAreNotToBeHadAndWhenTheyAreAgain() {
    ObjectKey corp = issuer("corp");
    Map<ObjectKey, IssuerState> states = new HashMap<>();
    writer.watchIssuers(() -> Map.copyOf(states));
    lead();
    apply(
        corp,
        "issuer: https://issuer.example.com\njwks: {uri: 'https://issuer.example.com/keys'}\n");
    pass(SECOND);
    assertThat(server.ready(corp)).isEqualTo("True");

    states.put(corp, new IssuerState.KeySet(0, List.of(), Optional.of("it can't be reached")));
    pass(Duration.ofSeconds(7));
    assertThat(server.condition(corp, "Ready", "reason")).isEqualTo("KeysUnavailable");

    states.clear();
    pass(Duration.ofSeconds(7));
    assertThat(server.ready(corp)).isEqualTo("True");
    assertThat(server.announced).containsExactly("KeysUnavailable corp", "Recovered corp");
  }

  @Test
  void aStatusIsWrittenOnceTheObjectIsSeen() {
    lead();
    publish(objects.apply(PAYMENTS, policySpec(HOST)));
    pass(SECOND);
    assertThat(server.writes).isEmpty();

    server.create(PAYMENTS);
    pass(SECOND);
    assertThat(server.writes).hasSize(1);
  }
}
