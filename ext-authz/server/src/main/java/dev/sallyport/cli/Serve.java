package dev.sallyport.cli;

import dev.sallyport.server.Serving;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.ConfigurationException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sallyport serve}: the server, until it is told to stop. */
@Command(
    name = "serve",
    description = "Answer Envoy's checks by the policies of a cluster or a folder, as they change.",
    footer = {
      "",
      "Examples:",
      "  sallyport serve --policies examples",
      "  sallyport serve --kubeconfig ~/.kube/config",
      "  sallyport serve --config /etc/sallyport/config.yaml",
      "  SALLYPORT_GRPC_ADDRESS=127.0.0.1:9001 sallyport serve --policies examples",
      "",
      "In a pod with a service account, and without any of these, it reads its own cluster.",
      "It listens on 9001 (gRPC) and 9090 (/livez, /readyz, /metrics) and drains on SIGTERM."
    })
final class Serve implements Callable<Integer> {
  @Option(names = "--policies", paramLabel = "DIR", description = "Folder with the policies.")
  private @Nullable Path policies;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "The cluster with the policies: its current context.")
  private @Nullable Path kubeconfig;

  @Mixin private Settings settings = new Settings();

  private final Surroundings around;

  Serve(Surroundings around) {
    this.around = around;
  }

  @Override
  public Integer call() throws Failure, ConfigurationException, InterruptedException {
    if (policies != null && kubeconfig != null) {
      throw new Failure("--policies and --kubeconfig exclude each other; name one");
    }
    Serving.untilStopped(configuration(settings.read(around)), around.environment());
    return 0;
  }

  private Configuration configuration(Configuration read) {
    if (policies != null) {
      return read.withPolicies(policies);
    }
    return kubeconfig == null ? read : read.withKubeconfig(kubeconfig);
  }
}
