package dev.sallyport.server.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReflectorTest {
  private static final WatchedKind POLICIES = WatchedKind.DECLARED.getFirst();
  private static final Duration LONG = Duration.ofMinutes(10);

  @TempDir private Path folder;

  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-26T00:00:00Z"));
  private volatile boolean restIsRead = true;
  private ScriptedApiServer api;
  private ApiServer server;
  private Thread thread;

  @BeforeEach
  void start() throws IOException {
    api = new ScriptedApiServer();
    server = new ApiServer(api.cluster(folder));
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (thread != null) {
      thread.interrupt();
    }
    server.close();
    api.close();
    if (thread != null) {
      assertThat(thread.join(Duration.ofSeconds(20))).isTrue();
    }
  }

  private void follow(WatchedKind kind, Duration longestSilence) {
    follow(kind, longestSilence, moment -> moment);
  }

  /** The clock is read again and again, and may go on each time. */
  private void follow(WatchedKind kind, Duration longestSilence, UnaryOperator<Instant> clock) {
    Intake intake =
        new Intake() {
          @Override
          public void found(ObjectKey key, String uid, Node.Mapping object) {
            told.add("found " + key.name() + " " + uid);
          }

          @Override
          public void gone(ObjectKey key, String uid) {
            told.add("gone " + key.name() + " " + uid);
          }

          @Override
          public void flush(Instant at) {}
        };
    StoredStatuses statuses =
        new StoredStatuses() {
          @Override
          public void seen(
              ObjectKey key, String uid, String version, @Nullable Map<String, ?> status) {
            if (status != null) {
              told.add("status " + key.name() + " " + version + " " + status);
            }
          }

          @Override
          public void gone(ObjectKey key) {}
        };
    Reflector.Watching watching =
        new Reflector.Watching() {
          @Override
          public boolean isRead() {
            return restIsRead;
          }

          @Override
          public void settled(Followed followed) {
            told.add("settled");
          }

          @Override
          public void fails(Followed followed, ApiFailure failure) {
            told.add(failure.kind() + ": " + failure.line());
          }

          @Override
          public void works(Followed followed) {}
        };
    Reflector reflector =
        new Reflector(
            server,
            new Followed(kind, null),
            intake,
            statuses,
            watching,
            () -> now.updateAndGet(clock),
            longestSilence,
            new Shared());
    thread = Thread.ofVirtual().start(reflector);
  }

  private void tells(String... lines) throws InterruptedException {
    for (String line : lines) {
      assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo(line);
    }
  }

  private static String policy(String name, String uid, long version, String host) {
    return object(name, uid, version, "{\"hosts\":[\"" + host + "\"]}", "null");
  }

  private static String object(String name, String uid, long version, String spec, String status) {
    return """
    {"apiVersion":"sallyport.dev/v1alpha1","kind":"ApiPolicy",\
    "metadata":{"name":"%s","namespace":"shop","uid":"%s","resourceVersion":"%d"},\
    "spec":%s,"status":%s}\
    """
        .formatted(name, uid, version, spec, status)
        .replace("\n", "");
  }

  private static String event(String type, String object) {
    return "{\"type\":\"" + type + "\",\"object\":" + object + "}";
  }

  private static String bookmark(long version) {
    return event("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" + version + "\"}}");
  }

  private static String gone() {
    return event("ERROR", "{\"kind\":\"Status\",\"code\":410,\"message\":\"too old\"}");
  }

  @Test
  void aListIsFollowedByWhatChanges() throws Exception {
    api.list(10, policy("a", "u", 5, "a.example.com"));
    api.watch(
        event("ADDED", policy("b", "v", 11, "b.example.com")),
        event("MODIFIED", policy("a", "u", 12, "c.example.com")),
        event("DELETED", policy("b", "v", 13, "b.example.com")));
    follow(POLICIES, LONG);

    tells("found a u", "settled", "found b v", "found a u", "gone b v");
    assertThat(api.request()).isEqualTo("/apis/sallyport.dev/v1alpha1/apipolicies?limit=500");
    assertThat(api.request()).contains("&resourceVersion=10").contains("allowWatchBookmarks=true");
  }

  @Test
  void aListOfManyPagesIsReadWhole() throws Exception {
    api.answerList(
        200,
        "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"n=xt\"},\"items\":[%s]}"
            .formatted(policy("a", "u", 5, "a.example.com")));
    api.list(10, policy("b", "v", 6, "b.example.com"));
    follow(POLICIES, LONG);

    tells("found a u", "found b v", "settled");
    assertThat(api.request()).doesNotContain("continue");
    assertThat(api.request()).endsWith("limit=500&continue=n%3Dxt");
  }

  @Test
  void onlyTheStatusIsNoChange() throws Exception {
    api.list(10, object("a", "u", 5, "{}", "{\"conditions\":[{\"x\":1}]}"));
    api.watch(
        event("MODIFIED", object("a", "u", 11, "{}", "{\"ready\":true}")),
        event("MODIFIED", object("a", "u", 12, "{\"hosts\":[]}", "{\"ready\":true}")));
    follow(POLICIES, LONG);

    tells(
        "status a 5 {conditions=[{x=1}]}",
        "found a u",
        "settled",
        "status a 11 {ready=true}",
        "status a 12 {ready=true}",
        "found a u");
  }

  @Test
  void aSilentWatchIsOpenedAnewFromWhereItWas() throws Exception {
    api.list(10);
    api.watch(bookmark(40));
    follow(POLICIES, Duration.ofMillis(300));

    tells("settled");
    assertThat(api.request()).contains("limit=");
    assertThat(api.request()).endsWith("&resourceVersion=10");
    assertThat(api.request()).endsWith("&resourceVersion=40");
    api.watch(event("ADDED", policy("a", "u", 41, "a.example.com")));
    tells("found a u");
  }

  @Test
  void whatIsTooLongAgoIsListedAnewAndNoDeletionMissed() throws Exception {
    api.list(10, policy("a", "u", 5, "a.example.com"), policy("b", "v", 6, "b.example.com"));
    api.watch(gone());
    follow(POLICIES, LONG);
    tells("found a u", "found b v", "settled");

    api.list(30, policy("b", "v", 20, "c.example.com"));

    tells("GONE: too old", "found b v", "gone a u", "settled");
  }

  @Test
  void aDeletedObjectInAnOlderAnswerStaysDeleted() throws Exception {
    api.list(10, policy("a", "u", 5, "a.example.com"));
    api.watchThatEnds(
        event("DELETED", policy("a", "u", 12, "a.example.com")),
        event("ADDED", policy("a", "u", 5, "a.example.com")),
        event("ADDED", policy("a", "w", 13, "a.example.com")));
    follow(POLICIES, LONG);

    tells("found a u", "settled", "gone a u", "found a w");
  }

  @Test
  void anOlderListIsNotTaken() throws Exception {
    api.list(50, policy("a", "u", 45, "a.example.com"));
    api.watch(gone());
    follow(POLICIES, LONG);
    tells("found a u", "settled");

    api.list(40, policy("a", "u", 30, "old.example.com"));
    tells("GONE: too old", "STALE: what it lists is older than what it showed before");
    api.list(60, policy("a", "u", 55, "new.example.com"));

    tells("found a u", "settled");
  }

  @Test
  void aClusterThatWentBackForGoodIsTakenAsItIs() throws Exception {
    api.customList(
        50, policy("a", "u", 45, "a.example.com"), policy("b", "v", 46, "b.example.com"));
    api.watch(gone());
    follow(POLICIES, LONG);
    tells("found a u", "found b v", "settled");

    String stale = "STALE: what it lists is older than what it showed before";
    api.customList(40, policy("a", "u", 30, "old.example.com"));
    tells("GONE: too old", stale);
    now.updateAndGet(time -> time.plus(Duration.ofMinutes(3)));
    api.customList(41, policy("a", "u", 30, "old.example.com"));
    api.customList(41, policy("a", "u", 30, "old.example.com"));

    tells(stale, "found a u", "gone b v", "settled");
  }

  @Test
  void aClusterThatWentBackIsNoticedThoughItsWatchesSayNothing() throws Exception {
    api.customList(50, policy("a", "u", 45, "a.example.com"));
    follow(POLICIES, Duration.ofMillis(200));
    tells("found a u", "settled");

    api.newest(40);
    String stale = "STALE: what it lists is older than what it showed before";
    tells(stale);
    api.customList(40, policy("a", "u", 30, "old.example.com"));
    tells(stale);
    now.updateAndGet(time -> time.plus(Duration.ofMinutes(3)));
    api.customList(41, policy("a", "u", 41, "old.example.com"));
    api.customList(41, policy("a", "u", 41, "old.example.com"));

    tells(stale, "found a u", "settled");
  }

  @Test
  void aClusterThatWentBackAndGotAsFarAgainIsTakenAsItIs() throws Exception {
    api.customList(50, policy("a", "u", 45, "a.example.com"));
    api.watchThatEnds(event("DELETED", policy("b", "v", 51, "b.example.com")), gone());
    follow(POLICIES, LONG);
    tells("found a u", "settled", "GONE: too old");

    String[] restored = {
      policy("a", "u", 30, "old.example.com"), policy("b", "v", 31, "b.example.com")
    };
    api.customList(60, restored);
    tells("STALE: what it lists is older than what it showed before");
    api.customList(61, restored);

    tells("found a u", "found b v", "settled");
  }

  @Test
  void aBookmarkThatGoesBackIsAReasonToListAnew() throws Exception {
    api.customList(50, policy("a", "u", 45, "a.example.com"));
    api.watch(bookmark(40));
    follow(POLICIES, LONG);
    tells("found a u", "settled", "STALE: what it lists is older than what it showed before");

    api.customList(60, policy("a", "u", 55, "b.example.com"));

    tells("found a u", "settled");
  }

  @Test
  void aListThatExpiresWhileItIsReadIsBegunAnewAfterAPause() throws Exception {
    now.updateAndGet(time -> time.plus(Duration.ofHours(1)));
    String expired = "{\"message\":\"The provided continue parameter is too old\"}";
    api.answerList(
        200, "{\"items\":[],\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"n\"}}");
    api.answerList(410, expired);
    api.customList(11, policy("a", "u", 11, "a.example.com"));
    long begun = System.nanoTime();
    follow(POLICIES, LONG);

    String gone = "GONE: The provided continue parameter is too old";
    tells(gone, "found a u", "settled");
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofSeconds(1));
  }

  @Test
  void aKindThatIsNotInstalledIsWaitedFor() throws Exception {
    api.answerList(404, "404 page not found\n");
    api.answerList(404, "{\"kind\":\"Status\",\"message\":\"not there\"}");
    api.list(10, policy("a", "u", 5, "a.example.com"));
    follow(POLICIES, LONG);

    tells("MISSING: it answers 404", "MISSING: not there", "found a u", "settled");
  }

  @Test
  void anOptionalKindThatIsNotInstalledHoldsNothingUp() throws Exception {
    WatchedKind routes = WatchedKind.DECLARED.get(6);
    assertThat(routes.kind()).isEqualTo("HTTPRoute");
    api.answerList(404, "");
    api.answerList(404, "");
    api.list(10);
    follow(routes, LONG);

    tells("MISSING: it answers 404", "settled", "MISSING: it answers 404", "settled");
    assertThat(api.request()).contains("/v1/");
    assertThat(api.request()).contains("/v1beta1/");
    assertThat(api.request()).contains("/v1/");
  }

  @Test
  void aWatchThatEndsBeforeItsTimeIsFollowedByAList() throws Exception {
    api.list(10, object("a", "u", 5, "{}", "null"));
    api.watchThatEnds(bookmark(11));
    follow(POLICIES, Duration.ofSeconds(1), moment -> moment.plusSeconds(4));
    tells("found a u", "settled");

    api.list(11, object("a", "u", 5, "{\"newer\":1}", "null"));

    tells("found a u", "settled");
  }

  @Test
  void anOptionalKindIsNotTakenForMissingFromAServerThatGivesNothingElse() throws Exception {
    WatchedKind routes = WatchedKind.DECLARED.get(6);
    restIsRead = false;
    for (int i = 0; i < 4; i++) {
      api.answerList(403, "{\"message\":\"not yet\"}");
    }
    follow(routes, LONG);
    tells("FORBIDDEN: not yet", "FORBIDDEN: not yet", "FORBIDDEN: not yet", "FORBIDDEN: not yet");

    api.list(10, policy("a", "u", 5, "a.example.com"));

    tells("found a u", "settled");
  }

  @Test
  void aBrokenAnswerIsReadAnew() throws Exception {
    api.answerList(200, "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[");
    api.list(10, policy("a", "u", 5, "a.example.com"));
    api.watchThatEnds(event("ADDED", policy("b", "v", 11, "b.example.com")), "{\"type\":\"ADD");
    api.watch(event("ADDED", policy("c", "w", 12, "c.example.com")));
    follow(POLICIES, LONG);

    assertThat(told.poll(30, TimeUnit.SECONDS)).startsWith("UNREACHABLE: ");
    tells("found a u", "settled", "found b v");
    assertThat(told.poll(30, TimeUnit.SECONDS)).startsWith("UNREACHABLE: ");
    tells("found c w");
  }

  @Test
  void aWatchThatIsRefusedAgainAndAgainIsBegunWithAList() throws Exception {
    api.list(10);
    for (int i = 0; i < 3; i++) {
      api.watchRefused(504, "{\"message\":\"Too large resource version\"}");
    }
    api.list(11, policy("a", "u", 11, "a.example.com"));
    follow(POLICIES, LONG);

    String refused = "REFUSED: Too large resource version";
    tells("settled", refused, refused, refused, "found a u", "settled");
  }
}
