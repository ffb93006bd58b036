package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a Sallyport comes and goes while Envoy asks it. */
class LifecycleIT {
  private static final RawRequest GOOD =
      RawRequest.get("strict.example.com", "/v1/items/1").with("X-API-Key", TestPolicies.READER);

  @TempDir private Path work;

  @Test
  void aDeadSallyportLetsNobodyThroughAndANewOneServesAgain() {
    try (Boundary boundary = Boundary.start(work, TestPolicies.folder())) {
      assertThat(boundary.send(GOOD).status()).isEqualTo(200);

      boundary.sallyport().process().kill();

      for (int i = 0; i < 20; i++) {
        Reply reply = boundary.send(GOOD);
        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.seen()).isEmpty();
      }

      SallyportProcess.Settings same =
          SallyportProcess.Settings.of(work.resolve("again"), TestPolicies.folder())
              .on(boundary.sallyport().address());
      try (SallyportProcess _ = SallyportProcess.start(same)) {
        Await.untilTrue("it serves again", () -> boundary.send(GOOD).status() == 200);
      }
    }
  }

  @Test
  void aSallyportThatDrainsLosesNoRequest() throws Exception {
    try (Upstream upstream = Upstream.start();
        SallyportProcess going = SallyportProcess.start(settings("going").with("drain", "5s"));
        SallyportProcess staying = SallyportProcess.start(settings("staying"));
        EnvoyProcess envoy =
            EnvoyProcess.start(
                EnvoyProcess.Settings.of(
                    work.resolve("envoy"), upstream, going.address(), staying.address()));
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      AtomicBoolean enough = new AtomicBoolean();
      AtomicInteger answered = new AtomicInteger();
      List<Future<List<Reply>>> lost = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        lost.add(callers.submit(() -> callUntil(enough, envoy, answered)));
      }
      try {
        awaitMore(answered, 50);
        going.process().terminate();
        assertThat(going.process().exitCode(Duration.ofSeconds(60))).isZero();
        awaitMore(answered, 50);
      } finally {
        enough.set(true);
      }
      for (Future<List<Reply>> replies : lost) {
        assertThat(replies.get()).isEmpty();
      }
      assertThat(going.decisions().lines()).as("the one that went was asked").isNotEmpty();
      assertThat(staying.decisions().lines()).isNotEmpty();
    }
  }

  @Test
  void itIsNotReadyBeforeItsPoliciesWereRead() throws IOException {
    SallyportProcess.Settings settings =
        SallyportProcess.Settings.of(work.resolve("early"), work.resolve("not-there"));
    try (SallyportProcess sallyport = SallyportProcess.launch(settings)) {
      Await.untilTrue(
          "it says that it can't start, or is not ready",
          () -> !sallyport.process().isAlive() || sallyport.admin("/readyz").statusCode() == 503);
      if (!sallyport.process().isAlive()) {
        assertThat(sallyport.process().exitCode(Duration.ofSeconds(10))).isEqualTo(2);
        assertThat(sallyport.process().output()).contains("not-there").doesNotContain("\tat ");
      }
    }
  }

  @Test
  void aWrongConfigurationIsOneClearLine() throws IOException {
    SallyportProcess.Settings settings = settings("wrong").with("drian", "1s");
    try (SallyportProcess sallyport = SallyportProcess.launch(settings)) {
      assertThat(sallyport.process().exitCode(Duration.ofSeconds(60))).isEqualTo(2);
      assertThat(sallyport.process().output())
          .contains("drian")
          .contains("sallyport.yaml:")
          .doesNotContain("\tat ");
    }
  }

  @Test
  void theOrderOfItsDecisionLogSurvivesItsEnd() throws IOException {
    try (Boundary boundary = Boundary.start(work, TestPolicies.folder())) {
      String last = "";
      for (int i = 0; i < 100; i++) {
        last = boundary.send(GOOD).decisionId();
      }
      boundary.sallyport().process().terminate();
      assertThat(boundary.sallyport().process().exitCode(Duration.ofSeconds(60))).isZero();

      List<String> lines = Files.readAllLines(work.resolve("sallyport/decisions.jsonl"));
      assertThat(lines).hasSize(100);
      assertThat(DecisionLog.parse(lines.getLast()).getDecisionId()).isEqualTo(last);
    }
  }

  private SallyportProcess.Settings settings(String name) {
    return SallyportProcess.Settings.of(work.resolve(name), TestPolicies.folder());
  }

  /** The answers other than 200 that one caller got. */
  private static List<Reply> callUntil(
      AtomicBoolean enough, EnvoyProcess envoy, AtomicInteger answered) {
    List<Reply> lost = new ArrayList<>();
    while (!enough.get()) {
      Reply reply = envoy.send(GOOD);
      answered.incrementAndGet();
      if (reply.status() != 200) {
        lost.add(reply);
      }
    }
    return lost;
  }

  private static void awaitMore(AtomicInteger answered, int count) {
    int enough = answered.get() + count;
    Await.untilTrue("requests are answered", () -> answered.get() >= enough);
  }
}
