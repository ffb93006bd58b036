package dev.sallyport.server.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which API server is asked, and as whom: makes the clients. Nothing is sent before one is used.
 */
public final class Cluster {
  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  private final @Nullable Path kubeconfig;
  private final String namespace;

  private Cluster(@Nullable Path kubeconfig, String namespace) {
    this.kubeconfig = kubeconfig;
    this.namespace = namespace;
  }

  /**
   * The API server of a kubeconfig, or the one of the pod that this process runs in.
   *
   * @param file null in a pod
   * @throws IOException with a message for people when there is neither
   */
  public static Cluster of(@Nullable Path file) throws IOException {
    if (file == null) {
      if (!isInPod()) {
        throw new IOException(
            "this is no pod with a service-account token; name a file with `--kubeconfig`");
      }
      return new Cluster(null, Files.readString(SERVICE_ACCOUNT.resolve("namespace")).strip());
    }
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new IOException("`" + file + "` can't be read");
    }
    try {
      // From the file itself, as the files that it names lie beside it.
      Config config = Config.fromKubeconfig(file.toFile());
      if (config.getCurrentContext() == null) {
        throw new IOException("`" + file + "` has no current context");
      }
      String named = config.getNamespace();
      return new Cluster(file, named == null || named.isEmpty() ? "default" : named);
    } catch (RuntimeException e) {
      throw new IOException("`" + file + "` is no kubeconfig", e);
    }
  }

  /** Whether this process has the token of a service account, as in a pod. */
  public static boolean isInPod() {
    return Files.isReadable(SERVICE_ACCOUNT.resolve("token"));
  }

  /** The namespace of this process: its pod's, or that of the kubeconfig's context. */
  public String namespace() {
    return namespace;
  }

  /** A client whose requests are tried again when they fail; the caller closes it. */
  KubernetesClient client() {
    return open(configuration());
  }

  /**
   * A client that gives up at once, for those who would rather know; the caller closes it.
   *
   * @param timeout of one request
   */
  KubernetesClient impatientClient(Duration timeout) {
    Config config = configuration();
    config.setRequestRetryBackoffLimit(0);
    config.setRequestTimeout((int) timeout.toMillis());
    return open(config);
  }

  private Config configuration() {
    Config config =
        kubeconfig == null
            ? new ConfigBuilder().build()
            : new ConfigBuilder(Config.fromKubeconfig(kubeconfig.toFile())).build();
    config.setUserAgent("sallyport");
    // A connection that carries many requests would, once dead, let all of them time out.
    config.setHttp2Disable(true);
    return config;
  }

  private static KubernetesClient open(Config config) {
    try {
      return new KubernetesClientBuilder().withConfig(config).build();
    } catch (KubernetesClientException e) {
      throw new IllegalStateException("no client can be made", e);
    }
  }
}
