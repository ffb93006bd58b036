package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  /** Within which all is caught up with once the API server is back. */
  private static final Duration CATCHING_UP = Duration.ofSeconds(5);

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
    try (Boundary boundary = start();
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
            CATCHING_UP,
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
  void anEditThatMakesNoSenseKeepsWhatIsEnforcedAndTheStatusSaysWhy() throws IOException {
    cluster.apply(policy("edited", "items:read"));
    try (Boundary boundary = start()) {
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
  void theNewerOfTwoPoliciesTakesOverWhenTheOlderIsDeleted() throws IOException {
    cluster.apply(policy("a", "items:read"));
    String newer = policy("b", "items:write").replace(host("b"), host("a"));
    try (Boundary boundary = start()) {
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

  /** With a Sallyport that sees the objects of this test alone. */
  private Boundary start() {
    return Boundary.start(
        work,
        new SallyportProcess.Source.ApiServer(cluster.kubeconfig()),
        sallyport ->
            sallyport.with(
                "policies",
                "{kubernetes: {namespaces: [%1$s], leaseNamespace: %1$s}}".formatted(namespace)),
        envoy -> envoy);
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

  /** Waits until a request gets a status and a reason; 200 has none. */
  private void await(Boundary boundary, String policy, int status, String reason) {
    AtomicReference<String> last = new AtomicReference<>("");
    Await.until(
        host(policy) + " answers " + status + " " + reason,
        Await.PATIENT,
        () -> {
          Reply reply = boundary.send(request(policy));
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
    return RawRequest.get(host(policy), "/v1/items/1").with("X-API-Key", KEY);
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
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: holder, namespace: %s}
    spec:
      type: Application
      owner: {team: e2e, contact: e2e@example.com}
      credentials: [{name: primary, apiKey: {sha256: %s}}]
      grants: {scopes: ["items:read"]}
    """
        .formatted(namespace, TestPolicies.sha256(KEY));
  }
}
