package dev.sallyport.server.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.ServiceAccountToken;
import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.engine.authenticate.TokenReviewer.Answer;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.server.kubernetes.ReviewCall.Failure;
import dev.sallyport.server.kubernetes.ReviewCall.Reply;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TokenReviewsTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final List<String> AUDIENCES = List.of("payments");
  private static final Subject.ServiceAccount EXPORTER =
      new Subject.ServiceAccount("payments", "exporter", "uid-1");
  private static final Answer GOOD = new Answer.Authenticated(EXPORTER);
  private static final Answer UNAVAILABLE = new Answer.Unavailable();

  private final AtomicReference<Instant> clock = new AtomicReference<>(NOW);
  private final AtomicLong nanos = new AtomicLong();
  private final ServiceAccounts accounts = new ServiceAccounts(InstantSource.fixed(NOW));
  private final Asked api = new Asked();
  private final List<String> heard = Collections.synchronizedList(new ArrayList<>());
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private TokenReviews reviews;

  /** An API server that says of each token what a test wants. */
  private static final class Asked implements ReviewCall {
    final Map<String, Reply> says = new ConcurrentHashMap<>();
    final AtomicInteger calls = new AtomicInteger();
    volatile CountDownLatch open = new CountDownLatch(0);

    @Override
    public Reply create(String token, List<String> audiences) {
      calls.incrementAndGet();
      try {
        assertThat(open.await(20, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException _) {
        return new Reply.Failed(Failure.TIMEOUT, "ended");
      }
      return says.getOrDefault(token, new Reply.Refused("unknown"));
    }
  }

  @BeforeEach
  void begin() {
    accounts.seen("payments", "exporter", "uid-1");
    api.says.put("good", new Reply.Authenticated(EXPORTER));
    reviews = reviews(List.of());
  }

  private TokenReviews reviews(List<String> namespaces) {
    return new TokenReviews(
        api, accounts, namespaces, clock::get, nanos::get, (_, outcome) -> heard.add(outcome));
  }

  @AfterEach
  void end() {
    reviews.close();
    threads.shutdownNow();
  }

  private static ServiceAccountToken token(String text) {
    return token(text, NOW.plusSeconds(3600));
  }

  private static ServiceAccountToken token(String text, Instant expiresAt) {
    return new ServiceAccountToken(text, "payments", "exporter", expiresAt);
  }

  private Answer ask(String text) {
    return ask(token(text), Duration.ofSeconds(20));
  }

  private Answer ask(ServiceAccountToken token, Duration patience) {
    return reviews.review(token, AUDIENCES, Patience.until(clock.get().plus(patience)));
  }

  private Answer askNow(String text) {
    return reviews.review(token(text), AUDIENCES, Patience.NONE);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
    clock.updateAndGet(now -> now.plus(time));
  }

  @Test
  void goodTokenIsAskedAboutOnceAMinute() {
    assertThat(askNow("good")).isEqualTo(new Answer.WouldWait());
    assertThat(api.calls).hasValue(0);
    assertThat(ask("good")).isEqualTo(GOOD);
    assertThat(askNow("good")).isEqualTo(GOOD);
    pass(Duration.ofMillis(59_999));
    assertThat(askNow("good")).isEqualTo(GOOD);
    assertThat(api.calls).hasValue(1);
    pass(Duration.ofMillis(1));
    assertThat(askNow("good")).isEqualTo(new Answer.WouldWait());
    assertThat(ask("good")).isEqualTo(GOOD);
    assertThat(api.calls).hasValue(2);
    assertThat(reviews.cacheHits()).isEqualTo(2);
    assertThat(reviews.cacheMisses()).isEqualTo(2);
    assertThat(heard).containsExactly("success", "success");
  }

  @Test
  void clockThatIsSetBackMakesNoAnswerLast() {
    assertThat(ask("good")).isEqualTo(GOOD);
    clock.set(NOW.minus(Duration.ofDays(1)));
    nanos.addAndGet(Duration.ofMinutes(1).toNanos());
    assertThat(askNow("good")).isEqualTo(new Answer.WouldWait());
  }

  @Test
  void goodTokenIsRememberedNoLongerThanItLives() {
    ServiceAccountToken ending = token("good", NOW.plusSeconds(10));
    assertThat(ask(ending, Duration.ofSeconds(5))).isEqualTo(GOOD);
    pass(Duration.ofSeconds(9));
    assertThat(reviews.review(ending, AUDIENCES, Patience.NONE)).isEqualTo(GOOD);
    pass(Duration.ofSeconds(1));
    assertThat(reviews.review(ending, AUDIENCES, Patience.NONE)).isEqualTo(new Answer.WouldWait());
  }

  @Test
  void otherAudiencesAreAnotherQuestion() {
    assertThat(ask("good")).isEqualTo(GOOD);
    assertThat(reviews.review(token("good"), List.of("billing"), Patience.NONE))
        .isEqualTo(new Answer.WouldWait());
  }

  @Test
  void refusalIsRememberedForSeconds() {
    assertThat(ask("bad")).isInstanceOf(Answer.Refused.class);
    assertThat(askNow("bad")).isInstanceOf(Answer.Refused.class);
    assertThat(api.calls).hasValue(1);
    pass(Duration.ofSeconds(3));
    assertThat(askNow("bad")).isEqualTo(new Answer.WouldWait());
  }

  @Test
  void floodOfRubbishPushesOutNoGoodAnswer() {
    assertThat(ask("good")).isEqualTo(GOOD);
    for (int i = 0; i < 20_000; i++) {
      ask("rubbish-" + i);
    }
    assertThat(askNow("good")).isEqualTo(GOOD);
    assertThat(reviews.cacheSize()).isEqualTo(1);
  }

  @Test
  void failureIsNeitherRememberedNorARefusal() {
    api.says.put("good", new Reply.Failed(Failure.FAILURE, "it answers 500"));
    assertThat(ask("good")).isEqualTo(UNAVAILABLE);
    api.says.put("good", new Reply.Failed(Failure.FORBIDDEN, "it answers 403"));
    assertThat(ask("good")).isEqualTo(UNAVAILABLE);
    api.says.put("good", new Reply.Failed(Failure.THROTTLED, "it answers 429"));
    assertThat(ask("good")).isEqualTo(UNAVAILABLE);
    api.says.put("good", new Reply.Authenticated(EXPORTER));
    assertThat(ask("good")).isEqualTo(GOOD);
    assertThat(heard).containsExactly("failure", "forbidden", "throttled", "success");
  }

  @Test
  void whatIsRememberedOutlivesTheApiServerForItsMinute() {
    assertThat(ask("good")).isEqualTo(GOOD);
    api.says.put("good", new Reply.Failed(Failure.FAILURE, "away"));
    pass(Duration.ofSeconds(59));
    assertThat(askNow("good")).isEqualTo(GOOD);
    pass(Duration.ofSeconds(1));
    assertThat(ask("good")).isEqualTo(UNAVAILABLE);
  }

  @Test
  void callThatThrowsIsNoRefusalAndBlocksNobodyAfter() {
    TokenReviews broken =
        new TokenReviews(
            (_, _) -> {
              throw new StackOverflowError();
            },
            accounts,
            List.of(),
            clock::get,
            nanos::get,
            (_, _) -> {});
    try (broken) {
      for (int i = 0; i < 100; i++) {
        assertThat(broken.review(token("good"), AUDIENCES, Patience.until(NOW.plusSeconds(20))))
            .isEqualTo(UNAVAILABLE);
      }
    }
  }

  @Test
  void deletedServiceAccountIsRefusedThoughTheAnswerIsRemembered() {
    assertThat(ask("good")).isEqualTo(GOOD);
    accounts.gone("payments", "exporter", "uid-1");
    assertThat(askNow("good")).isInstanceOf(Answer.Refused.class);
    accounts.seen("payments", "exporter", "uid-2");
    assertThat(askNow("good")).isInstanceOf(Answer.Refused.class);
    assertThat(api.calls).hasValue(1);
  }

  @Test
  void deletedServiceAccountIsRefusedThoughTheApiServerStillAcceptsIt() {
    accounts.gone("payments", "exporter", "uid-1");
    assertThat(ask("good")).isInstanceOf(Answer.Refused.class);
  }

  @Test
  void serviceAccountThatWasNotSeenIsWaitedFor() throws Exception {
    api.says.put(
        "new", new Reply.Authenticated(new Subject.ServiceAccount("payments", "exporter", "2")));
    assertThat(ask(token("new"), Duration.ofMillis(30))).isEqualTo(UNAVAILABLE);
    assertThat(askNow("new")).isEqualTo(new Answer.WouldWait());
    Future<Answer> answer = threads.submit(() -> ask("new"));
    accounts.seen("payments", "exporter", "2");
    assertThat(answer.get(20, TimeUnit.SECONDS)).isInstanceOf(Answer.Authenticated.class);
    assertThat(askNow("new")).isInstanceOf(Answer.Authenticated.class);
  }

  @Test
  void onlyWatchedNamespacesAreTaken() {
    try (TokenReviews some = reviews(List.of("billing"))) {
      assertThat(some.review(token("good"), AUDIENCES, Patience.NONE))
          .isInstanceOf(Answer.Refused.class);
    }
    try (TokenReviews some = reviews(List.of("billing", "payments"))) {
      assertThat(some.review(token("good"), AUDIENCES, Patience.until(NOW.plusSeconds(20))))
          .isEqualTo(GOOD);
    }
    assertThat(api.calls).hasValue(1);
  }

  @Test
  void callsForOneTokenAreJoined() throws Exception {
    api.open = new CountDownLatch(1);
    List<Future<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      answers.add(threads.submit(() -> ask("good")));
    }
    assertThat(answers).noneMatch(Future::isDone);
    api.open.countDown();
    for (Future<Answer> answer : answers) {
      assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(GOOD);
    }
    assertThat(api.calls).hasValue(1);
  }

  @Test
  void answerThatComesTooLateIsRememberedForTheNext() throws Exception {
    api.open = new CountDownLatch(1);
    assertThat(ask(token("good"), Duration.ofMillis(30))).isEqualTo(UNAVAILABLE);
    api.open.countDown();
    // It joins the call that is under way, or finds its answer.
    assertThat(ask("good")).isEqualTo(GOOD);
    assertThat(api.calls).hasValue(1);
  }

  @Test
  void moreTokensThanTheBoundsAreUnavailableAndNeverRefused() throws Exception {
    api.open = new CountDownLatch(1);
    List<Future<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      String text = "token-" + i;
      api.says.put(text, new Reply.Authenticated(EXPORTER));
      answers.add(threads.submit(() -> ask(token(text), Duration.ofMillis(500))));
    }
    for (Future<Answer> answer : answers) {
      assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(UNAVAILABLE);
    }
    assertThat(api.calls.get()).isLessThanOrEqualTo(32);
    api.open.countDown();
    assertThat(ask("good")).isEqualTo(GOOD);
  }

  @Test
  void closedItKnowsNothingNew() {
    assertThat(ask("good")).isEqualTo(GOOD);
    reviews.close();
    assertThat(ask("good")).isEqualTo(GOOD);
    assertThat(ask("other")).isEqualTo(UNAVAILABLE);
  }
}
