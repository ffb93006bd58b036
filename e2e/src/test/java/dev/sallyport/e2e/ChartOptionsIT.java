package dev.sallyport.e2e;

import static dev.sallyport.e2e.Rendering.at;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What each value of the chart changes, and which values it refuses. */
class ChartOptionsIT {
  @Test
  void scaledDeploymentHasNoReplicasOfItsOwn() {
    Rendering fixed = Rendering.of("--set", "replicaCount=3");
    Rendering scaled = Rendering.of("--set", "autoscaling.enabled=true");

    assertThat(at(fixed.object("Deployment", ""), "spec", "replicas")).isEqualTo(3);
    assertThat(((Map<?, ?>) at(scaled.object("Deployment", ""), "spec")).get("replicas")).isNull();
    assertThat(at(scaled.object("HorizontalPodAutoscaler", ""), "spec", "minReplicas"))
        .isEqualTo(2);
  }

  @Test
  void rollingUpdateTakesNobodyAwayFirst() {
    Map<?, ?> deployment = Rendering.of().object("Deployment", "");

    assertThat(at(deployment, "spec", "strategy", "rollingUpdate"))
        .isEqualTo(Map.of("maxUnavailable", 0, "maxSurge", 1));
    assertThat(at(deployment, "spec", "template", "spec", "enableServiceLinks")).isEqualTo(false);
    assertThat(at(Rendering.of().container(), "lifecycle", "preStop", "sleep", "seconds"))
        .isEqualTo(5);
  }

  @Test
  void readinessIsAskedInAWayThatThePortSpeaks() {
    assertThat(at(Rendering.of().container(), "readinessProbe", "grpc", "port")).isEqualTo(9001);
    assertThat(
            at(
                Rendering.of("--set", "tls.mode=Generated").container(),
                "readinessProbe",
                "httpGet",
                "path"))
        .isEqualTo("/readyz");
    assertThat(at(Rendering.of().container(), "livenessProbe", "httpGet", "path"))
        .isEqualTo("/livez");
  }

  @Test
  void everyChangeOfTheConfigurationIsARollingUpdate() {
    assertThat(checksum("--set", "config.drain=4s"))
        .isEqualTo(checksum("--set", "config.drain=4s"))
        .isNotEqualTo(checksum());
    assertThat(checksum("--set", "policies.namespaces={a}")).isNotEqualTo(checksum());
  }

  private static Object checksum(String... options) {
    return at(
        Rendering.of(options).object("Deployment", ""),
        "spec",
        "template",
        "metadata",
        "annotations",
        "checksum/config");
  }

  @Test
  void whatIsNotAllowedIsNotAskedFor() {
    String configuration =
        (String)
            at(
                Rendering.of(
                        "--set", "policies.secrets=false", "--set", "policies.gatewayRoutes=false")
                    .object("ConfigMap", ""),
                "data",
                "sallyport.yaml");

    assertThat(at((Map<?, ?>) Rendering.documents(configuration).getFirst(), "policies"))
        .isEqualTo(
            Map.of(
                "kubernetes",
                Map.of(
                    "namespaces",
                    List.of(),
                    "skip",
                    List.of("secrets", "httproutes", "grpcroutes"),
                    "status",
                    "Write",
                    "leaseNamespace",
                    Rendering.NAMESPACE)));
  }

  @Test
  void networkPolicyLetsNobodyInWhoIsNotNamed() {
    Rendering closed = Rendering.of("--set", "networkPolicy.enabled=true");
    assertThat(at(closed.object("NetworkPolicy", ""), "spec", "ingress")).isEqualTo(List.of());

    Rendering open =
        Rendering.of(
            "--set", "networkPolicy.enabled=true",
            "--set", "networkPolicy.clients.namespaces={gateways}");
    assertThat(at(open.object("NetworkPolicy", ""), "spec", "ingress"))
        .isEqualTo(
            List.of(
                Map.of(
                    "ports",
                    List.of(Map.of("port", "grpc", "protocol", "TCP")),
                    "from",
                    List.of(
                        Map.of(
                            "namespaceSelector",
                            Map.of(
                                "matchLabels",
                                Map.of("kubernetes.io/metadata.name", "gateways")))))));
  }

