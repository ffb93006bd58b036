package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The built distribution, run as the chart's Deployment would run it: with the configuration that
 * it renders and a token of its ServiceAccount.
 */
class ChartServerIT {
  private final Cluster cluster = Cluster.shared();

  @TempDir private Path work;

  @Test
  void withItsServiceAccountTheServerDoesAllItsWork() throws IOException {
    try (Release release = Release.install(cluster, "--set", "config.decisionTimeout=5s")) {
      runsIn(cluster.namespace("apis"), release);
    }
  }

  @Test
  void withRolesInSomeNamespacesTheServerDoesAllItsWorkThere() throws IOException {
    String watched = cluster.namespace("apis");
    try (Release release =
        Release.install(
            cluster,
            "--set",
            "config.decisionTimeout=5s",
            "--set",
            "policies.namespaces={" + watched + "}")) {
      runsIn(watched, release);
    }
  }

  @Test
  void withThePermissionToWatchPoliciesAloneTheServerEnforcesThem() throws IOException {
    String apis = cluster.namespace("apis");
    try (Release release =
        Release.install(
            cluster,
            "--set",
            "config.decisionTimeout=5s",
            "--set",
            "policies.status=Never",
            "--set",
            "policies.secrets=false",
            "--set",
            "policies.configMaps=false",
            "--set",
            "policies.serviceAccounts=false",
            "--set",
            "policies.gatewayRoutes=false")) {
      cluster.apply(policy(apis, "items") + identity(apis));
      try (Boundary boundary = start(release)) {
        await(boundary, request(apis).with("X-API-Key", "chart-digest-key"), 200, "");
        await(boundary, request(apis).with("X-API-Key", "another"), 401, "credential_invalid");
        wasRefusedNothing(boundary, release);
      }
    }
  }

  /** As the chart's Deployment would start it. */
  private Boundary start(Release release) throws IOException {
    Path file = Files.writeString(work.resolve("rendered.yaml"), release.configuration());
    return Boundary.start(
        work,
        new SallyportProcess.Source.ApiServer(
            cluster.kubeconfigFor(release.namespace(), "sallyport")),
        settings -> settings.withFile(file),
        settings -> settings);
  }

  private void wasRefusedNothing(Boundary boundary, Release release) {
    assertThat(boundary.sallyport().process().output().toLowerCase(Locale.ROOT))
        .doesNotContain("forbidden");
    if (cluster instanceof LocalCluster local) {
      assertThat(local.requestsOf(release.namespace(), "sallyport"))
          .isNotEmpty()
          .noneMatch(asked -> asked.status() == 403 || asked.status() == 401);
    }
  }

  private static RawRequest request(String apis) {
    return RawRequest.get(apis + ".example.com", "/v1/items");
  }

  private static String identity(String apis) {
    return """
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: holder, namespace: %s}
    spec:
      type: Application
      owner: {team: e2e, contact: e2e@example.com}
      credentials: [{name: key, apiKey: {sha256: %s}}]
      grants: {scopes: ["items:read"]}
    """
        .formatted(apis, TestPolicies.sha256("chart-digest-key"));
  }

  /** Enforces, reviews tokens, writes status and Events, and is refused nothing. */
  private void runsIn(String apis, Release release) throws IOException {
    cluster.apply(objects(apis));
    RawRequest request = request(apis);
    try (Boundary boundary = start(release)) {
      await(boundary, request.with("X-API-Key", "chart-key"), 200, "");
      await(boundary, request.with("X-API-Key", "another"), 401, "credential_invalid");
      String token = cluster.token(apis, "caller", List.of("chart"), Duration.ofMinutes(10));
      await(boundary, request.with("Authorization", "Bearer " + token), 200, "");
      String elsewhere = cluster.token(apis, "caller", List.of("other"), Duration.ofMinutes(10));
      await(
          boundary,
          request.with("Authorization", "Bearer " + elsewhere),
          401,
          "credential_invalid");

      cluster
          .kubectl("wait", "--for=condition=Ready", "apipol/items", "-n", apis, "--timeout=60s")
          .orThrow();
      cluster
          .kubectl("wait", "--for=condition=Ready", "nhi/caller", "-n", apis, "--timeout=60s")
          .orThrow();
      assertThat(
              cluster
                  .kubectl(
                      "get",
                      "lease",
                      "sallyport-leader",
                      "-n",
                      release.namespace(),
                      "-o",
                      "jsonpath={.spec.holderIdentity}")
                  .orThrow())
          .isNotEmpty();

      // The schema lets it through, and the older policy keeps the host.
      cluster.apply(policy(apis, "late"));
      cluster
          .kubectl(
              "wait",
              "--for=jsonpath={.status.conditions[?(@.type==\"Accepted\")].reason}=Conflicted",
              "apipol/late",
              "-n",
              apis,
              "--timeout=60s")
          .orThrow();
      Await.untilTrue(
          "an Event tells of it",
          () ->
              cluster
                  .kubectl(
                      "get",
                      "events.events.k8s.io",
                      "-n",
                      apis,
                      "-o",
                      "jsonpath={.items[*].regarding.name}")
                  .orThrow()
                  .contains("late"));

      cluster.kubectl("delete", "secret", "caller-key", "-n", apis).orThrow();
      await(boundary, request.with("X-API-Key", "chart-key"), 401, "credential_invalid");
      cluster.kubectl("delete", "serviceaccount", "caller", "-n", apis).orThrow();
      await(boundary, request.with("Authorization", "Bearer " + token), 401, "credential_invalid");
      wasRefusedNothing(boundary, release);
    }
  }

  /** Waits until a request gets a status and a reason; 200 has none. */
  private static void await(Boundary boundary, RawRequest request, int status, String reason) {
    AtomicReference<String> last = new AtomicReference<>("");
    Await.until(
        "an answer " + status + " " + reason,
        Await.PATIENT,
        () -> {
          Reply reply = boundary.send(request);
          last.set(reply.toString());
          boolean fits = reply.status() == status && reply.reason().equals(reason);
          return fits ? Optional.of(true) : Optional.empty();
        },
        () -> "\nthe last: " + last + "\n" + boundary.sallyport().process().output());
  }

  private static String objects(String apis) {
    return policy(apis, "items")
        + """
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: caller, namespace: %1$s}
        spec:
          type: Application
          owner: {team: e2e, contact: e2e@example.com}
          credentials:
          - {name: key, apiKey: {secretRef: {name: caller-key, key: api_key}}}
          - {name: pod, serviceAccount: {namespace: %1$s, name: caller}}
          grants: {scopes: [items:read]}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: caller-key, namespace: %1$s, labels: {sallyport.dev/watch: "true"}}
        stringData: {api_key: chart-key}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: caller, namespace: %1$s}
        """
            .formatted(apis);
  }

  private static String policy(String apis, String name) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: %1$s, namespace: %2$s}
    spec:
      hosts: [%2$s.example.com]
      authentication:
        methods:
        - {name: keys, apiKey: {header: X-API-Key}}
        - {name: workloads, serviceAccount: {audiences: [chart]}}
      operations:
      - {name: list, match: [{methods: [GET], path: /v1/items}], scopes: [items:read]}
    """
        .formatted(name, apis);
  }
}
