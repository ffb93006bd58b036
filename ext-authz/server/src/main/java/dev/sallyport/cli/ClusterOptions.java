package dev.sallyport.cli;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.server.kubernetes.Cluster;
import dev.sallyport.server.kubernetes.ClusterListing;
import dev.sallyport.server.kubernetes.DirectReviewer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --kubeconfig} and {@code --namespace}, for commands that read a cluster once. */
final class ClusterOptions {
  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "A cluster in place of folders: the kubeconfig's current context.")
  private @Nullable Path kubeconfig;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      split = ",",
      description = "A namespace of the cluster; may be given several times. All without it.")
  private List<String> namespaces = List.of();

  /** The file that is named; null where a folder is asked for. */
  @Nullable Path kubeconfig() {
    return kubeconfig;
  }

  /**
   * Checks that either a cluster or folders are named.
   *
   * @param command whose help tells more
   */
  void requireOneOf(boolean folders, String folderOption, String command) throws Failure {
    if (folders == (kubeconfig != null)) {
      throw new Failure(
          folders
              ? folderOption + " and --kubeconfig exclude each other; name one"
              : "name "
                  + folderOption
                  + ", or a cluster with --kubeconfig; `sallyport "
                  + command
                  + " --help` shows what it takes");
    }
    if (folders && !namespaces.isEmpty()) {
      throw new Failure("--namespace goes with --kubeconfig");
    }
  }

  /**
   * Who reviews service-account tokens; null where a folder is asked for.
   *
   * @param trouble hears why the API server could not be asked
   */
  @Nullable DirectReviewer reviewer(Consumer<String> trouble) throws Failure {
    if (kubeconfig == null) {
      return null;
    }
    try {
      return DirectReviewer.of(Cluster.of(kubeconfig), trouble);
    } catch (IOException e) {
      throw new Failure(String.valueOf(e.getMessage()));
    }
  }

  /** All objects of the cluster. */
  Changes read() throws Failure, InterruptedException {
    try {
      return ClusterListing.read(Cluster.of(kubeconfig), namespaces);
    } catch (IOException e) {
      throw new Failure(String.valueOf(e.getMessage()));
    }
  }
}
