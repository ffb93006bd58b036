package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cluster that tests start does what they ask of it. */
class ClusterIT {
  @Test
  void kubectlAppliesAndReads() {
    Cluster cluster = Cluster.shared();
    String namespace = cluster.namespace("fixture");

    String said = cluster.apply(configMap(namespace, "first"));

    assertThat(said).contains("configmap/fixture created");
    assertThat(
            cluster
                .kubectl("get", "configmap", "fixture", "-n", namespace, "-o", "jsonpath={.data.a}")
                .orThrow())
        .isEqualTo("first");
    CommandRun absent = cluster.kubectl("get", "configmap", "absent", "-n", namespace);
    assertThat(absent.succeeded()).isFalse();
    assertThat(absent.errors()).contains("NotFound");
  }

  @Test
  void aServiceAccountMayDoWhatItsRolesAllowAndNothingElse() {
    Cluster cluster = Cluster.shared();
    String namespace = cluster.namespace("fixture");
    cluster.apply(configMap(namespace, "first"));
    cluster.kubectl("create", "serviceaccount", "reader", "-n", namespace).orThrow();
    String file = cluster.kubeconfigFor(namespace, "reader").toString();

    assertThat(cluster.kubectl("--kubeconfig", file, "get", "configmap", "fixture").errors())
        .contains("system:serviceaccount:" + namespace + ":reader")
        .contains("Forbidden");

    cluster
        .kubectl("create", "role", "read", "--verb=get", "--resource=configmaps", "-n", namespace)
        .orThrow();
    cluster
        .kubectl(
            "create",
            "rolebinding",
            "read",
            "--role=read",
            "--serviceaccount=" + namespace + ":reader",
            "-n",
            namespace)
        .orThrow();
    Await.untilTrue(
        "the role is known",
        () -> cluster.kubectl("--kubeconfig", file, "get", "configmap", "fixture").succeeded());
    assertThat(cluster.kubectl("--kubeconfig", file, "get", "secrets").errors())
        .contains("Forbidden");
    if (cluster instanceof LocalCluster local) {
      assertThat(local.requestsOf(namespace, "reader"))
          .contains(
              new LocalCluster.ApiRequest("get", "configmaps", "fixture", 200),
              new LocalCluster.ApiRequest("list", "secrets", "", 403));
    }
  }

  @Test
  void aTokenIsForTheAudiencesThatWereAskedFor() {
    Cluster cluster = Cluster.shared();
    String namespace = cluster.namespace("fixture");
    cluster.kubectl("create", "serviceaccount", "caller", "-n", namespace).orThrow();

    String token = cluster.token(namespace, "caller", List.of("payments"), Duration.ofMinutes(10));

    assertThat(review(cluster, token, "payments").getAuthenticated()).isTrue();
    assertThat(review(cluster, token, "payments").getUser().getUsername())
        .isEqualTo("system:serviceaccount:" + namespace + ":caller");
    assertThat(review(cluster, token, "other").getAuthenticated()).isNotEqualTo(true);
  }

  @Test
  void helmTalksToIt() {
    assertThat(Cluster.shared().helm("list", "--all-namespaces").orThrow()).contains("NAMESPACE");
  }

  @Test
  void whatAnotherApiServerWroteIsSeenByTheOneThatWasKilled(@TempDir Path work) {
    try (LocalCluster cluster = LocalCluster.start(work)) {
      cluster.apply(configMap("default", "first"));

      cluster.killApiServer();
      assertThat(cluster.kubectl("get", "namespaces").succeeded()).isFalse();
      try (LocalCluster.Standby standby = cluster.standby()) {
        String kubeconfig = "--kubeconfig=" + standby.kubeconfig();
        cluster
            .kubectlReading(configMap("default", "second"), kubeconfig, "apply", "-f", "-")
            .orThrow();
      }
      cluster.startApiServer();

      assertThat(value(cluster.client())).isEqualTo("second");
    }
  }

  @Test
  void nobodyWatchesOnFromBeforeACompaction(@TempDir Path work) {
    try (LocalCluster cluster = LocalCluster.start(work)) {
      cluster.apply(configMap("default", "first"));
      String version =
          cluster
              .kubectl("get", "configmap", "fixture", "-o", "jsonpath={.metadata.resourceVersion}")
              .orThrow();
      cluster.apply(configMap("default", "second"));

      cluster.killApiServer();
      cluster.compactEtcd();
      cluster.startApiServer();

      CommandRun watch =
          cluster.kubectl(
              "get",
              "--raw",
              "/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=30&resourceVersion="
                  + version);
      assertThat(watch.toString()).contains("too old resource version");
    }
  }

  @Test
  void aFrozenProxyKeepsConnectionsAndSaysNothingOnThem(@TempDir Path work) {
    try (LocalCluster cluster = LocalCluster.start(work);
        FreezableProxy proxy = cluster.freezableProxy()) {
      Path kubeconfig = cluster.kubeconfigThrough(proxy, cluster.kubeconfig());
      cluster.apply(configMap("default", "first"));
      Queue<String> seen = new ConcurrentLinkedQueue<>();
      try (KubernetesClient client = client(kubeconfig);
          Watch _ =
              client.configMaps().inNamespace("default").withName("fixture").watch(into(seen))) {
        Await.untilTrue("the watch sees the first", () -> seen.contains("first"));

        proxy.freezeOpenConnections();
        cluster.apply(configMap("default", "second"));
        assertThat(through(cluster, kubeconfig).orThrow()).as("a new one").isEqualTo("second");
        assertThat(seen).doesNotContain("second");

        proxy.freeze();
        assertThat(through(cluster, kubeconfig).succeeded()).isFalse();
        assertThat(seen).doesNotContain("second", "closed");

        proxy.thaw();
        Await.untilTrue("the watch sees the second", () -> seen.contains("second"));
        assertThat(through(cluster, kubeconfig).orThrow()).isEqualTo("second");
      }
    }
  }

  private static CommandRun through(Cluster cluster, Path kubeconfig) {
    return cluster.kubectl(
        "--kubeconfig=" + kubeconfig,
        "--request-timeout=3s",
        "get",
        "configmap",
        "fixture",
        "-o",
        "jsonpath={.data.a}");
  }

  private static Watcher<ConfigMap> into(Queue<String> seen) {
    return new Watcher<>() {
      @Override
      public void eventReceived(Action action, ConfigMap resource) {
        seen.add(resource.getData().get("a"));
      }

      @Override
      public void onClose(WatcherException cause) {
        seen.add("closed");
      }
    };
  }

  private static KubernetesClient client(Path kubeconfig) {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
        .build();
  }

  private static TokenReviewStatus review(Cluster cluster, String token, String audience) {
    return cluster
        .client()
        .tokenReviews()
        .create(
            new TokenReviewBuilder()
                .withNewSpec()
                .withToken(token)
                .withAudiences(audience)
                .endSpec()
                .build())
        .getStatus();
  }

  private static String value(KubernetesClient client) {
    return client.configMaps().inNamespace("default").withName("fixture").get().getData().get("a");
  }

  private static String configMap(String namespace, String value) {
    return """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: fixture, namespace: %s}
    data: {a: %s}
    """
        .formatted(namespace, value);
  }
}
