package dev.sallyport.e2e;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;

/** K3s in a container: an API server with its controllers and one node. */
final class K3sCluster implements Cluster {
  private static final String IMAGE = "rancher/k3s:v1.36.2-k3s1";

  private final K3sContainer container;
  private final Path work;
  private final Path kubeconfig;
  private final KubernetesClient client;
  private final String why;

  private K3sCluster(K3sContainer container, Path work, String why) throws IOException {
    this.container = container;
    this.work = work;
    this.why = why;
    String admin = container.getKubeConfigYaml();
    this.kubeconfig = Files.writeString(work.resolve("kubeconfig"), admin);
    this.client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(admin)).build();
  }

  /** Starts one and waits until its API server is ready. */
  static K3sCluster start(Path work, String why) {
    K3sContainer container = new K3sContainer(DockerImageName.parse(IMAGE));
    try {
      container.start();
      return new K3sCluster(container, work, why);
    } catch (IOException e) {
      container.stop();
      throw new UncheckedIOException(e);
    } catch (RuntimeException | Error e) {
      container.stop();
      throw e;
    }
  }

  @Override
  public String description() {
    return "K3s, " + IMAGE + ", " + why;
  }

  @Override
  public Path work() {
    return work;
  }

  @Override
  public Path kubeconfig() {
    return kubeconfig;
  }

  @Override
  public KubernetesClient client() {
    return client;
  }

  @Override
  public void close() {
    client.close();
    container.stop();
    Folder.remove(work);
  }
}
