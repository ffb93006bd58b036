package dev.sallyport.e2e;

import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real Kubernetes API server that this JVM started, and how tests talk to it: as its
 * administrator, by kubectl, Helm and a client.
 *
 * <p>Nothing but the API server can be relied on. A {@link LocalCluster} runs no controller and no
 * node: no pod starts, and a deleted namespace stays and ends. So each test takes a {@link
 * #namespace} of its own, and leaves it as it is.
 */
public sealed interface Cluster extends AutoCloseable permits K3sCluster, LocalCluster {
  /** Numbers what has to have a name that no other test of this JVM gives. */
  AtomicInteger COUNTER = new AtomicInteger();

  /** The one that all tests of this JVM share, started for the first of them. */
  static Cluster shared() {
    return SharedCluster.cluster();
  }

  /** What it is, in words: its provider and why it was chosen. */
  String description();

  /** A folder for what belongs to it. */
  Path work();

  /** The administrator's. */
  Path kubeconfig();

  /** As its administrator; ends with the cluster. */
  KubernetesClient client();

  @Override
  void close();

  /** Runs kubectl as the administrator, whether it succeeds or not. */
  default CommandRun kubectl(String... arguments) {
    return kubectlReading("", arguments);
  }

  /** Runs kubectl as the administrator with something on its standard input. */
  default CommandRun kubectlReading(String input, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Checkout.kubectl().toString());
    command.addAll(List.of(arguments));
    return CommandRun.of(command, environment(), input);
  }

  /**
   * Applies objects in YAML by kubectl, and gives what it says.
   *
   * @throws AssertionError if one is refused
   */
  default String apply(String yaml) {
    return kubectlReading(yaml, "apply", "-f", "-").orThrow();
  }

  /**
   * Applies a file of objects, or all files of a folder and of the folders in it.
   *
   * @throws AssertionError if one is refused
   */
  default String apply(Path files) {
    return kubectl("apply", "--recursive", "-f", files.toString()).orThrow();
  }

  /** Runs Helm as the administrator, whether it succeeds or not. */
  default CommandRun helm(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Checkout.helm().toString());
    command.addAll(List.of(arguments));
    return CommandRun.of(command, environment(), "");
  }

  /** With which kubectl and Helm are run: what they keep stays in the cluster's own folder. */
  private Map<String, String> environment() {
    return Map.of("KUBECONFIG", kubeconfig().toString(), "HOME", work().toString());
  }

  /** Makes a namespace with a name that begins as given and that no other test has. */
  default String namespace(String prefix) {
    String name = prefix + "-" + COUNTER.incrementAndGet();
    kubectl("create", "namespace", name).orThrow();
    return name;
  }

  /**
   * Applies the definitions of Sallyport's kinds as the chart holds them; harmless when repeated.
   */
  default void installDefinitions() {
    kubectl(
            "apply",
            "--server-side",
            "--force-conflicts",
            "-f",
            Checkout.root().resolve("helm/sallyport/crds").toString())
        .orThrow();
    kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s").orThrow();
  }

  /**
   * A fresh token of a ServiceAccount.
   *
   * @param audiences none for the API server's own
   * @param life at least ten minutes, or the API server refuses
   */
  default String token(
      String namespace, String serviceAccount, List<String> audiences, Duration life) {
    return client()
        .serviceAccounts()
        .inNamespace(namespace)
        .withName(serviceAccount)
        .tokenRequest(
            new TokenRequestBuilder()
                .withNewSpec()
                .withAudiences(audiences)
                .withExpirationSeconds(life.toSeconds())
                .endSpec()
                .build())
        .getStatus()
        .getToken();
  }

  /** A kubeconfig with a fresh token of a ServiceAccount, good for an hour. */
  default Path kubeconfigFor(String namespace, String serviceAccount) {
    Path file = work().resolve("kubeconfig-" + COUNTER.incrementAndGet());
    String token = token(namespace, serviceAccount, List.of(), Duration.ofHours(1));
    Config own = client().getConfiguration();
    Kubeconfig.of(own.getMasterUrl(), own).withToken(token).in(namespace).write(file);
    return file;
  }

  /** Makes a folder for a cluster that removes it when it closes. */
  static Path newWork() {
    try {
      return Files.createTempDirectory("sallyport-cluster");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
