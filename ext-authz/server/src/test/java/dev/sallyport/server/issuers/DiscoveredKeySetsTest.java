package dev.sallyport.server.issuers;

import static dev.sallyport.server.issuers.IssuerServer.sends;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Authority;
import dev.sallyport.engine.authenticate.CompiledIssuer.Keys;
import dev.sallyport.engine.authenticate.KeySet;
import dev.sallyport.engine.authenticate.KeySource.Answer;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.identity.Network;
import dev.sallyport.engine.identity.Networks;
import dev.sallyport.server.issuers.CallListener.Purpose;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Key sets by TLS and a custom authority, where metadata says that they are. */
@Timeout(30)
class DiscoveredKeySetsTest {
  private static final Instant START = Instant.parse("2026-11-25T12:00:00Z");
  private static final ObjectKey ISSUER = new ObjectKey("TokenIssuer", "payments", "corp");
  private static final Duration STALE_FOR = Duration.ofHours(1);
  private static final RandomGenerator LEAST = () -> 0;
  private static final String OPENID = "/tenant/.well-known/openid-configuration";
  private static final String OAUTH = "/.well-known/oauth-authorization-server/tenant";

  private static CertificateAuthority authority;

  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final InstantSource clock = now::get;
  private final Map<String, IssuerServer.Behaviour> pages = new ConcurrentHashMap<>();
  private final Queue<String> asked = new ConcurrentLinkedQueue<>();
  private final Queue<String> calls = new ConcurrentLinkedQueue<>();
  private IssuerServer server;
  private IssuerClients clients;
  private RemoteKeySets sets;

  @BeforeAll
  static void issue() {
    authority = CertificateAuthority.of("dns:issuer.example,dns:keys.example");
  }

  @BeforeEach
  void start() throws IOException {
    server =
        new IssuerServer(
            exchange -> {
              String path = exchange.getRequestURI().getPath();
              asked.add(path);
              pages.getOrDefault(path, sends(404, "", Map.of())).answer(exchange);
            },
            authority);
    clients =
        new IssuerClients(
            Networks.of(List.of(Network.parse("127.0.0.0/8"))),
            Map.of(),
            _ -> List.of(InetAddress.getLoopbackAddress()));
    sets =
        new RemoteKeySets(
            clients,
            clock,
            LEAST,
            (purpose, usable, _) -> calls.add(purpose.label() + " " + usable),
            Duration.ofSeconds(10));
  }

  @AfterEach
  void stop() {
    sets.close();
    clients.close();
    server.close();
  }

  private String issuerText() {
    return server.uri("issuer.example", "/tenant").toString();
  }

  private CompiledIssuer issuer(Authority keys, X509Certificate... anchors) {
    return new CompiledIssuer(
        ISSUER,
        issuerText(),
        keys,
        List.of(anchors),
        Set.of("a"),
        CompiledIssuer.DEFAULT_ALGORITHMS,
        CompiledIssuer.Profile.GENERIC,
        List.of("scope"),
        List.of("sub"),
        Map.of(),
        Duration.ZERO,
        Optional.empty());
  }

  private CompiledIssuer discovered() {
    return issuer(new Keys.Discovered(STALE_FOR), authority.certificate());
  }

  private CompiledIssuer remote() {
    URI uri = server.uri("keys.example", "/jwks");
    return issuer(new Keys.Remote(uri, STALE_FOR), authority.certificate());
  }

  private String metadata(String issuer, String keys) {
    return "{\"issuer\":\"" + issuer + "\",\"jwks_uri\":\"" + keys + "\"}";
  }

  private String metadata() {
    return metadata(issuerText(), server.uri("keys.example", "/jwks").toString());
  }

  private static String key(String id) {
    return "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\""
        + id
        + "\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
  }

  private static String set(String... members) {
    return "{\"keys\":[" + String.join(",", members) + "]}";
  }

  private Answer patiently(CompiledIssuer issuer, String keyId) {
    return sets.keys(issuer, keyId, Patience.until(now.get().plusSeconds(20)));
  }

  private static boolean has(Answer answer, String keyId) {
    return answer instanceof Answer.Held(KeySet keys) && keys.contains(keyId);
  }

