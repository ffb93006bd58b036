package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Service-account tokens, which a real API server makes and reviews, on their way through Envoy.
 */
class TokenReviewIT {
  private static final String HOST = "workloads.example.com";
  private static final String AUDIENCE = "payments";
  private static final Duration LIFE = Duration.ofMinutes(10);

  /** As long as the API server believes what it found out about a token before. */
  private static final Duration API_SERVER_BELIEVES = Duration.ofSeconds(10);

  private static LocalCluster cluster;
  private static FreezableProxy proxy;
  private static String namespace;
  private static Boundary boundary;

  @BeforeAll
  static void start(@TempDir Path work) {
    cluster = LocalCluster.start(work.resolve("cluster"));
    cluster.installDefinitions();
    namespace = cluster.namespace("review");
    proxy = cluster.freezableProxy();
    account("sallyport");
    allow("sallyport", "cluster-admin");
    account("exporter");
    cluster.apply(policy());
    cluster.apply(identity("exporter"));
    Path kubeconfig =
        cluster.kubeconfigThrough(proxy, cluster.kubeconfigFor(namespace, "sallyport"));
    boundary = Boundary.start(work, new SallyportProcess.Source.ApiServer(kubeconfig));
    awaitAccepted(token("exporter"));
  }

  @AfterAll
  static void end() throws Exception {
    for (AutoCloseable part : Arrays.asList(boundary, proxy, cluster)) {
      if (part != null) {
        part.close();
      }
    }
  }

