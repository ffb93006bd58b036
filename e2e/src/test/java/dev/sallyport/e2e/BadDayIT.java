package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong with an API server, and with what is applied to it. */
class BadDayIT {
  private static final String KEY = "bad-day-key";

  private static final String TIMEOUT = "--timeout=60s";

  /** A second on a machine that has nothing else to do. */
  private static final Duration SOON = Duration.ofSeconds(5);

  private static LocalCluster cluster;

  private String namespace;

  @TempDir private Path work;

  @BeforeAll
  static void startCluster(@TempDir Path work) {
    cluster = LocalCluster.start(work);
    cluster.installDefinitions();
  }

  @AfterAll
  static void endCluster() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void takeNamespace() {
    namespace = cluster.namespace("bad");
    cluster.apply(identity());
  }

  @Test
  void anApiServerThatIsAwayFailsNoDecisionAndIsCaughtUpWithAtOnce() throws Exception {
    List<String> names = names("changed", 50);
    cluster.apply(policy("steady", "items:read") + policies(names, "items:write"));
    try (Boundary boundary = start(cluster.kubeconfig());
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      AtomicBoolean enough = new AtomicBoolean();
      Future<List<Reply>> lost =
          callers.submit(() -> callUntil(enough, boundary, request("steady")));
      try {
        for (String name : names) {
          await(boundary, name, 403, "scope_insufficient");
        }

        cluster.killApiServer();
        long back = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        try (LocalCluster.Standby standby = cluster.standby()) {
          applyBy(standby, policies(names, "items:read"));
        }
        assertThat(boundary.send(request(names.getFirst())).status()).isEqualTo(403);
        Await.until(
            "a minute passes",
            Duration.ofMinutes(2),
            () -> System.nanoTime() > back ? Optional.of(true) : Optional.empty());
        assertThat(boundary.sallyport().admin("/livez").statusCode()).isEqualTo(200);
        assertThat(boundary.sallyport().admin("/readyz").statusCode()).isEqualTo(200);
        cluster.startApiServer();

        List<String> waiting = new ArrayList<>(names);
        Await.until(
            "all changes are enforced",
            SOON,
            () -> {
              waiting.removeIf(name -> boundary.send(request(name)).status() == 200);
              return waiting.isEmpty() ? Optional.of(true) : Optional.empty();
            },
            () -> "\nnot yet: " + waiting);
      } finally {
        enough.set(true);
      }
      assertThat(lost.get()).isEmpty();
    }
  }

  @Test
  void noDeletionIsMissedThoughHistoryIsGone() throws IOException {
    cluster.apply(policy("deleted", "items:read") + policy("edited", "items:write"));
    try (Boundary boundary = start(cluster.kubeconfig())) {
      await(boundary, "deleted", 200, "");
      await(boundary, "edited", 403, "scope_insufficient");

      cluster.killApiServer();
      try (LocalCluster.Standby standby = cluster.standby()) {
        applyBy(standby, policy("edited", "items:read"));
        cluster
            .kubectl(
                "--kubeconfig=" + standby.kubeconfig(), "delete", "apipol/deleted", "-n", namespace)
            .orThrow();
      }
      cluster.compactEtcd();
      cluster.startApiServer();

      await(boundary, "deleted", 403, "policy_missing");
      await(boundary, "edited", 200, "");
    }
  }

  @Test
  void anApiServerThatGoesSilentIsNoticedAndChangesAreEnforcedAgain() throws IOException {
    cluster.apply(policy("edited", "items:write"));
    try (FreezableProxy proxy = cluster.freezableProxy();
        Boundary boundary = start(cluster.kubeconfigThrough(proxy, cluster.kubeconfig()))) {
      await(boundary, "edited", 403, "scope_insufficient");

      proxy.freezeOpenConnections();
      cluster.apply(policy("edited", "items:read"));

      await(boundary, "edited", 200, "", Duration.ofSeconds(90));
    }
  }

  @Test
  void anEditThatMakesNoSenseKeepsWhatIsEnforcedAndTheStatusSaysWhy() throws IOException {
    cluster.apply(policy("edited", "items:read"));
    try (Boundary boundary = start(cluster.kubeconfig())) {
      await(boundary, "edited", 200, "");
      awaitReady("edited");

      cluster.apply(
          policy("edited", "items:write")
              + "  - {name: again, match: [{methods: [GET], path: \"/v1/items/{other}\"}]}\n");

      cluster
          .kubectl("wait", "--for=condition=Ready=false", "apipol/edited", "-n", namespace, TIMEOUT)
          .orThrow();
      assertThat(condition("edited", "Ready", "message"))
          .contains("the previous version stays in force")
          .contains("spec.operations[1].match[0].path");
      assertThat(cluster.kubectl("get", "apipol", "edited", "-n", namespace).orThrow())
          .contains("False");
      assertThat(boundary.send(request("edited")).status()).isEqualTo(200);

      cluster.apply(policy("edited", "items:write"));
      await(boundary, "edited", 403, "scope_insufficient");
      awaitReady("edited");
    }
  }

