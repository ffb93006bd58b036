package dev.sallyport.server.issuers;

import static dev.sallyport.server.issuers.IssuerServer.sends;
import static dev.sallyport.server.issuers.IssuerServer.sendsAfter;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Keys;
import dev.sallyport.engine.authenticate.KeySet;
import dev.sallyport.engine.authenticate.KeySource.Answer;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.identity.Networks;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class RemoteKeySetsTest {
  private static final Instant START = Instant.parse("2026-11-25T12:00:00Z");
  private static final ObjectKey ISSUER = new ObjectKey("TokenIssuer", "payments", "corp");
  private static final Duration STALE_FOR = Duration.ofHours(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** Makes every random share the least: a set is due at 0.7 of its age, a retry at half. */
  private static final RandomGenerator LEAST = () -> 0;

  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final InstantSource clock = now::get;
  private final IssuerServer server = start(sends(set("k1")));
  private final List<Boolean> fetches = new ArrayList<>();
  private final IssuerClients clients = new IssuerClients(Networks.NONE, Map.of());
  private final RemoteKeySets sets =
      new RemoteKeySets(clients, clock, LEAST, (_, usable, _) -> record(usable), TIMEOUT);

  private static IssuerServer start(IssuerServer.Behaviour behaviour) {
    try {
      return new IssuerServer(behaviour);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private synchronized void record(boolean usable) {
    fetches.add(usable);
  }

  @AfterEach
  void stop() {
    sets.close();
    clients.close();
    server.close();
  }

  private static String set(String... ids) {
    List<String> keys = new ArrayList<>();
    for (String id : ids) {
      keys.add(
          "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
              + "\"kid\":\""
              + id
              + "\"}");
    }
    return "{\"keys\":[" + String.join(",", keys) + "]}";
  }

  private static CompiledIssuer issuer(ObjectKey key, Keys keys) {
    return new CompiledIssuer(
        key,
        "https://corp.example",
        keys,
        List.of(),
        Set.of("a"),
        CompiledIssuer.DEFAULT_ALGORITHMS,
        CompiledIssuer.Profile.GENERIC,
        List.of("scope"),
        List.of("sub"),
        Map.of(),
        Duration.ZERO,
        Optional.empty());
  }

  private static CompiledIssuer remote(URI uri) {
    return issuer(ISSUER, new Keys.Remote(uri, STALE_FOR));
  }

  private void watch(URI uri, Duration staleFor) {
    sets.watch(List.of(issuer(ISSUER, new Keys.Remote(uri, staleFor))));
  }

  /** Watches, and waits for the first set. */
  private void watchAndFetch() {
    watch(server.uri(), STALE_FOR);
    assertThat(patiently("k1")).isInstanceOf(Answer.Held.class);
  }

  private Answer at(String keyId, Patience patience) {
    return sets.keys(remote(server.uri()), keyId, patience);
  }

  private Answer atOnce(String keyId) {
    return at(keyId, Patience.NONE);
  }

  private Answer patiently(String keyId) {
    return at(keyId, Patience.until(now.get().plusSeconds(20)));
  }

  private void pass(Duration duration) {
    now.updateAndGet(instant -> instant.plus(duration));
  }

  private void refresh() {
    sets.refresh().join();
  }

  private static boolean has(Answer answer, String keyId) {
    return answer instanceof Answer.Held(KeySet keys) && keys.contains(keyId);
  }

  /** The issuers whose key set could not be fetched and is not held. */
  private Set<ObjectKey> unavailable() {
    return sets.states().entrySet().stream()
        .filter(state -> state.getValue().failure().isPresent())
        .filter(state -> state.getValue().usableKeys() == 0)
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  @Test
  void firstSetIsWaitedForAndThenHeld() {
    Semaphore permits = new Semaphore(0);
    server.behaviour = sendsAfter(permits, sends(set("k1")));
    watch(server.uri(), STALE_FOR);

    assertThat(atOnce("k1")).isInstanceOf(Answer.WouldWait.class);
    permits.release();
    assertThat(has(patiently("k1"), "k1")).isTrue();
    assertThat(has(atOnce("k1"), "k1")).isTrue();
    assertThat(server.requests).hasValue(1);
  }

  @Test
  void slowAnswerLeavesTheCallerUnavailableInTime() {
    Semaphore permits = new Semaphore(0);
    server.behaviour = sendsAfter(permits, sends(set("k1")));
    watch(server.uri(), STALE_FOR);

    assertThat(at("k1", Patience.until(now.get().plusMillis(20))))
        .isInstanceOf(Answer.Unavailable.class);
    assertThat(at("k1", Patience.until(now.get().minusMillis(20))))
        .isInstanceOf(Answer.Unavailable.class);
    permits.release();
  }

  @Test
  void setIsFetchedAheadOfItsAge() {
    watchAndFetch();

    pass(Duration.ofSeconds(209));
    refresh();
    assertThat(server.requests).hasValue(1);

    server.behaviour = sends(set("k1", "k2"));
    pass(Duration.ofSeconds(1));
    refresh();
    assertThat(server.requests).hasValue(2);
    assertThat(has(atOnce("k2"), "k2")).isTrue();
  }

  @Test
  void withdrawnKeyIsGoneWithTheNextSet() {
    watchAndFetch();

    server.behaviour = sends("{\"keys\":[]}");
    pass(Duration.ofMinutes(5));
    refresh();

    assertThat(atOnce("")).isInstanceOf(Answer.Held.class);
    assertThat(has(atOnce(""), "k1")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max-age=100/70",
        "public, MAX-AGE=\"100\"/70",
        "max-age=1/42",
        "max-age=999999999/2520",
        "max-age=99999999999/210",
        "max-age=-1/210",
        "no-store/210",
        "max-age/210"
      })
  void ageIsTheServersWithinReason(String control) {
    int slash = control.lastIndexOf('/');
    long due = Long.parseLong(control.substring(slash + 1));
    server.behaviour = sends(200, set("k1"), Map.of("Cache-Control", control.substring(0, slash)));
    watchAndFetch();

    pass(Duration.ofSeconds(due - 1));
    refresh();
    assertThat(server.requests).hasValue(1);
    pass(Duration.ofSeconds(1));
    refresh();
    assertThat(server.requests).hasValue(2);
  }

  @Test
  void setIsKeptThroughAnOutageAndNoLongerThanItMay() {
    watchAndFetch();
    server.behaviour = sends(503, "down", Map.of());

    pass(Duration.ofMinutes(5).plus(STALE_FOR).minusSeconds(1));
    refresh();
    assertThat(has(atOnce("k1"), "k1")).isTrue();
    assertThat(unavailable()).isEmpty();

    pass(Duration.ofSeconds(1));
    refresh();
    assertThat(patiently("k1")).isInstanceOf(Answer.Unavailable.class);
    assertThat(atOnce("k1")).isInstanceOf(Answer.Unavailable.class);
    assertThat(unavailable()).containsExactly(ISSUER);

    server.behaviour = sends(set("k1"));
    pass(Duration.ofSeconds(60));
    refresh();
    assertThat(has(atOnce("k1"), "k1")).isTrue();
    assertThat(unavailable()).isEmpty();
  }

  @Test
  void failuresAreRetriedSeldomAndSeldomer() {
    server.behaviour = sends(500, "", Map.of());
    watch(server.uri(), STALE_FOR);
    assertThat(patiently("k1")).isInstanceOf(Answer.Unavailable.class);

    List<Integer> requests = new ArrayList<>();
    for (int second = 0; second < 300; second++) {
      pass(Duration.ofSeconds(1));
      refresh();
      requests.add(server.requests.get());
    }

    assertThat(requests.get(9)).isBetween(4, 6);
    assertThat(requests.get(299) - requests.get(199)).isBetween(3, 4);
    assertThat(fetches).hasSize(server.requests.get()).containsOnly(false);
  }

  @Test
  void whoeverAsksDuringABackOffIsAnsweredAtOnce() {
    server.behaviour = sends(500, "", Map.of());
    watch(server.uri(), STALE_FOR);
    assertThat(patiently("k1")).isInstanceOf(Answer.Unavailable.class);
    int before = server.requests.get();

    for (int i = 0; i < 100; i++) {
      assertThat(atOnce("k1")).isInstanceOf(Answer.Unavailable.class);
      assertThat(patiently("k1")).isInstanceOf(Answer.Unavailable.class);
    }

    assertThat(server.requests).hasValue(before);
  }

  @Test
  void rotatedKeyIsFetchedByTheTokenThatNamesIt() {
    watchAndFetch();
    server.behaviour = sends(set("k2"));

    assertThat(atOnce("k2")).isInstanceOf(Answer.WouldWait.class);
    assertThat(has(patiently("k2"), "k2")).isTrue();
    assertThat(has(atOnce("k1"), "k1")).isFalse();
    assertThat(server.requests).hasValue(2);
  }

  @Test
  void floodOfUnknownKeysFetchesOnceInHalfAMinute() throws Exception {
    watchAndFetch();

    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        String keyId = "unknown-" + i;
        answers.add(callers.submit(() -> patiently(keyId)));
      }
      for (Future<Answer> answer : answers) {
        assertThat(answer.get()).isNotInstanceOf(Answer.WouldWait.class);
      }
    }
    assertThat(server.requests).hasValue(2);
    assertThat(atOnce("unknown")).isInstanceOf(Answer.Held.class);

    pass(Duration.ofSeconds(29));
    assertThat(atOnce("unknown")).isInstanceOf(Answer.Held.class);
    pass(Duration.ofSeconds(1));
    assertThat(atOnce("unknown")).isInstanceOf(Answer.WouldWait.class);
    assertThat(patiently("unknown")).isInstanceOf(Answer.Held.class);
    assertThat(server.requests).hasValue(3);
  }

  @Test
  void unknownKeysDuringAnOutageHarmNoKnownOne() {
    watchAndFetch();
    Semaphore permits = new Semaphore(0);
    server.behaviour = sendsAfter(permits, sends(500, "", Map.of()));

    assertThat(atOnce("unknown")).isInstanceOf(Answer.WouldWait.class);
    assertThat(has(atOnce("k1"), "k1")).isTrue();
    permits.release();
    assertThat(has(patiently("unknown"), "k1")).isTrue();
  }

  @Test
  void tokenWithoutKeyIdFetchesNothing() {
    watchAndFetch();

    assertThat(has(atOnce(""), "k1")).isTrue();
    assertThat(server.requests).hasValue(1);
  }

  @Test
  void oversizeBodyIsCutOff() {
    AtomicInteger sent = new AtomicInteger();
    server.behaviour = IssuerServer.sendsWithoutEnd(sent);
    watch(server.uri(), STALE_FOR);

    assertThat(patiently("k1")).isInstanceOf(Answer.Unavailable.class);
    assertThat(sent.get()).isLessThan(1 << 27);
    assertThat(fetches).containsExactly(false);
  }

  @Test
  void bodyThatDripsIsGivenUp() {
    Semaphore never = new Semaphore(0);
    server.behaviour =
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write('{');
          exchange.getResponseBody().flush();
          never.acquireUninterruptibly();
        };
    Duration timeout = Duration.ofMillis(300);
    try (RemoteKeySets impatient =
        new RemoteKeySets(clients, clock, LEAST, CallListener.NONE, timeout)) {
      impatient.watch(List.of(remote(server.uri())));

      Patience patience = Patience.until(now.get().plusSeconds(20));
      assertThat(impatient.keys(remote(server.uri()), "k1", patience))
          .isInstanceOf(Answer.Unavailable.class);
      assertThat(impatient.states().get(ISSUER).failure())
          .hasValue("it did not answer within 300 ms");
    }
    never.release();
  }

  @Test
  void redirectIsNotFollowed() throws IOException {
    try (IssuerServer other = new IssuerServer(sends(set("k1")))) {
      server.behaviour = sends(302, "", Map.of("Location", other.uri().toString()));
      watch(server.uri(), STALE_FOR);

      assertThat(patiently("k1")).isInstanceOf(Answer.Unavailable.class);
      assertThat(other.requests).hasValue(0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"<html>sign in</html>", "{}", "{\"keys\":", "", "[]"})
  void whatIsNoKeySetTakesNoPlace(String body) {
    watchAndFetch();
    server.behaviour = sends(body);

    pass(Duration.ofMinutes(5));
    refresh();

    assertThat(has(atOnce("k1"), "k1")).isTrue();
    assertThat(fetches).endsWith(false);
  }

  @Test
  void serverThatIsNotThereIsAFailure() {
    server.close();
    watch(server.uri(), STALE_FOR);

    assertThat(patiently("k1")).isInstanceOf(Answer.Unavailable.class);
  }

  @Test
  void issuerThatIsGoneIsForgotten() {
    watchAndFetch();

    sets.watch(List.of());
    assertThat(atOnce("k1")).isInstanceOf(Answer.Unavailable.class);
    pass(Duration.ofHours(1));
    refresh();
    assertThat(server.requests).hasValue(1);
  }

  @Test
  void otherAddressStartsAnewAndOtherStalenessDoesNot() throws IOException {
    watchAndFetch();

    watch(server.uri(), Duration.ZERO);
    assertThat(has(atOnce("k1"), "k1")).isTrue();
    assertThat(server.requests).hasValue(1);
    pass(Duration.ofMinutes(5));
    server.behaviour = sends(500, "", Map.of());
    refresh();
    assertThat(atOnce("k1")).isInstanceOf(Answer.Unavailable.class);

    try (IssuerServer other = new IssuerServer(sends(set("k2")))) {
      watch(other.uri(), STALE_FOR);
      assertThat(atOnce("k1")).isInstanceOf(Answer.Unavailable.class);
      Answer answer =
          sets.keys(remote(other.uri()), "k2", Patience.until(now.get().plusSeconds(20)));
      assertThat(has(answer, "k2")).isTrue();
    }
  }

  @Test
  void inlineAndUnknownIssuersHaveNoRemoteKeys() {
    KeySet inline = ((KeySet.Parsing.Parsed) KeySet.parse(set("k1"))).keys();
    sets.watch(List.of(issuer(ISSUER, new Keys.Inline(inline))));

    assertThat(patiently("k1")).isInstanceOf(Answer.Unavailable.class);
    assertThat(server.requests).hasValue(0);
  }

  @Test
  void clockThatGoesBackMakesTheSetDue() {
    watchAndFetch();

    pass(Duration.ofDays(-1));
    refresh();

    assertThat(server.requests).hasValue(2);
    assertThat(has(atOnce("k1"), "k1")).isTrue();
  }

  @Test
  void afterCloseWhatIsHeldIsAnsweredAndNothingIsFetched() {
    watchAndFetch();

    sets.close();
    assertThat(has(atOnce("k1"), "k1")).isTrue();
    pass(Duration.ofMinutes(5));
    CompletableFuture<Void> refresh = sets.refresh();

    refresh.join();
    assertThat(server.requests).hasValue(1);
    assertThat(has(atOnce("k1"), "k1")).isTrue();
  }
}
