package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The chart, installed by Helm into a real API server: what it makes, and what it allows. */
class ChartIT {
  /** What the ServiceAccount may do to the objects that are watched. */
  private static final List<String> WATCHED =
      List.of(
          "apipolicies.sallyport.dev [] [list watch]",
          "apipolicies.sallyport.dev/status [] [patch]",
          "configmaps [] [list watch]",
          "detectionpolicies.sallyport.dev [] [list watch]",
          "detectionpolicies.sallyport.dev/status [] [patch]",
          "events.events.k8s.io [] [create]",
          "grpcroutes.gateway.networking.k8s.io [] [list watch]",
          "httproutes.gateway.networking.k8s.io [] [list watch]",
          "nonhumanidentities.sallyport.dev [] [list watch]",
          "nonhumanidentities.sallyport.dev/status [] [patch]",
          "secrets [] [list watch]",
          "serviceaccounts [] [list watch]",
          "tokenissuers.sallyport.dev [] [list watch]",
          "tokenissuers.sallyport.dev/status [] [patch]");

  private static final List<String> REVIEWS =
      List.of("tokenreviews.authentication.k8s.io [] [create]");

  /** In the release's own namespace. */
  private static final List<String> LEASE =
      List.of(
          "leases.coordination.k8s.io [] [create]",
          "leases.coordination.k8s.io [sallyport-leader] [get patch]");

  private final Cluster cluster = Cluster.shared();

  @Test
  void lintFindsNoFault() {
    assertThat(cluster.helm("lint", "--strict", Release.CHART).orThrow())
        .contains("0 chart(s) failed");
  }

  @Test
  void itIsInstalledUpgradedAndUninstalled() {
    try (Release release = Release.install(cluster)) {
      assertThat(release.notes()).contains("Next:");
      assertThat(release.deployment("{.spec.replicas}")).isEqualTo("2");

      release.upgrade("--set", "replicaCount=3", "--set", "config.drain=2s").orThrow();
      assertThat(release.deployment("{.spec.replicas}")).isEqualTo("3");
      assertThat(release.configuration()).contains("drain: 2s");

      release.uninstall().orThrow();
      assertThat(installed()).isEmpty();
      assertThat(cluster.kubectl("get", "crd", "apipolicies.sallyport.dev").orThrow())
          .as("the definitions stay, and the policies with them")
          .isNotEmpty();
    }
  }

  /** The names of all objects that belong to a release. */
  private String installed() {
    return cluster
        .kubectl(
            "get",
            "deployments,services,configmaps,secrets,serviceaccounts,poddisruptionbudgets,"
                + "roles,rolebindings,clusterroles,clusterrolebindings",
            "--all-namespaces",
            "--selector=app.kubernetes.io/instance=sallyport",
            "--output=name")
        .orThrow();
  }

  @Test
  void aKeyThatTheChartDoesNotKnowIsRefused() {
    try (Release release = Release.install(cluster)) {
      CommandRun upgrade = release.upgrade("--set", "replicas=3");
      assertThat(upgrade.succeeded()).isFalse();
      assertThat(upgrade.errors()).contains("replicas");
    }
  }

  @Test
  void aServerForAllNamespacesMayDoWhatIsListedAndNothingMore() {
    String other = cluster.namespace("other");
    try (Release release = Release.install(cluster)) {
      assertThat(release.permissions(other))
          .containsExactlyInAnyOrderElementsOf(all(List.of(WATCHED, REVIEWS)));
      assertThat(release.permissions(release.namespace()))
          .containsExactlyInAnyOrderElementsOf(all(List.of(WATCHED, REVIEWS, LEASE)));
    }
  }

  @Test
  void aServerForSomeNamespacesMayDoNothingInOthers() {
    String watched = cluster.namespace("watched");
    String other = cluster.namespace("other");
    try (Release release =
        Release.install(cluster, "--set", "policies.namespaces={" + watched + "}")) {
      assertThat(release.permissions(watched))
          .containsExactlyInAnyOrderElementsOf(all(List.of(WATCHED, REVIEWS)));
      assertThat(release.permissions(other)).containsExactlyElementsOf(REVIEWS);
      assertThat(release.permissions(release.namespace()))
          .containsExactlyInAnyOrderElementsOf(all(List.of(LEASE, REVIEWS)));
    }
  }

  @Test
  void whatIsSwitchedOffIsNotAllowed() {
    try (Release release =
        Release.install(
            cluster,
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
      assertThat(release.permissions(release.namespace()))
          .containsExactlyInAnyOrder(
              "apipolicies.sallyport.dev [] [list watch]",
              "detectionpolicies.sallyport.dev [] [list watch]",
              "nonhumanidentities.sallyport.dev [] [list watch]",
              "tokenissuers.sallyport.dev [] [list watch]");
    }
  }

  private static List<String> all(List<List<String>> parts) {
    return parts.stream().flatMap(List::stream).toList();
  }
}