  @Test
  void onePoisonedPolicyOf500HarmsNoOtherAndStatusesAreWrittenSparingly() throws IOException {
    List<String> names = names("many", 499);
    cluster.kubectl("create", "serviceaccount", "sallyport", "-n", namespace).orThrow();
    cluster
        .kubectl(
            "create",
            "clusterrolebinding",
            namespace,
            "--clusterrole=cluster-admin",
            "--serviceaccount=" + namespace + ":sallyport")
        .orThrow();
    try (Boundary boundary = start(cluster.kubeconfigFor(namespace, "sallyport"))) {
      cluster.apply(
          policies(names, "items:read")
              + policy("poison", "items:read")
              + "  - {name: again, match: [{methods: [GET], path: \"/v1/items/{other}\"}]}\n");

      await(boundary, names.getLast(), 200, "");
      cluster
          .kubectl("wait", "--for=condition=Ready=false", "apipol/poison", "-n", namespace, TIMEOUT)
          .orThrow();
      Await.until(
          "499 are ready",
          Duration.ofMinutes(2),
          () -> {
            long ready =
                cluster
                    .kubectl(
                        "get",
                        "apipol",
                        "-n",
                        namespace,
                        "-o",
                        "jsonpath={range .items[*]}"
                            + "{.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}{end}")
                    .orThrow()
                    .lines()
                    .filter("True"::equals)
                    .count();
            return ready == 499 ? Optional.of(true) : Optional.empty();
          });
      Map<String, Long> writes =
          cluster.requestsOf(namespace, "sallyport").stream()
              .filter(asked -> asked.resource().equals("apipolicies/status"))
              .collect(Collectors.groupingBy(LocalCluster.ApiRequest::name, Collectors.counting()));
      assertThat(writes).hasSize(500).allSatisfy((_, count) -> assertThat(count).isLessThan(3));
    }
  }

  @Test
  void anotherReplicaWritesTheStatusOnceItsLeaderIsKilled() throws IOException {
    cluster.apply(policy("edited", "items:read"));
    try (SallyportProcess first = SallyportProcess.start(settings("first", cluster.kubeconfig()))) {
      awaitReady("edited");
      String leader = leader();
      try (SallyportProcess _ = SallyportProcess.start(settings("second", cluster.kubeconfig()))) {
        assertThat(leader()).as("the first still leads").isEqualTo(leader);
        first.process().kill();

        cluster.apply(policy("edited", "items:write"));

        Await.untilTrue(
            "the status is that of the edit",
            () ->
                condition("edited", "Ready", "observedGeneration").equals("2")
                    && condition("edited", "Ready", "status").equals("True"));
        assertThat(leader()).isNotEqualTo(leader);
      }
    }
  }

  @Test
  void aKeyInASecretIsRotatedUnlabelledAndDeleted() throws IOException {
    cluster.apply(policy("items", "items:read") + secretIdentity() + secret("first"));
    try (Boundary boundary = start(cluster.kubeconfig())) {
      RawRequest first = request("items", "first");
      RawRequest second = request("items", "second");
      await(boundary, first, 200, "", SOON);

      cluster.apply(secret("second"));
      await(boundary, second, 200, "", SOON);
      assertThat(boundary.send(first).reason()).isEqualTo("credential_invalid");

      cluster
          .kubectl("label", "secret", "caller-key", "sallyport.dev/watch-", "-n", namespace)
          .orThrow();
      await(boundary, second, 401, "credential_invalid", SOON);

      cluster.apply(secret("second"));
      await(boundary, second, 200, "", SOON);
      cluster.kubectl("delete", "secret", "caller-key", "-n", namespace).orThrow();
      await(boundary, second, 401, "credential_invalid", SOON);
    }
  }

  @Test
  void theNewerOfTwoPoliciesTakesOverWhenTheOlderIsDeleted() throws IOException {
    cluster.apply(policy("a", "items:read"));
    String newer = policy("b", "items:write").replace(host("b"), host("a"));
    try (Boundary boundary = start(cluster.kubeconfig())) {
      await(boundary, "a", 200, "");
      cluster.apply(newer);
      cluster
          .kubectl("wait", "--for=condition=Accepted=false", "apipol/b", "-n", namespace, TIMEOUT)
          .orThrow();
      assertThat(condition("b", "Accepted", "reason")).isEqualTo("Conflicted");
      assertThat(condition("b", "Accepted", "message")).contains(namespace + "/a");
      assertThat(condition("a", "Ready", "status")).isEqualTo("True");
      assertThat(boundary.send(request("a")).status()).isEqualTo(200);

      cluster.kubectl("delete", "apipol/a", "-n", namespace).orThrow();

      await(boundary, "a", 403, "scope_insufficient");
      awaitReady("b");
      assertThat(condition("b", "Accepted", "status")).isEqualTo("True");
    }
  }