  @Test
  void generatedCertificateOutlivesAnUpgrade() {
    Cluster cluster = Cluster.shared();
    try (Release release = Release.install(cluster, "--set", "tls.mode=Generated")) {
      String first = certificate(cluster, release);
      release.upgrade("--set", "tls.mode=Generated", "--set", "config.drain=3s").orThrow();

      assertThat(certificate(cluster, release)).isNotEmpty().isEqualTo(first);
      assertThat(release.configuration()).contains("drain: 3s", "certFile: /etc/sallyport/tls");
    }
  }

  private static String certificate(Cluster cluster, Release release) {
    return cluster
        .kubectl(
            "get",
            "secret",
            "sallyport-tls",
            "-n",
            release.namespace(),
            "-o",
            "jsonpath={.data.tls\\.crt}{.data.tls\\.key}")
        .orThrow();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          replicas=3                               | additional properties 'replicas' not allowed
          config.drian=5s                          | additional properties 'drian' not allowed
          config.policies.files=/tmp               | additional properties 'policies' not allowed
          config.drain=25s                         | terminationGracePeriodSeconds must be at least 40
          attach.envoyGateway.failOpen=true        | additional properties 'failOpen' not allowed
          attach.timeout=soon                      | does not match pattern
          tls.mode=Secret                          | tls.secretName is needed
          tls.mode=CertManager                     | tls.certManager.issuerRef.name is needed
          tls.clientCa.secretName=ca               | needs a tls.mode other than None
          serviceAccount.create=false              | serviceAccount.name is needed
          image.digest=latest                      | does not match pattern
          policies.namespaces={Payments}           | does not match pattern
          """)
  void valueThatCantBeMeantIsRefusedByName(String value, String message) {
    CommandRun run = Rendering.run("--set", value);

    assertThat(run.succeeded()).isFalse();
    assertThat(run.errors()).contains(message);
  }

  /** What the server reads and what the chart takes must not drift apart. */
  @Test
  void everyKeyOfTheConfigurationIsAValue() throws IOException {
    List<String> owned = List.of("admin.address", "grpc.address", "grpc.tls.", "policies.");
    Set<String> documented = new TreeSet<>(documentedKeys());
    documented.removeIf(key -> owned.stream().anyMatch(key::startsWith));

    Set<String> taken = new TreeSet<>();
    JsonNode schema =
        JsonMapper.shared()
            .readTree(Checkout.root().resolve("helm/sallyport/values.schema.json").toFile());
    collect("", schema.path("properties").path("config"), taken);

    assertThat(taken).isEqualTo(documented);
  }

  /** The first column of the table in docs/operate.md, where `.b` after `a.c` is `a.b`. */
  private static List<String> documentedKeys() throws IOException {
    List<String> keys = new ArrayList<>();
    String page = Files.readString(Path.of(Checkout.root() + "/docs/operate.md"));
    Matcher rows = Pattern.compile("(?m)^\\| ((?:`[a-zA-Z.]+` ?)+)\\|").matcher(page);
    while (rows.find()) {
      String last = "";
      for (String cell : rows.group(1).strip().split(" ", -1)) {
        String key = cell.replace("`", "");
        last = key.startsWith(".") ? last.substring(0, last.lastIndexOf('.')) + key : key;
        keys.add(last);
      }
    }
    return keys;
  }

  private static void collect(String prefix, JsonNode schema, Set<String> keys) {
    schema
        .path("properties")
        .propertyStream()
        .forEach(property -> {
          String key = prefix + property.getKey();
          if (property.getValue().path("properties").isMissingNode()) {
            keys.add(key);
          }
          collect(key + '.', property.getValue(), keys);
        });
  }
}
