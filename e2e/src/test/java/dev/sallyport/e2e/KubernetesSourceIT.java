package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is applied to an API server is enforced, whatever becomes of the API server. */
class KubernetesSourceIT {
  private static LocalCluster cluster;
  private static FreezableProxy proxy;
  private static Boundary boundary;

  @BeforeAll
  static void start(@TempDir Path work) {
    cluster = LocalCluster.start(work.resolve("cluster"));
    cluster.installDefinitions();
    proxy = cluster.freezableProxy();
    Path kubeconfig = cluster.kubeconfigThrough(proxy, cluster.kubeconfig());
    boundary = Boundary.start(work, new SallyportProcess.Source.ApiServer(kubeconfig));
  }

  @AfterAll
  static void end() {
    if (boundary != null) {
      boundary.close();
    }
    if (proxy != null) {
      proxy.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void whatIsAppliedIsEnforcedAndWhatIsDeletedIsGone() {
    String namespace = cluster.namespace("applied");
    RawRequest request = request("applied.example.com").with("X-API-Key", "e2e-applied");
    cluster.apply(keyPolicy(namespace, "applied.example.com", "items:read"));
    cluster.apply(identity(namespace, digest("e2e-applied")));
    await(request, 200, "");

    cluster.apply(keyPolicy(namespace, "applied.example.com", "items:write"));
    await(request, 403, "scope_insufficient");

    cluster.apply(keyPolicy(namespace, "applied.example.com", "items:read"));
    await(request, 200, "");
    patch("nhi", namespace, "caller", "{\"spec\":{\"state\":\"Revoked\"}}");
    await(request, 403, "credential_revoked");

    delete("apipolicy", namespace, "policy");
    await(request, 403, "policy_missing");
  }

  @Test
  void aSecretIsRotatedUnlabelledAndDeleted() {
    String namespace = cluster.namespace("secret");
    cluster.apply(keyPolicy(namespace, "secret.example.com", "items:read"));
    cluster.apply(identity(namespace, "{secretRef: {name: key, key: api_key}}"));
    RawRequest first = request("secret.example.com").with("X-API-Key", "e2e-secret-first");
    RawRequest second = request("secret.example.com").with("X-API-Key", "e2e-secret-second");

    cluster.apply(secret(namespace, "e2e-secret-first", "false"));
    await(first, 401, "credential_invalid");
    label(namespace, "sallyport.dev/watch=true");
    await(first, 200, "");

    cluster.apply(secret(namespace, "e2e-secret-second", "true"));
    await(second, 200, "");
    assertThat(boundary.send(first).reason()).isEqualTo("credential_invalid");

    label(namespace, "sallyport.dev/watch-");
    await(second, 401, "credential_invalid");
    label(namespace, "sallyport.dev/watch=true");
    await(second, 200, "");

    delete("secret", namespace, "key");
    await(second, 401, "credential_invalid");
  }

  @Test
  void routesAreFollowedFromWhenTheirDefinitionIsInstalled() {
    String namespace = cluster.namespace("route");
    cluster.apply(
        openPolicy(namespace, "routed", "")
            .replace("spec:\n", "spec:\n  targetRefs: [{kind: HTTPRoute, name: edge}]\n"));
    RawRequest before = request("before.example.com");
    RawRequest after = request("after.example.com");
    assertThat(boundary.send(before).reason()).isEqualTo("policy_missing");

    cluster.apply(ROUTE_DEFINITION);
    cluster
        .kubectl("wait", "--for=condition=Established", "crd/httproutes.gateway.networking.k8s.io")
        .orThrow();
    cluster.apply(route(namespace, "before.example.com"));
    await(before, 200, "");

    cluster.apply(route(namespace, "after.example.com"));
    await(after, 200, "");
    assertThat(boundary.send(before).reason()).isEqualTo("policy_missing");
  }

  @Test
  void oneObjectOfANewerSchemaStopsNoOther() {
    String namespace = cluster.namespace("newer");
    cluster.apply(openPolicy(namespace, "newer", "newer.example.com"));
    await(request("newer.example.com"), 200, "");

    loosen("apipolicies.sallyport.dev", true);
    try {
      patch("apipolicy", namespace, "newer", "{\"spec\":{\"fromTheFuture\":{\"a\":1}}}");
      // The API server goes on to show objects by the old definition for a moment.
      assertThat(boundary.sallyport().awaitLine(namespace + "/newer: spec: unknown field"))
          .contains("fromTheFuture");
      cluster.apply(
          openPolicy(namespace, "newest", "newest.example.com")
              .replace("spec:\n", "spec:\n  fromTheFuture: true\n"));
      cluster.apply(openPolicy(namespace, "beside", "beside.newer.example.com"));

      await(request("beside.newer.example.com"), 200, "");
      // What it was before stays, and what never was readable keeps its host from wider policies.
      assertThat(boundary.send(request("newer.example.com")).status()).isEqualTo(200);
      await(request("newest.example.com"), 503, "policy_not_ready");

      patch("apipolicy", namespace, "newest", "{\"spec\":{\"fromTheFuture\":null}}");
      await(request("newest.example.com"), 200, "");
    } finally {
      loosen("apipolicies.sallyport.dev", false);
    }
  }

  @Test
  void anApiServerThatDiesUnderLoadHarmsNobodyAndItsChangesAreCaughtUpWith() throws Exception {
    String namespace = cluster.namespace("away");
    cluster.apply(openPolicy(namespace, "steady", "steady.away.example.com"));
    cluster.apply(openPolicy(namespace, "doomed", "doomed.away.example.com"));
    await(request("steady.away.example.com"), 200, "");
    await(request("doomed.away.example.com"), 200, "");
    List<Integer> hosts = IntStream.range(0, 50).boxed().toList();

    AtomicBoolean enough = new AtomicBoolean();
    try (ExecutorService load = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Integer> sent = load.submit(steadyLoad("steady.away.example.com", enough));
      cluster.killApiServer();
      try (LocalCluster.Standby standby = cluster.standby()) {
        StringBuilder changes = new StringBuilder();
        hosts.forEach(i ->
            changes
                .append("---\n")
                .append(openPolicy(namespace, "p" + i, "h" + i + ".away.example.com")));
        String there = "--kubeconfig=" + standby.kubeconfig();
        cluster.kubectlReading(changes.toString(), there, "apply", "-f", "-").orThrow();
        cluster.kubectl(there, "delete", "apipolicy", "doomed", "-n", namespace).orThrow();
      }
      boundary.sallyport().awaitLine("can't be reached");
      assertThat(boundary.sallyport().admin("/livez").statusCode()).isEqualTo(200);
      assertThat(boundary.sallyport().admin("/readyz").statusCode()).isEqualTo(200);
      // So that nobody can catch up by hearing of each change: only a new list tells.
      cluster.compactEtcd();
      cluster.startApiServer();
      long back = System.nanoTime();

      hosts.forEach(i -> await(request("h" + i + ".away.example.com"), 200, ""));
      await(request("doomed.away.example.com"), 403, "policy_missing");
      assertThat(Duration.ofNanos(System.nanoTime() - back)).isLessThan(Duration.ofSeconds(15));
      enough.set(true);

      assertThat(sent.get()).isPositive();
    }
    boundary.sallyport().awaitLine("answers again");
  }

  @Test
  void aConnectionThatIsSilentlyDeadIsNoticed() {
    String namespace = cluster.namespace("frozen");
    cluster.apply(openPolicy(namespace, "frozen", "frozen.example.com"));
    await(request("frozen.example.com"), 200, "");

    proxy.freezeOpenConnections();
    long frozen = System.nanoTime();
    cluster.apply(openPolicy(namespace, "thawed", "thawed.example.com"));

    await(request("thawed.example.com"), 200, "", Duration.ofMinutes(2));
    assertThat(Duration.ofNanos(System.nanoTime() - frozen)).isLessThan(Duration.ofSeconds(90));
  }

  @Test
  void missingDefinitionsAreToldOnceAndWaitedFor(@TempDir Path work) {
    try (LocalCluster bare = LocalCluster.start(work.resolve("cluster"));
        SallyportProcess sallyport =
            SallyportProcess.launch(
                SallyportProcess.Settings.of(
                    work.resolve("sallyport"),
                    new SallyportProcess.Source.ApiServer(bare.kubeconfig())))) {
      String line = sallyport.awaitLine("does not know");
      assertThat(line).contains("apipolicies.sallyport.dev").contains("kubectl apply");
      assertThat(status(sallyport, "/readyz")).isEqualTo(503);
      assertThat(status(sallyport, "/livez")).isEqualTo(200);

      bare.installDefinitions();

      sallyport.awaitReady();
      assertThat(sallyport.process().output()).containsOnlyOnce("does not know");
    }
  }

  @Test
  void onlyTheNamedNamespacesAreAskedFor(@TempDir Path work) {
    String ours = cluster.namespace("ours");
    String theirs = cluster.namespace("theirs");
    cluster.kubectl("create", "serviceaccount", "sallyport", "-n", ours).orThrow();
    cluster.apply(role(ours));
    cluster.apply(openPolicy(ours, "ours", "ours.example.com"));
    cluster.apply(openPolicy(theirs, "theirs", "theirs.example.com"));
    try (Boundary narrow =
        Boundary.start(
            work,
            new SallyportProcess.Source.ApiServer(cluster.kubeconfigFor(ours, "sallyport")),
            settings ->
                settings.with(
                    "policies", "{kubernetes: {namespaces: [%s], status: Never}}".formatted(ours)),
            settings -> settings)) {
      assertThat(narrow.send(request("ours.example.com")).status()).isEqualTo(200);
      assertThat(narrow.send(request("theirs.example.com")).reason()).isEqualTo("policy_missing");
      assertThat(cluster.requestsOf(ours, "sallyport"))
          .as("a role of the namespace suffices")
          .isNotEmpty()
          .noneMatch(asked -> asked.status() == 403 && !asked.resource().endsWith("routes"));
    }
  }

  @Test
  void lintAndCheckReadTheCluster() {
    String namespace = cluster.namespace("lint");
    String kubeconfig = cluster.kubeconfig().toString();
    cluster.apply(openPolicy(namespace, "fine", "fine.lint.example.com"));
    CommandRun clean = sallyport("lint", "--kubeconfig", kubeconfig, "--namespace", namespace);
    assertThat(clean.exitCode()).as(clean.toString()).isZero();
    assertThat(clean.output()).isEqualTo("0 errors, 0 warnings (1 object read)\n");

    cluster.apply(openPolicy(namespace, "second", "fine.lint.example.com"));
    CommandRun conflict = sallyport("lint", "--kubeconfig", kubeconfig, "-n", namespace);
    assertThat(conflict.exitCode()).isOne();
    assertThat(conflict.output())
        .containsPattern("NAMESPACE +KIND +NAME +SEVERITY +FIELD +MESSAGE\n")
        .containsPattern(namespace + " +ApiPolicy +second +Error +spec.hosts +the host");

    CommandRun checked =
        sallyport(
            "check",
            "--kubeconfig",
            kubeconfig,
            "--url",
            "https://fine.lint.example.com/v1/items/1");
    assertThat(checked.exitCode()).as(checked.toString()).isZero();
    assertThat(checked.output()).startsWith("ALLOWED");

    CommandRun away =
        sallyport("lint", "--kubeconfig", Checkout.root().resolve("pom.xml").toString());
    assertThat(away.exitCode()).isEqualTo(2);
    assertThat(away.errors()).hasLineCount(1).contains("is no kubeconfig");
  }

  private static CommandRun sallyport(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Checkout.sallyport().toString());
    command.addAll(List.of(arguments));
    String java = Path.of(System.getProperty("java.home"), "bin/java").toString();
    return CommandRun.of(command, Map.of("SALLYPORT_JAVA", java), "");
  }

  private static Callable<Integer> steadyLoad(String host, AtomicBoolean enough) {
    return () -> {
      int sent = 0;
      while (!enough.get()) {
        Reply reply = boundary.send(request(host));
        assertThat(reply.status()).as(reply.toString()).isEqualTo(200);
        sent++;
        Await.pause();
      }
      return sent;
    };
  }

  private static int status(SallyportProcess sallyport, String path) {
    return Await.until(
        path + " answers", Await.PATIENT, () -> Optional.of(sallyport.admin(path).statusCode()));
  }

  private static void await(RawRequest request, int status, String reason) {
    await(request, status, reason, Await.PATIENT);
  }

  /** Waits until a request gets a status and a reason; 200 has none. */
  private static void await(RawRequest request, int status, String reason, Duration patience) {
    AtomicReference<String> last = new AtomicReference<>("");
    Await.until(
        request.fields().getFirst().value() + " answers " + status + " " + reason,
        patience,
        () -> {
          Reply reply = boundary.send(request);
          last.set(reply.toString());
          boolean fits = reply.status() == status && reply.reason().equals(reason);
          return fits ? Optional.of(true) : Optional.empty();
        },
        () -> "\nthe last: " + last + "\n" + boundary.sallyport().process().output());
  }

  private static RawRequest request(String host) {
    return RawRequest.get(host, "/v1/items/1");
  }

  private static void patch(String kind, String namespace, String name, String patch) {
    cluster.kubectl("patch", kind, name, "-n", namespace, "--type=merge", "-p", patch).orThrow();
  }

  private static void delete(String kind, String namespace, String name) {
    cluster.kubectl("delete", kind, name, "-n", namespace).orThrow();
  }

  private static void label(String namespace, String label) {
    cluster.kubectl("label", "secret", "key", "-n", namespace, "--overwrite", label).orThrow();
  }

  /** Lets a kind have fields that this version of Sallyport does not know, as a newer one would. */
  private static void loosen(String definition, boolean loose) {
    String patch =
        "[{\"op\":\"add\",\"path\":\"/spec/versions/0/schema/openAPIV3Schema/properties/spec/"
            + "x-kubernetes-preserve-unknown-fields\",\"value\":true}]";
    if (!loose) {
      patch = patch.replace("\"add\"", "\"remove\"").replace(",\"value\":true", "");
    }
    cluster.kubectl("patch", "crd", definition, "--type=json", "-p", patch).orThrow();
  }

  /** A policy that lets everybody read one item; without a host where that is empty. */
  private static String openPolicy(String namespace, String name, String host) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: %s, namespace: %s}
    spec:
      hosts: [%s]
      operations:
      - {name: item, match: [{methods: [GET], path: "/v1/items/{item}"}], authentication: None}
    """
        .formatted(name, namespace, host)
        .replace("  hosts: []\n", "");
  }

  private static String keyPolicy(String namespace, String host, String scope) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: policy, namespace: %s}
    spec:
      hosts: [%s]
      authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
      operations:
      - {name: item, match: [{methods: [GET], path: "/v1/items/{item}"}], scopes: [%s]}
    """
        .formatted(namespace, host, scope);
  }

  private static String digest(String key) {
    return "{sha256: " + TestPolicies.sha256(key) + "}";
  }

  private static String identity(String namespace, String apiKey) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: caller, namespace: %s}
    spec:
      type: Application
      owner: {team: e2e, contact: e2e@example.com}
      credentials: [{name: primary, apiKey: %s}]
      grants: {scopes: [items:read]}
    """
        .formatted(namespace, apiKey);
  }

  private static String secret(String namespace, String key, String watched) {
    return """
    apiVersion: v1
    kind: Secret
    metadata: {name: key, namespace: %s, labels: {sallyport.dev/watch: "%s"}}
    stringData: {api_key: %s}
    """
        .formatted(namespace, watched, key);
  }

  private static String route(String namespace, String hostname) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: edge, namespace: %s}
    spec: {hostnames: [%s], rules: []}
    """
        .formatted(namespace, hostname);
  }

  private static String role(String namespace) {
    return """
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: sallyport, namespace: %1$s}
    rules:
    - apiGroups: [sallyport.dev]
      resources: [apipolicies, nonhumanidentities, tokenissuers, detectionpolicies]
      verbs: [list, watch]
    - apiGroups: [""]
      resources: [secrets, configmaps, serviceaccounts]
      verbs: [list, watch]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: sallyport, namespace: %1$s}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: sallyport}
    subjects: [{kind: ServiceAccount, name: sallyport, namespace: %1$s}]
    """
        .formatted(namespace);
  }

  /** What matters here of the Gateway API's own. */
  private static final String ROUTE_DEFINITION =
      """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata:
        name: httproutes.gateway.networking.k8s.io
        annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes-sigs/gateway-api/pull/2466"}
      spec:
        group: gateway.networking.k8s.io
        names: {kind: HTTPRoute, plural: httproutes, singular: httproute}
        scope: Namespaced
        versions:
        - name: v1
          served: true
          storage: true
          schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
      """;
}