  private KeySetState state() {
    return sets.states().get(ISSUER);
  }

  private void pass(Duration duration) {
    now.updateAndGet(instant -> instant.plus(duration));
    sets.refresh().join();
  }

  /** Watches an issuer, waits for its first fetch, and says why it failed. */
  private String failure(CompiledIssuer issuer) {
    sets.watch(List.of(issuer));
    assertThat(patiently(issuer, "k1")).isInstanceOf(Answer.Unavailable.class);
    assertThat(unavailable()).containsExactly(ISSUER);
    assertThat(state().usableKeys()).isZero();
    assertThat(state().goodUntil()).isEmpty();
    return state().failure().orElseThrow();
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
  void keysAreWhereOpenIdConnectDiscoverySays() {
    pages.put(OPENID, sends(metadata()));
    pages.put("/jwks", sends(set(key("k1"))));
    sets.watch(List.of(discovered()));

    assertThat(has(patiently(discovered(), "k1"), "k1")).isTrue();
    assertThat(asked).containsExactly(OPENID, "/jwks");
    assertThat(calls).containsExactly("discovery true", "jwks true");
  }

  @Test
  void keysAreWhereOauthMetadataSaysIfThereIsNoOther() {
    pages.put(OAUTH, sends(metadata()));
    pages.put("/jwks", sends(set(key("k1"))));
    sets.watch(List.of(discovered()));

    assertThat(has(patiently(discovered(), "k1"), "k1")).isTrue();
    assertThat(asked).containsExactly(OPENID, OAUTH, "/jwks");
    assertThat(calls).containsExactly("discovery false", "discovery true", "jwks true");
  }

  @Test
  void aWebPageIsNoMetadataAndOneLooksOn() {
    pages.put(OPENID, sends(200, "<html>", Map.of("Content-Type", "text/html")));
    pages.put(OAUTH, sends(metadata()));
    pages.put("/jwks", sends(set(key("k1"))));
    sets.watch(List.of(discovered()));

    assertThat(has(patiently(discovered(), "k1"), "k1")).isTrue();
  }

  @Test
  void metadataThatIsNowhereIsAFailure() {
    assertThat(failure(discovered())).isEqualTo("its metadata: it answered with status 404");

    pages.put(OAUTH, sends(500, "", Map.of()));
    pass(Duration.ofSeconds(1));
    assertThat(state().failure())
        .hasValue(
            "its metadata: it answered with status 404; at its second place it answered with"
                + " status 500");
  }

  @Test
  void metadataOfAnotherIssuerIsNotBelieved() {
    pages.put(OPENID, sends(metadata("https://evil.example", "https://evil.example/jwks")));
    pages.put(OAUTH, sends(metadata()));
    pages.put("/jwks", sends(set(key("k1"))));

    assertThat(failure(discovered()))
        .isEqualTo("what it sent is no metadata: its `issuer` is another one");
    assertThat(asked).containsExactly(OPENID);
    assertThat(calls).containsExactly("discovery false");
  }

  @ParameterizedTest
  @CsvSource({
    "https://169.254.169.254/jwks, 'its address `169.254.169.254` is private or reserved; if that"
        + " is meant, name its network in `issuers.allowedNetworks`'",
    "http://keys.example/jwks, 'what it sent is no metadata: its `jwks_uri` is no https URL'",
    "https://other.example:PORT/jwks, its certificate is not for its host",
    "https://keys.example:PORT/none, it answered with status 404"
  })
  void keysAreNotFetchedFromJustAnywhere(String keys, String why) {
    String port = Integer.toString(server.port());
    pages.put(OPENID, sends(metadata(issuerText(), keys.replace("PORT", port))));

    assertThat(failure(discovered())).isEqualTo(why);
  }

  @Test
  void issuerThatIsNoUrlHasNoMetadata() {
    CompiledIssuer named = discovered();
    CompiledIssuer issuer =
        new CompiledIssuer(
            ISSUER,
            "corp",
            named.authority(),
            named.tlsAnchors(),
            named.audiences(),
            named.algorithms(),
            named.profile(),
            named.scopeClaims(),
            named.identityClaims(),
            named.requiredClaims(),
            named.clockSkew(),
            named.maxTokenAge());

    assertThat(failure(issuer)).isEqualTo("its `issuer` is no https URL, so it has no metadata");
  }

  @Test
  void rotatedKeyIsFetchedWithoutTheMetadata() {
    pages.put(OPENID, sends(metadata()));
    pages.put("/jwks", sends(set(key("k1"))));
    sets.watch(List.of(discovered()));
    assertThat(has(patiently(discovered(), "k1"), "k1")).isTrue();
    asked.clear();

    pages.put("/jwks", sends(set(key("k2"))));
    assertThat(has(patiently(discovered(), "k2"), "k2")).isTrue();
    assertThat(asked).containsExactly("/jwks");
  }

  @Test
  void metadataIsAskedAgainWhenTheKeysAreDueOrWereNotThere() {
    pages.put(OPENID, sends(metadata()));
    pages.put("/jwks", sends(set(key("k1"))));
    sets.watch(List.of(discovered()));
    assertThat(has(patiently(discovered(), "k1"), "k1")).isTrue();

    pages.remove("/jwks");
    assertThat(has(patiently(discovered(), "k2"), "k1")).isTrue();
    assertThat(state().failure()).hasValue("it answered with status 404");
    pages.put(
        OPENID, sends(metadata(issuerText(), server.uri("keys.example", "/moved").toString())));
    pages.put("/moved", sends(set(key("k2"))));
    pass(Duration.ofSeconds(1));

    assertThat(has(patiently(discovered(), "k2"), "k2")).isTrue();
    asked.clear();
    pass(Duration.ofMinutes(5));
    assertThat(asked).containsExactly(OPENID, "/moved");
  }

  @Test
  void keysAreKeptThroughAnOutageOfTheMetadata() {
    pages.put(OPENID, sends(metadata()));
    pages.put("/jwks", sends(set(key("k1"))));
    sets.watch(List.of(discovered()));
    assertThat(has(patiently(discovered(), "k1"), "k1")).isTrue();
    pages.clear();

    pass(Duration.ofMinutes(5).plus(STALE_FOR).minusSeconds(1));
    assertThat(has(patiently(discovered(), "k1"), "k1")).isTrue();
    assertThat(state().failure()).isPresent();
    pass(Duration.ofSeconds(1));
    assertThat(patiently(discovered(), "k1")).isInstanceOf(Answer.Unavailable.class);

    pages.put(OPENID, sends(metadata()));
    pages.put("/jwks", sends(set(key("k1"))));
    pass(Duration.ofMinutes(1));
    assertThat(has(patiently(discovered(), "k1"), "k1")).isTrue();
    assertThat(state().failure()).isEmpty();
  }

  @Test
  void otherAuthoritiesMakeAnotherIssuerAndOtherRulesDoNot() {
    pages.put("/jwks", sends(set(key("k1"))));
    CertificateAuthority other = CertificateAuthority.of("dns:keys.example");
    Keys keys = (Keys) remote().authority();
    CompiledIssuer wrong = issuer(keys, other.certificate());

    assertThat(failure(wrong))
        .isEqualTo("its certificate is not from an authority that is trusted");
    sets.watch(List.of(remote()));
    assertThat(patiently(wrong, "k1")).isInstanceOf(Answer.Unavailable.class);
    assertThat(has(patiently(remote(), "k1"), "k1")).isTrue();

    sets.watch(List.of(remote()));
    assertThat(has(sets.keys(remote(), "k1", Patience.NONE), "k1")).isTrue();
    sets.watch(List.of(discovered()));
    assertThat(sets.keys(remote(), "k1", Patience.NONE)).isInstanceOf(Answer.Unavailable.class);
    assertThat(has(patiently(discovered(), "k1"), "k1")).isFalse();
  }

  @Test
  void stateTellsOfKeysOfEveryKind() {
    pages.put(
        "/jwks",
        sends(
            200,
            set(key("k1"), "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", key("k2"), "7"),
            Map.of("Cache-Control", "max-age=100")));
    sets.watch(List.of(remote()));
    assertThat(state())
        .isEqualTo(
            new KeySetState(0, List.of(), Optional.empty(), Optional.empty(), Optional.empty()));

    assertThat(has(patiently(remote(), "k2"), "k2")).isTrue();
    KeySetState state = state();
    assertThat(state.usableKeys()).isEqualTo(2);
    assertThat(state.problems()).hasSize(2);
    assertThat(state.problems().getFirst()).startsWith("keys[1] ");
    assertThat(state.problems().getLast()).startsWith("keys[3] ");
    assertThat(state.fetchedAt()).hasValue(START);
    assertThat(state.goodUntil()).hasValue(START.plusSeconds(100).plus(STALE_FOR));
    assertThat(state.failure()).isEmpty();
    assertThat(unavailable()).isEmpty();
  }

  @Test
  void setOfAThousandKeysTakesNoPlace() {
    pages.put("/jwks", sends(set(key("k1"))));
    sets.watch(List.of(remote()));
    assertThat(has(patiently(remote(), "k1"), "k1")).isTrue();

    pages.put(
        "/jwks",
        sends(
            IntStream.range(0, 1000)
                .mapToObj(i -> key("k" + i))
                .collect(Collectors.joining(",", "{\"keys\":[", "]}"))));
    pass(Duration.ofMinutes(5));

    assertThat(has(patiently(remote(), "k1"), "k1")).isTrue();
    assertThat(state().failure()).hasValue("what it sent is no key set: it has more than 100 keys");
  }

  @Test
  void setOfTenMegabytesTakesNoPlace() {
    pages.put("/jwks", sends("{\"keys\":[" + " ".repeat(10_000_000) + "]}"));

    assertThat(failure(remote())).isEqualTo("its answer is larger than 1 MiB");
  }

  @Test
  void setWithoutAUsableKeyTakesThePlaceOfAGoodOne() {
    pages.put("/jwks", sends(set(key("k1"))));
    sets.watch(List.of(remote()));
    assertThat(has(patiently(remote(), "k1"), "k1")).isTrue();

    pages.put("/jwks", sends(set("{\"kty\":\"oct\",\"k\":\"AQAB\"}")));
    pass(Duration.ofMinutes(5));

    assertThat(has(patiently(remote(), "k1"), "k1")).isFalse();
    assertThat(state().usableKeys()).isZero();
    assertThat(state().problems()).hasSize(1);
    assertThat(state().failure()).isEmpty();
  }

  @Test
  void setThatDidNotChangeIsNotSentAgainAndIsAsGoodAsNew() {
    List<String> conditions = new ArrayList<>();
    pages.put(
        "/jwks",
        exchange -> {
          String condition = exchange.getRequestHeaders().getFirst("If-None-Match");
          conditions.add(String.valueOf(condition));
          if ("\"v1\"".equals(condition)) {
            sends(304, "", Map.of()).answer(exchange);
          } else {
            sends(200, set(key("k1")), Map.of("ETag", "\"v1\"")).answer(exchange);
          }
        });
    sets.watch(List.of(remote()));
    assertThat(has(patiently(remote(), "k1"), "k1")).isTrue();

    pass(Duration.ofMinutes(4));
    assertThat(conditions).containsExactly("null", "\"v1\"");
    assertThat(has(patiently(remote(), "k1"), "k1")).isTrue();
    assertThat(state().fetchedAt()).hasValue(START.plus(Duration.ofMinutes(4)));
    assertThat(state().goodUntil()).hasValue(START.plus(Duration.ofMinutes(9)).plus(STALE_FOR));
    assertThat(calls).containsExactly("jwks true", "jwks true");
  }

  @Test
  void listenerThatFailsHarmsNobody() {
    pages.put("/jwks", sends(set(key("k1"))));
    try (RemoteKeySets deaf =
        new RemoteKeySets(
            clients,
            clock,
            LEAST,
            (Purpose _, boolean _, Duration _) -> {
              throw new IllegalStateException("deaf");
            },
            Duration.ofSeconds(10))) {
      deaf.watch(List.of(remote()));

      Answer answer = deaf.keys(remote(), "k1", Patience.until(now.get().plusSeconds(20)));
      assertThat(has(answer, "k1")).isTrue();
    }
  }
}
