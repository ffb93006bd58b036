package dev.sallyport.e2e;

import static dev.sallyport.e2e.Rendering.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the chart renders for meshes and gateways, shown to an API server that has their CRDs, and
 * for plain Envoy, shown to Envoy. Nothing of it may let a request through when Sallyport does not
 * answer.
 */
class AttachIT {
  private static final String ROUTE =
      """
          policies:
          - name: payments
            namespace: payments
            policy: payments/payments
            targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: payments}]
      """;

  /** The sets that the API server has. */
  private static final Set<String> APPLIED = new HashSet<>();

  @TempDir private static Path work;
  private static LocalCluster cluster;

  @BeforeAll
  static void start() {
    cluster = LocalCluster.start(work.resolve("cluster"));
    for (String namespace : List.of(Rendering.NAMESPACE, "payments", "gateways")) {
      cluster.kubectl("create", "namespace", namespace).orThrow();
    }
    cluster
        .kubectl(
            "label",
            "namespace",
            Rendering.NAMESPACE,
            "pod-security.kubernetes.io/warn=restricted",
            "pod-security.kubernetes.io/enforce=restricted")
        .orThrow();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /**
   * One mesh, gateway or operator.
   *
   * @param sets whose CRDs are needed: names under {@code .tools/crds}, without the version
   * @param expected what is rendered for it, as {@code Kind name}
   */
  record Target(String name, List<String> sets, String values, List<String> expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Target> targets() {
    return Stream.of(
        new Target(
            "Istio",
            List.of("istio"),
            """
            attach:
              istio:
                enabled: true
                workloads:
                - {name: payments, namespace: payments, selector: {app: payments}}
                - name: ingress
                  namespace: gateways
                  context: GATEWAY
                  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ingress}]
                  rules: [{to: [{operation: {hosts: [payments.example.com]}}]}]
            """,
            List.of(
                "AuthorizationPolicy sallyport-payments",
                "AuthorizationPolicy sallyport-ingress",
                "EnvoyFilter sallyport-payments",
                "EnvoyFilter sallyport-ingress",
                "ConfigMap sallyport-istio")),
        new Target(
            "Envoy Gateway",
            List.of("gateway-api", "envoy-gateway"),
            "attach:\n  envoyGateway:\n    enabled: true\n"
                + "    accessLog: {enabled: true, namespace: gateways}\n"
                + ROUTE,
            List.of(
                "SecurityPolicy sallyport-payments",
                "ReferenceGrant sallyport-envoy-gateway",
                "EnvoyProxy sallyport-access-log")),
        new Target(
            "Envoy Gateway with TLS",
            List.of("gateway-api", "envoy-gateway"),
            "tls: {mode: Generated}\nattach:\n  envoyGateway:\n    enabled: true\n" + ROUTE,
            List.of("BackendTLSPolicy sallyport", "ConfigMap sallyport-ca")),
        new Target(
            "kgateway",
            List.of("kgateway"),
            "attach:\n  kgateway:\n    enabled: true\n" + ROUTE,
            List.of("GatewayExtension sallyport", "TrafficPolicy sallyport-payments")),
        new Target(
            "Contour",
            List.of("contour"),
            "attach: {contour: {enabled: true}}\n",
            List.of("ExtensionService sallyport")),
        new Target(
            "Contour with TLS",
            List.of("contour"),
            "tls: {mode: Generated}\nattach: {contour: {enabled: true}}\n",
            List.of("ExtensionService sallyport", "Secret sallyport-tls")),
        new Target(
            "cert-manager",
            List.of("cert-manager"),
            "tls: {mode: CertManager, certManager: {issuerRef: {name: internal}}}\n",
            List.of("Certificate sallyport-tls")),
        new Target(
            "the Prometheus operator",
            List.of("prometheus-operator"),
            "serviceMonitor: {enabled: true, labels: {release: prometheus}}\n",
            List.of("ServiceMonitor sallyport")),
        new Target(
            "Kubernetes alone",
            List.of(),
            """
            autoscaling: {enabled: true}
            networkPolicy:
              enabled: true
              clients: {namespaces: [gateways], peers: [{podSelector: {matchLabels: {app: envoy}}}]}
              metrics: {namespaces: [monitoring]}
            attach: {envoy: {enabled: true}}
            tls: {mode: Secret, secretName: own, clientCa: {configMapName: mesh-ca}}
            """,
            List.of(
                "HorizontalPodAutoscaler sallyport",
                "NetworkPolicy sallyport",
                "PodDisruptionBudget sallyport",
                "ConfigMap sallyport-envoy")));
  }

  @ParameterizedTest
  @MethodSource("targets")
  void everyFieldIsOneThatTheTargetKnows(Target target) throws IOException {
    Rendering rendering = Rendering.ofValues(target.values());
    assertThat(rendering.names()).containsAll(target.expected());
    for (String set : target.sets()) {
      applyDefinitions(set);
    }

    CommandRun run = dryRun(rendering.yaml());

    assertThat(run.orThrow().lines())
        .hasSize(rendering.names().size())
        .allMatch(line -> line.endsWith("created (server dry run)"));
    assertThat(run.errors()).as("warnings, of Pod Security for one").isEmpty();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void nothingPassesWhereNobodyAnswers(Target target) {
    String yaml = Rendering.ofValues(target.values()).yaml();

    assertThat(yaml)
        .doesNotContainPattern("(?i)fail_?open: true|failure_mode_allow: true")
        .doesNotContainPattern("(?i)allow_?partial_?message: true")
        .doesNotContainPattern("(?i)clear_?route_?cache: true")
        .doesNotContain("percentageEnabled");
  }

  @Test
  void fieldThatTheTargetDoesNotKnowWouldBeFound() throws IOException {
    applyDefinitions("envoy-gateway");
    String policy =
        Rendering.ofValues(targets().toList().get(1).values())
            .yaml()
            .replace("failOpen: false", "failsOpen: false");

    assertThat(dryRun(policy).errors()).contains("unknown field \"spec.extAuth.failsOpen\"");
  }

  private static CommandRun dryRun(String yaml) {
    return cluster.kubectlReading(
        yaml, "apply", "--dry-run=server", "--validate=strict", "-f", "-");
  }

  /** Applies those that {@code make tools} fetched; without them there is nothing to show. */
  private static void applyDefinitions(String set) throws IOException {
    Path folder = Checkout.root().resolve(".tools/crds");
    List<Path> found = matching(folder, set + "-v");
    if (found.isEmpty()) {
      String missing = "SKIPPED: no CRDs of " + set + " in .tools/crds: run `make tools`";
      System.out.println(missing);
      abort(missing);
    }
    if (!APPLIED.add(set)) {
      return;
    }
    CommandRun all =
        cluster.kubectl(
            "apply", "--server-side", "--force-conflicts", "-f", found.getFirst().toString());
    if (!all.succeeded()) {
      assertThat(all.errors()).contains("estimated rule cost");
      for (Path file : matching(found.getFirst(), "")) {
        applyWithoutDearRules(file);
      }
    }
    cluster
        .kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
        .orThrow();
  }

  /** An API server refuses rules that it thinks too dear; the fields are what counts here. */
  private static void applyWithoutDearRules(Path file) throws IOException {
    String yaml = Files.readString(file);
    CommandRun run = applyOnServer(yaml);
    if (!run.succeeded() && run.errors().contains("estimated rule cost")) {
      System.out.println("without its rules, which the API server refuses: " + file);
      run = applyOnServer(withoutRules(yaml));
    }
    run.orThrow();
  }

  private static List<Path> matching(Path folder, String prefix) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).startsWith(prefix))
          .sorted()
          .toList();
    }
  }

  private static CommandRun applyOnServer(String yaml) {
    return cluster.kubectlReading(yaml, "apply", "--server-side", "--force-conflicts", "-f", "-");
  }

  private static String withoutRules(String yaml) {
    StringBuilder json = new StringBuilder();
    for (Object document : Rendering.documents(yaml)) {
      removeRules(document);
      json.append("---\n").append(JsonMapper.shared().writeValueAsString(document)).append('\n');
    }
    return json.toString();
  }

  private static void removeRules(Object node) {
    if (node instanceof Map<?, ?> map) {
      map.remove("x-kubernetes-validations");
      map.values().forEach(AttachIT::removeRules);
    }
    if (node instanceof List<?> list) {
      list.forEach(AttachIT::removeRules);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tls: {mode: None}",
        "tls: {mode: None}\nconfig: {drain: 1s}",
        "tls: {mode: Generated}",
        "tls: {mode: Generated, clientCa: {secretName: mesh-ca}}"
      })
  void envoyTakesWhatIsRenderedForIt(String values, @TempDir Path folder) throws IOException {
    Map<?, ?> data =
        (Map<?, ?>)
            at(
                Rendering.ofValues(values + "\nattach: {envoy: {enabled: true}}\n")
                    .object("ConfigMap", "-envoy"),
                "data");
    Certificates certificates = Certificates.selfSigned(folder, "envoy");
    String configuration =
        """
        static_resources:
          listeners:
          - name: front
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: front
        %s
                  http_filters:
        %s
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
                  route_config:
                    virtual_hosts:
                    - name: every-host
                      domains: ["*"]
                      routes: [{match: {prefix: "/"}, direct_response: {status: 200}}]
          clusters:
        %s
        """
            .formatted(
                text(data, "connection_manager.yaml").indent(10),
                text(data, "http_filter.yaml").indent(10),
                text(data, "cluster.yaml").indent(2))
            .replace("/etc/envoy/sallyport-ca.crt", certificates.certFile().toString())
            .replace("/etc/envoy/client.crt", certificates.certFile().toString())
            .replace("/etc/envoy/client.key", certificates.keyFile().toString());
    Path file = Files.writeString(folder.resolve("envoy.yaml"), configuration);

    CommandRun run =
        CommandRun.of(
            List.of(Checkout.envoy().toString(), "--mode", "validate", "-c", file.toString()),
            Map.of(),
            "");

    assertThat(run.orThrow()).contains("OK");
  }

  private static String text(Map<?, ?> data, String key) {
    return (String) at(data, key);
  }

  @Test
  void allWaysAreToldTheSame() {
    Rendering rendering =
        Rendering.ofValues(
            """
            attach:
              timeout: 150ms
              maxRequestBytes: 1000
              envoy: {enabled: true}
              istio: {enabled: true}
              kgateway: {enabled: true}
              contour: {enabled: true}
              envoyGateway:
                enabled: true
            """
                + ROUTE);

    Map<?, ?> filter =
        (Map<?, ?>)
            at(
                (Map<?, ?>)
                    ((List<?>)
                            Rendering.documents(
                                    text(
                                        (Map<?, ?>)
                                            at(rendering.object("ConfigMap", "-envoy"), "data"),
                                        "http_filter.yaml"))
                                .getFirst())
                        .getFirst(),
                "typed_config");
    assertThat(at(filter, "grpc_service", "timeout")).isEqualTo("0.150s");
    assertThat(at(filter, "status_on_error", "code")).isEqualTo("ServiceUnavailable");
    assertThat(at(filter, "with_request_body"))
        .isEqualTo(
            Map.of(
                "max_request_bytes", 1000, "allow_partial_message", false, "pack_as_bytes", true));
    assertThat(filter.get("encode_raw_headers")).isEqualTo(true);
    assertThat(filter.get("validate_mutations")).isEqualTo(true);
    assertThat(filter.get("failure_mode_allow")).isEqualTo(false);

    assertThat(text((Map<?, ?>) at(rendering.object("ConfigMap", "-istio"), "data"), "mesh.yaml"))
        .contains(
            "timeout: 150ms",
            "failOpen: false",
            "statusOnError: \"503\"",
            "{maxRequestBytes: 1000, allowPartialMessage: false, packAsBytes: true}");

    Map<?, ?> envoyGateway =
        (Map<?, ?>) at(rendering.object("SecurityPolicy", ""), "spec", "extAuth");
    assertThat(envoyGateway.get("timeout")).isEqualTo("150ms");
    assertThat(envoyGateway.get("failOpen")).isEqualTo(false);
    assertThat(envoyGateway.get("statusOnError")).isEqualTo(503);
    assertThat(envoyGateway.get("includeRouteMetadata")).isEqualTo(true);
    assertThat(envoyGateway.get("bodyToExtAuth")).isEqualTo(Map.of("maxRequestBytes", 1000));

    Map<?, ?> kgateway =
        (Map<?, ?>) at(rendering.object("GatewayExtension", ""), "spec", "extAuth");
    assertThat(at(kgateway, "grpcService", "requestTimeout")).isEqualTo("150ms");
    assertThat(kgateway.get("failOpen")).isEqualTo(false);
    assertThat(kgateway.get("statusOnError")).isEqualTo(503);
    assertThat(at(kgateway, "withRequestBody", "packAsBytes")).isEqualTo(true);

    assertThat(at(rendering.object("ExtensionService", ""), "spec", "timeoutPolicy"))
        .isEqualTo(Map.of("response", "150ms"));
  }

  @Test
  void nothingIsAttachedUnlessAsked() {
    assertThat(new TreeSet<>(Rendering.of().names()))
        .containsExactlyInAnyOrder(
            "ClusterRole edge:sallyport",
            "ClusterRoleBinding edge:sallyport",
            "ConfigMap sallyport",
            "Deployment sallyport",
            "PodDisruptionBudget sallyport",
            "Role sallyport-leader",
            "RoleBinding sallyport-leader",
            "Service sallyport",
            "Service sallyport-headless",
            "ServiceAccount sallyport");
  }
}
