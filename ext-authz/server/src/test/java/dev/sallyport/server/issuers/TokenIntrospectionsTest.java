package dev.sallyport.server.issuers;

import static dev.sallyport.server.issuers.IssuerServer.sends;
import static dev.sallyport.server.issuers.IssuerServer.sendsAfter;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.ClientSecret;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Introspection;
import dev.sallyport.engine.authenticate.TokenIntrospector.Answer;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.identity.Networks;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TokenIntrospectionsTest {
  private static final Instant START = Instant.parse("2026-11-25T12:00:00Z");
  private static final ObjectKey ISSUER = new ObjectKey("TokenIssuer", "payments", "corp");
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final String ACTIVE = "{\"active\":true,\"client_id\":\"acme\"}";
  private static final String INACTIVE = "{\"active\":false}";
  private static final String TOKEN = "t0ken+/=";

  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final AtomicLong nanos = new AtomicLong();
  private final InstantSource clock = now::get;
  private final IssuerServer server = start(sends(ACTIVE));
  private final Queue<Boolean> calls = new ConcurrentLinkedQueue<>();
  private final IssuerClients clients = new IssuerClients(Networks.NONE, Map.of());
  private final TokenIntrospections introspections = introspections(Duration.ofSeconds(20));

  private TokenIntrospections introspections(Duration timeout) {
    return new TokenIntrospections(
        clients, clock, nanos::get, () -> 0, (_, usable, _) -> calls.add(usable), timeout);
  }

  private static IssuerServer start(IssuerServer.Behaviour behaviour) {
    try {
      return new IssuerServer(behaviour);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void stop() {
    introspections.close();
    clients.close();
    server.close();
  }

  private Introspection settings(Duration cacheFor) {
    return settings(Optional.of("gateway"), "s3cret", cacheFor);
  }

  private Introspection settings(Optional<String> clientId, String secret, Duration cacheFor) {
    return settings(server.uri("127.0.0.1", "/introspect"), clientId, secret, cacheFor);
  }

  private static Introspection settings(
      URI endpoint, Optional<String> clientId, String secret, Duration cacheFor) {
    return new Introspection(endpoint, clientId, new ClientSecret(secret), cacheFor);
  }

  private static CompiledIssuer issuer(
      Introspection by, Set<String> audiences, X509Certificate... anchors) {
    return new CompiledIssuer(
        ISSUER,
        "https://corp.example",
        by,
        List.of(anchors),
        audiences,
        CompiledIssuer.DEFAULT_ALGORITHMS,
        CompiledIssuer.Profile.GENERIC,
        List.of("scope"),
        List.of("sub"),
        Map.of(),
        Duration.ZERO,
        Optional.empty());
  }

  private static CompiledIssuer issuer(Introspection by) {
    return issuer(by, Set.of("a"));
  }

  private void watch(Introspection by) {
    introspections.watch(List.of(issuer(by)));
  }

  private Answer at(Introspection by, String token, Patience patience) {
    return introspections.introspect(issuer(by), by, token, patience);
  }

  private Answer atOnce(Introspection by, String token) {
    return at(by, token, Patience.NONE);
  }

  private Answer patiently(Introspection by, String token) {
    return at(by, token, Patience.until(now.get().plusSeconds(20)));
  }

  private void pass(Duration duration) {
    now.updateAndGet(instant -> instant.plus(duration));
    nanos.addAndGet(duration.toNanos());
  }

  private String failure() {
    return introspections.failures().getOrDefault(ISSUER, "none");
  }

  @Test
  void activeTokenIsAskedAboutOnceAndRemembered() {
    Introspection by = settings(MINUTE);
    watch(by);

    assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.WouldWait.class);
    Answer first = patiently(by, TOKEN);
    assertThat(first).isEqualTo(new Answer.Active(Map.of("active", true, "client_id", "acme")));
    assertThat(atOnce(by, TOKEN)).isEqualTo(first);
    assertThat(first.toString()).doesNotContain("acme");

    pass(MINUTE.minusMillis(1));
    assertThat(atOnce(by, TOKEN)).isEqualTo(first);
    pass(Duration.ofMillis(1));
    assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.WouldWait.class);
    assertThat(server.requests).hasValue(1);
    assertThat(calls).containsExactly(true);
    assertThat(introspections.cacheHits()).isEqualTo(2);
    assertThat(introspections.cacheMisses()).isEqualTo(1);
  }

  @Test
  void requestIsAsTheStandardsSay() {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    server.behaviour =
        exchange -> {
          seen.add(exchange.getRequestMethod());
          seen.add(exchange.getRequestHeaders().getFirst("Content-Type"));
          seen.add(exchange.getRequestHeaders().getFirst("Accept"));
          seen.add(exchange.getRequestHeaders().getFirst("Authorization"));
          seen.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          sends(ACTIVE).answer(exchange);
        };
    Introspection basic = settings(Optional.of("gate:way"), "s e+c%", MINUTE);
    watch(basic);
    assertThat(patiently(basic, TOKEN)).isInstanceOf(Answer.Active.class);
    String pair =
        Base64.getEncoder()
            .encodeToString("gate%3Away:s+e%2Bc%25".getBytes(StandardCharsets.UTF_8));
    assertThat(seen)
        .containsExactly(
            "POST",
            "application/x-www-form-urlencoded",
            "application/json",
            "Basic " + pair,
            "token=t0ken%2B%2F%3D&token_type_hint=access_token");

    seen.clear();
    Introspection bearer = settings(Optional.empty(), "s3cret", MINUTE);
    watch(bearer);
    assertThat(patiently(bearer, TOKEN)).isInstanceOf(Answer.Active.class);
    assertThat(seen).contains("Bearer s3cret");
  }

  @Test
  void memberWithoutAValueSaysNothing() {
    server.behaviour =
        sends("{\"active\":true,\"aud\":null,\"scope\":\"a b\",\"act\":{\"x\":null}}");
    Introspection by = settings(MINUTE);
    watch(by);

    assertThat(patiently(by, TOKEN))
        .isInstanceOfSatisfying(
            Answer.Active.class,
            active -> assertThat(active.members()).containsOnlyKeys("active", "scope", "act"));
  }

  @Test
  void answerIsBelievedNoLongerThanItsTokenLives() {
    long expires = START.plusSeconds(5).getEpochSecond();
    server.behaviour = sends("{\"active\":true,\"exp\":" + expires + "}");
    Introspection by = settings(MINUTE);
    watch(by);

    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);
    pass(Duration.ofMillis(4999));
    assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.Active.class);
    pass(Duration.ofMillis(1));
    assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.WouldWait.class);
  }

  @Test
  void answerAboutATokenThatIsOverIsNotRemembered() {
    server.behaviour = sends("{\"active\":true,\"exp\":1}");
    Introspection by = settings(MINUTE);
    watch(by);

    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);
    assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.WouldWait.class);
  }

  @ParameterizedTest
  @CsvSource({"60, 10", "3, 3"})
  void inactiveTokenIsRememberedForAFewSeconds(long cacheFor, long remembered) {
    server.behaviour = sends(INACTIVE);
    Introspection by = settings(Duration.ofSeconds(cacheFor));
    watch(by);

    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Inactive.class);
    pass(Duration.ofSeconds(remembered).minusMillis(1));
    assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.Inactive.class);
    pass(Duration.ofMillis(1));
    server.behaviour = sends(ACTIVE);
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);
    assertThat(calls).containsExactly(true, true);
  }

  @Test
  void nothingIsRememberedWhereTheSettingsSaySo() {
    Introspection by = settings(Duration.ZERO);
    watch(by);

    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);
    server.behaviour = sends(INACTIVE);
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Inactive.class);
    server.behaviour = sends(ACTIVE);
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);
    assertThat(server.requests).hasValue(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"active\":\"true\"} | its answer has no `active` that is true or false",
        "{\"active\":1} | its answer has no `active` that is true or false",
        "{\"active\":null} | its answer has no `active` that is true or false",
        "{\"Active\":true} | its answer has no `active` that is true or false",
        "{} | its answer has no `active` that is true or false",
        "{\"active\":false,\"active\":true} | what it sent is not a JSON object with unique names",
        "{\"active\":true,\"sub\":\"a\",\"sub\":\"b\"} | what it sent is not a JSON object with"
            + " unique names",
        "{\"active\":true} {} | what it sent is not a JSON object with unique names",
        "{\"active\":true,} | what it sent is not a JSON object with unique names",
        "[true] | what it sent is not a JSON object with unique names",
        "true | what it sent is not a JSON object with unique names",
        "t0ken+/= | what it sent is not a JSON object with unique names"
      })
  void answerThatIsNoneLeavesTheTokenUnknown(String body, String why) {
    server.behaviour = sends(body);
    Introspection by = settings(MINUTE);
    watch(by);

    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Unavailable.class);
    assertThat(failure()).isEqualTo(why);
    server.behaviour = sends(ACTIVE);
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);
    assertThat(failure()).isEqualTo("none");
    assertThat(calls).containsExactly(false, true);
  }

  @ParameterizedTest
  @CsvSource({
    "400, it answered with status 400",
    "401, it answered with status 401: it does not take the client's id and secret",
    "403, it answered with status 403: it does not take the client's id and secret",
    "404, it answered with status 404",
    "302, 'it redirects, and a token is sent nowhere else'",
    "429, it answered with status 429",
    "500, it answered with status 500",
    "503, it answered with status 503"
  })
  void anyOtherStatusLeavesTheTokenUnknown(int status, String why) {
    server.behaviour = sends(status, INACTIVE, Map.of("Location", server.uri().toString()));
    Introspection by = settings(MINUTE);
    watch(by);

    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Unavailable.class);
    assertThat(failure()).isEqualTo(why);
    assertThat(server.requests).hasValue(1);
  }

  @Test
  void aWebPageOrALongStoryLeavesTheTokenUnknown() {
    Introspection by = settings(MINUTE);
    watch(by);

    server.behaviour = sends(200, INACTIVE, Map.of("Content-Type", "text/html"));
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Unavailable.class);
    assertThat(failure()).isEqualTo("its answer is a web page, not JSON");
    server.behaviour = sends("{\"active\":true,\"x\":\"" + "x".repeat(10_000_000) + "\"}");
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Unavailable.class);
    assertThat(failure()).isEqualTo("its answer is larger than 256 KiB");
  }

  @Test
  void endpointThatIsSlowIsGivenUp() {
    Semaphore permits = new Semaphore(0);
    server.behaviour = sendsAfter(permits, sends(ACTIVE));
    Introspection by = settings(MINUTE);
    try (TokenIntrospections impatient = introspections(Duration.ofMillis(300))) {
      impatient.watch(List.of(issuer(by)));

      Patience patience = Patience.until(now.get().plusSeconds(20));
      assertThat(impatient.introspect(issuer(by), by, TOKEN, patience))
          .isInstanceOf(Answer.Unavailable.class);
      assertThat(impatient.failures())
          .containsExactly(Map.entry(ISSUER, "it did not answer within 300 ms"));
    }
    permits.release();
  }

  @Test
  void callWhoseDecisionGaveUpIsOfUseToTheNext() {
    Semaphore permits = new Semaphore(0);
    server.behaviour = sendsAfter(permits, sends(ACTIVE));
    Introspection by = settings(MINUTE);
    watch(by);

    assertThat(at(by, TOKEN, Patience.until(now.get().plusMillis(20))))
        .isInstanceOf(Answer.Unavailable.class);
    permits.release();
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);
    assertThat(server.requests).hasValue(1);
  }

  @Test
  void endpointThatIsNotThereLeavesTheTokenUnknown() {
    server.close();
    Introspection by = settings(MINUTE);
    watch(by);

    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Unavailable.class);
    assertThat(failure()).isEqualTo("it can't be reached");
  }

  @Test
  void callersWithOneTokenShareACall() throws Exception {
    Semaphore permits = new Semaphore(0);
    server.behaviour = sendsAfter(permits, sends(ACTIVE));
    Introspection by = settings(Duration.ZERO);
    watch(by);

    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        answers.add(callers.submit(() -> patiently(by, TOKEN)));
      }
      await(() -> server.requests.get() == 1);
      permits.release(50);
      for (Future<Answer> answer : answers) {
        assertThat(answer.get()).isInstanceOf(Answer.Active.class);
      }
    }
    // Who came late asked anew.
    assertThat(server.requests.get()).isLessThan(50);
  }

  @Test
  void callsUnderWayAreBounded() throws Exception {
    Semaphore permits = new Semaphore(0);
    server.behaviour = sendsAfter(permits, sends(ACTIVE));
    Introspection by = settings(MINUTE);
    watch(by);

    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        String token = "token-" + i;
        answers.add(callers.submit(() -> patiently(by, token)));
      }
      await(() -> server.requests.get() == 64);

      assertThat(at(by, "one-more", Patience.until(now.get().plusMillis(20))))
          .isInstanceOf(Answer.Unavailable.class);
      Future<Answer> queued = callers.submit(() -> patiently(by, "one-more"));
      assertThat(server.requests).hasValue(64);
      permits.release(1000);
      assertThat(queued.get()).isInstanceOf(Answer.Active.class);
      for (Future<Answer> answer : answers) {
        assertThat(answer.get()).isInstanceOf(Answer.Active.class);
      }
    }
  }

  @Test
  void callersThatWaitAreBounded() throws Exception {
    Semaphore permits = new Semaphore(0);
    server.behaviour = sendsAfter(permits, sends(ACTIVE));
    Introspection by = settings(MINUTE);
    watch(by);

    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 512; i++) {
        answers.add(callers.submit(() -> patiently(by, TOKEN)));
      }
      await(() -> atOnce(by, "another") instanceof Answer.Unavailable);

      assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Unavailable.class);
      permits.release(1000);
      for (Future<Answer> answer : answers) {
        assertThat(answer.get()).isInstanceOf(Answer.Active.class);
      }
    }
    assertThat(atOnce(by, "another")).isInstanceOf(Answer.WouldWait.class);
  }

  @Test
  void endpointThatFailsIsLeftAloneAndWhatIsKnownIsStillAnswered() {
    Introspection by = settings(Duration.ofHours(1));
    watch(by);
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);
    server.behaviour = sends(500, "", Map.of());
    for (int i = 0; i < 5; i++) {
      assertThat(atOnce(by, "token-" + i)).isInstanceOf(Answer.WouldWait.class);
      assertThat(patiently(by, "token-" + i)).isInstanceOf(Answer.Unavailable.class);
    }

    for (int i = 0; i < 100; i++) {
      assertThat(atOnce(by, "flood-" + i)).isInstanceOf(Answer.Unavailable.class);
      assertThat(patiently(by, "flood-" + i)).isInstanceOf(Answer.Unavailable.class);
      assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.Active.class);
    }
    assertThat(server.requests).hasValue(6);

    server.behaviour = sends(ACTIVE);
    pass(Duration.ofSeconds(1));
    assertThat(atOnce(by, "flood-1")).isInstanceOf(Answer.WouldWait.class);
    assertThat(patiently(by, "flood-1")).isInstanceOf(Answer.Active.class);
    assertThat(patiently(by, "flood-2")).isInstanceOf(Answer.Active.class);
    assertThat(failure()).isEqualTo("none");
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 413, 414, 422, 431})
  void oddTokenIsNoOutageOfAnEndpointThatAnswersOthers(int status) {
    Introspection by = settings(Duration.ZERO);
    watch(by);
    server.behaviour = sends(ACTIVE);
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);

    server.behaviour = sends(status, "", Map.of());
    assertThat(patiently(by, "odd")).isInstanceOf(Answer.Unavailable.class);
    assertThat(introspections.failures()).isEmpty();

    nanos.addAndGet(MINUTE.toNanos());
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Unavailable.class);
    assertThat(introspections.failures()).containsKey(ISSUER);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 413, 414, 422, 431})
  void tokensThatItCanNotTakeKeepNobodyElseFromAsking(int status) {
    Introspection by = settings(MINUTE);
    watch(by);
    server.behaviour = sends(status, "", Map.of());
    for (int i = 0; i < 20; i++) {
      assertThat(patiently(by, "odd-" + i)).isInstanceOf(Answer.Unavailable.class);
    }

    server.behaviour = sends(ACTIVE);
    assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.WouldWait.class);
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);
  }

  @Test
  void whatIsRememberedGoesWithTheSettingsItWasAskedBy() {
    Introspection by = settings(MINUTE);
    watch(by);
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);

    introspections.watch(List.of(issuer(by, Set.of("other"))));
    assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.Active.class);

    Introspection other = settings(Optional.of("gateway"), "another", MINUTE);
    watch(other);
    assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.Unavailable.class);
    assertThat(atOnce(other, TOKEN)).isInstanceOf(Answer.WouldWait.class);
    assertThat(introspections.cacheSize()).isZero();

    introspections.watch(List.of());
    assertThat(atOnce(other, TOKEN)).isInstanceOf(Answer.Unavailable.class);
    assertThat(patiently(other, TOKEN)).isInstanceOf(Answer.Unavailable.class);
    assertThat(server.requests).hasValue(1);
  }

  @Test
  void endpointIsTrustedByTheIssuersOwnAuthorities() throws IOException {
    CertificateAuthority authority = CertificateAuthority.of("ip:127.0.0.1");
    try (IssuerServer secure = new IssuerServer(sends(ACTIVE), authority)) {
      Introspection by = settings(secure.uri(), Optional.of("gateway"), "s3cret", MINUTE);
      CompiledIssuer untrusting = issuer(by);
      introspections.watch(List.of(untrusting));
      assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Unavailable.class);
      assertThat(failure()).isEqualTo("its certificate is not from an authority that is trusted");

      CompiledIssuer trusting = issuer(by, Set.of("a"), authority.certificate());
      introspections.watch(List.of(trusting));
      Patience patience = Patience.until(now.get().plusSeconds(20));
      assertThat(introspections.introspect(trusting, by, TOKEN, patience))
          .isInstanceOf(Answer.Active.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"https://localhost:PORT/", "https://169.254.169.254/", "http://10.0.0.1/"})
  void tokenIsNotSentToAPrivateAddress(String endpoint) {
    URI uri = URI.create(endpoint.replace("PORT", Integer.toString(server.port())));
    Introspection by = settings(uri, Optional.empty(), "s3cret", MINUTE);
    watch(by);

    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Unavailable.class);
    assertThat(failure()).contains("is private or reserved");
  }

  @Test
  void afterCloseWhatIsRememberedIsAnsweredAndNothingIsAsked() {
    Introspection by = settings(MINUTE);
    watch(by);
    assertThat(patiently(by, TOKEN)).isInstanceOf(Answer.Active.class);

    introspections.close();
    assertThat(atOnce(by, TOKEN)).isInstanceOf(Answer.Active.class);
    assertThat(patiently(by, "another")).isInstanceOf(Answer.Unavailable.class);
    assertThat(server.requests).hasValue(1);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}