  private Boundary start(Path kubeconfig) {
    SallyportProcess.Settings settings = settings("sallyport", kubeconfig);
    return Boundary.start(work, settings.source(), _ -> settings, envoy -> envoy);
  }

  /** For one that sees the objects of this test alone. */
  private SallyportProcess.Settings settings(String name, Path kubeconfig) {
    return SallyportProcess.Settings.of(
            work.resolve(name), new SallyportProcess.Source.ApiServer(kubeconfig))
        .with(
            "policies",
            "{kubernetes: {namespaces: [" + namespace + "], leaseNamespace: " + namespace + "}}");
  }

  private void applyBy(LocalCluster.Standby standby, String yaml) {
    cluster
        .kubectlReading(yaml, "--kubeconfig=" + standby.kubeconfig(), "apply", "-f", "-")
        .orThrow();
  }

  private void awaitReady(String policy) {
    cluster
        .kubectl("wait", "--for=condition=Ready", "apipol/" + policy, "-n", namespace, TIMEOUT)
        .orThrow();
  }

  private String condition(String policy, String type, String field) {
    return cluster
        .kubectl(
            "get",
            "apipol",
            policy,
            "-n",
            namespace,
            "-o",
            "jsonpath={.status.conditions[?(@.type==\"" + type + "\")]." + field + "}")
        .orThrow();
  }

  private String leader() {
    return cluster
        .kubectl(
            "get",
            "lease",
            "sallyport-leader",
            "-n",
            namespace,
            "-o",
            "jsonpath={.spec.holderIdentity}")
        .orThrow();
  }

  private void await(Boundary boundary, String policy, int status, String reason) {
    await(boundary, policy, status, reason, Await.PATIENT);
  }

  private void await(
      Boundary boundary, String policy, int status, String reason, Duration patience) {
    await(boundary, request(policy), status, reason, patience);
  }

  /** Waits until a request gets a status and a reason; 200 has none. */
  private static void await(
      Boundary boundary, RawRequest request, int status, String reason, Duration patience) {
    AtomicReference<String> last = new AtomicReference<>("");
    Await.until(
        "an answer " + status + " " + reason,
        patience,
        () -> {
          Reply reply = boundary.send(request);
          last.set(reply.toString());
          boolean fits = reply.status() == status && reply.reason().equals(reason);
          return fits ? Optional.of(true) : Optional.empty();
        },
        () -> "\nthe last: " + last + "\n" + boundary.sallyport().process().output());
  }

  /** The answers other than 200 that one caller got. */
  private static List<Reply> callUntil(
      AtomicBoolean enough, Boundary boundary, RawRequest request) {
    List<Reply> lost = new ArrayList<>();
    while (!enough.get()) {
      Reply reply = boundary.send(request);
      if (reply.status() != 200) {
        lost.add(reply);
      }
    }
    return lost;
  }

  private static List<String> names(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(number -> prefix + "-" + number).toList();
  }

  private String host(String policy) {
    return policy + "." + namespace + ".example.com";
  }

  private RawRequest request(String policy) {
    return request(policy, KEY);
  }

  private RawRequest request(String policy, String key) {
    return RawRequest.get(host(policy), "/v1/items/1").with("X-API-Key", key);
  }

  private String policies(List<String> names, String scope) {
    return names.stream().map(name -> policy(name, scope)).collect(Collectors.joining());
  }

  /** One document of a stream; what is appended to it is appended to its operations. */
  private String policy(String name, String scope) {
    return """
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: %s, namespace: %s}
    spec:
      hosts: [%s]
      authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
      operations:
      - {name: item, match: [{methods: [GET], path: "/v1/items/{item}"}], scopes: ["%s"]}
    """
        .formatted(name, namespace, host(name), scope);
  }

  private String identity() {
    return identity("holder", "apiKey: {sha256: " + TestPolicies.sha256(KEY) + "}");
  }

  private String secretIdentity() {
    return identity("caller", "apiKey: {secretRef: {name: caller-key, key: api_key}}");
  }

  private String identity(String name, String credential) {
    return """
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: %s, namespace: %s}
    spec:
      type: Application
      owner: {team: e2e, contact: e2e@example.com}
      credentials: [{name: primary, %s}]
      grants: {scopes: ["items:read"]}
    """
        .formatted(name, namespace, credential);
  }

  private String secret(String key) {
    return """
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: caller-key, namespace: %s, labels: {sallyport.dev/watch: "true"}}
    stringData: {api_key: %s}
    """
        .formatted(namespace, key);
  }
}