  private static String policy() {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: workloads, namespace: %s}
    spec:
      hosts: [%s]
      authentication:
        methods:
        - name: workloads
          serviceAccount: {audiences: [%s]}
      operations:
      - name: read-payment
        match: [{methods: [GET], path: "/v1/payments/{payment}"}]
        scopes: [payments:read]
    """
        .formatted(namespace, HOST, AUDIENCE);
  }

  private static String identity(String account) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: %1$s, namespace: %2$s}
    spec:
      type: ServiceAccount
      owner: {team: e2e}
      credentials:
      - {name: pod, serviceAccount: {namespace: %2$s, name: %1$s}}
      grants: {scopes: [payments:read]}
    """
        .formatted(account, namespace);
  }

  private static void account(String name) {
    cluster.kubectl("create", "serviceaccount", name, "-n", namespace).orThrow();
  }

  private static void allow(String account, String role) {
    cluster
        .kubectl(
            "create",
            "clusterrolebinding",
            account + "-" + role,
            "--clusterrole=" + role,
            "--serviceaccount=" + namespace + ":" + account)
        .orThrow();
  }

  private static String token(String account) {
    return cluster.token(namespace, account, List.of(AUDIENCE), LIFE);
  }

  private static Reply ask(String token) {
    return boundary.send(
        RawRequest.get(HOST, "/v1/payments/1").with("Authorization", "Bearer " + token));
  }

  private static void awaitAccepted(String token) {
    Await.untilTrue("a token is accepted", () -> ask(token).status() == 200);
  }

  private static void isInvalid(String token) {
    Reply reply = ask(token);
    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.reason()).isEqualTo("credential_invalid");
    assertThat(reply.first("www-authenticate"))
        .contains("Bearer realm=\"workloads\", error=\"invalid_token\", scope=\"payments:read\"");
  }

  /** Calls of the TokenReview API so far. */
  private static long reviews() {
    return cluster.requestsOf(namespace, "sallyport").stream()
        .filter(request -> request.resource().equals("tokenreviews"))
        .count();
  }

  @Test
  void tokenForTheAudienceIsAnIdentityWithItsGrants() throws IOException {
    Upstream.Seen seen = ask(token("exporter")).seen().orElseThrow();

    assertThat(seen.all("x-sallyport-identity")).containsExactly(namespace + "/exporter");
    assertThat(seen.all("authorization")).isEmpty();
    assertThat(boundary.sallyport().admin("/metrics").body())
        .containsPattern(
            "sallyport_dependency_duration_seconds_count\\{dependency=\"tokenreview\","
                + "outcome=\"success\"\\} [1-9]")
        .containsPattern("sallyport_credential_cache_size(_ratio)?(\\{\\})? [1-9]");
  }

  @Test
  void tokenForAnotherAudienceIsInvalidAndNobodyIsAsked() {
    long before = reviews();

    isInvalid(cluster.token(namespace, "exporter", List.of("ledger"), LIFE));
    isInvalid(cluster.token(namespace, "exporter", List.of(), LIFE));

    assertThat(reviews()).isEqualTo(before);
  }

  @Test
  void tokenWhoseSignatureIsNotGoodIsInvalid() {
    String token = token("exporter");
    int at = token.lastIndexOf('.') + 20;
    char other = token.charAt(at) == 'A' ? 'B' : 'A';

    isInvalid(token.substring(0, at) + other + token.substring(at + 1));
  }

  @Test
  void serviceAccountOfTheSameNameElsewhereIsSomebodyElse() {
    String elsewhere = cluster.namespace("elsewhere");
    cluster.kubectl("create", "serviceaccount", "exporter", "-n", elsewhere).orThrow();
    String token = cluster.token(elsewhere, "exporter", List.of(AUDIENCE), LIFE);

    Reply reply =
        Await.until(
            "the service account was seen",
            Await.PATIENT,
            () -> Optional.of(ask(token)).filter(it -> it.status() != 503));

    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.reason()).isEqualTo("identity_unregistered");
  }

  @Test
  void manyRequestsWithOneTokenAreOneReview() throws Exception {
    String token = token("exporter");
    long before = reviews();

    Map<Integer, Integer> statuses = all(Collections.nCopies(200, token));

    // Of 200 at once on a busy machine some may be too late, but none is refused.
    assertThat(statuses.keySet()).isSubsetOf(200, 503);
    awaitAccepted(token);
    assertThat(reviews() - before).isEqualTo(1);
  }

  @Test
  void deletedServiceAccountIsRefusedLongBeforeTheApiServerDoes() {
    account("doomed");
    cluster.apply(identity("doomed"));
    String token = token("doomed");
    awaitAccepted(token);

    cluster.kubectl("delete", "serviceaccount", "doomed", "-n", namespace).orThrow();
    long begin = System.nanoTime();
    Await.untilTrue("the token is refused", () -> ask(token).status() != 200);
    Duration took = Duration.ofNanos(System.nanoTime() - begin);

    assertThat(took).isLessThan(API_SERVER_BELIEVES.dividedBy(2));
    isInvalid(token);
    account("doomed");
    awaitAccepted(token("doomed"));
    isInvalid(token);
  }

  @Test
  void withoutTheApiServerWhatIsRememberedHoldsAndTheRestIsUnavailable() {
    String remembered = token("exporter");
    String fresh = token("exporter");
    awaitAccepted(remembered);

    cluster.killApiServer();
    try {
      Reply reply = ask(fresh);
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.reason()).isEqualTo("dependency_unavailable");
      assertThat(reply.first("www-authenticate")).isEmpty();
      assertThat(ask(remembered).status()).isEqualTo(200);
      boundary.sallyport().awaitLine("service-account tokens can't be reviewed");
    } finally {
      cluster.startApiServer();
    }
    awaitAccepted(fresh);
  }

  @Test
  void apiServerOfWhichNothingIsHeardIsUnavailableAndUsedAgainAfter() {
    String fresh = token("exporter");
    proxy.freeze();
    try {
      Reply reply = ask(fresh);
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.reason()).isEqualTo("dependency_unavailable");
    } finally {
      proxy.thaw();
    }
    awaitAccepted(fresh);
  }

  @Test
  void connectionThatDiedSilentlyIsReplaced() {
    proxy.freezeOpenConnections();
    try {
      awaitAccepted(token("exporter"));
    } finally {
      proxy.thaw();
    }
  }

  @Test
  void moreTokensThanCanBeReviewedAreUnavailableAndNeverRefused() throws Exception {
    List<String> tokens = tokens(600);

    proxy.freeze();
    try {
      assertThat(all(tokens)).containsExactly(Map.entry(503, tokens.size()));
    } finally {
      proxy.thaw();
    }
    assertThat(all(tokens).keySet()).isSubsetOf(200, 503);
    awaitAccepted(tokens.getLast());
  }

  private static List<String> tokens(int count) throws InterruptedException, ExecutionException {
    List<String> tokens = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<String>> made = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        made.add(threads.submit(() -> token("exporter")));
      }
      for (Future<String> one : made) {
        tokens.add(one.get());
      }
    }
    return tokens;
  }

  /** Asks with all at once; how many got each status. */
  private static Map<Integer, Integer> all(List<String> tokens)
      throws InterruptedException, ExecutionException {
    Map<Integer, Integer> statuses = new TreeMap<>();
    CountDownLatch go = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> asked = new ArrayList<>();
      for (String token : tokens) {
        asked.add(
            threads.submit(() -> {
              go.await();
              return ask(token).status();
            }));
      }
      go.countDown();
      for (Future<Integer> one : asked) {
        statuses.merge(one.get(), 1, Integer::sum);
      }
    }
    System.out.println("statuses of " + tokens.size() + " requests at once: " + statuses);
    return statuses;
  }

  @Test
  void checkReviewsTokensAsTheServerDoes() {
    CommandRun good = check(cluster.kubeconfig(), token("exporter"));
    CommandRun other =
        check(cluster.kubeconfig(), cluster.token(namespace, "exporter", List.of("ledger"), LIFE));

    assertThat(good.exitCode()).as(good::toString).isZero();
    assertThat(good.output()).contains(namespace + "/exporter");
    assertThat(other.exitCode()).as(other::toString).isEqualTo(1);
    assertThat(other.output()).contains("credential_invalid", "another audience");
  }

  private static CommandRun check(Path kubeconfig, String token) {
    return CommandRun.of(
        List.of(
            Checkout.sallyport().toString(),
            "check",
            "--kubeconfig",
            kubeconfig.toString(),
            "--url",
            "https://" + HOST + "/v1/payments/1",
            "--header",
            "Authorization: Bearer " + token),
        Map.of("SALLYPORT_JAVA", Path.of(System.getProperty("java.home"), "bin/java").toString()),
        "");
  }

  @Test
  void sallyportThatMayNotAskSaysWhatToGrant(@TempDir Path work) {
    account("weak");
    cluster
        .kubectl("create", "clusterrole", "weak", "--verb=list,watch", "--resource=*.*")
        .orThrow();
    allow("weak", "weak");
    try (Boundary weak =
        Boundary.start(
            work,
            new SallyportProcess.Source.ApiServer(cluster.kubeconfigFor(namespace, "weak")))) {
      RawRequest request =
          RawRequest.get(HOST, "/v1/payments/1")
              .with("Authorization", "Bearer " + token("exporter"));
      Await.untilTrue(
          "the policy is in force",
          () -> weak.send(request).reason().equals("dependency_unavailable"));
      assertThat(weak.sallyport().awaitLine("tokens can't be reviewed"))
          .contains("403", "`create` on `tokenreviews`");
    }
  }
}
