package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertAll;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example, applied by kubectl, answers as it does from files. */
class ExamplesOnClusterIT {
  private static final Pattern NAMESPACE = Pattern.compile("namespace: ([a-z0-9-]+)");

  private final Cluster cluster = Cluster.shared();

  @Test
  void everyExampleAnswersAsItsRequestsSay(@TempDir Path work) throws IOException {
    cluster.installDefinitions();
    List<Path> folders = folders();
    Set<String> namespaces = namespaces(folders);
    namespaces.forEach(this::createNamespace);
    folders.forEach(cluster::apply);

    try (Boundary boundary =
        Boundary.start(work, new SallyportProcess.Source.ApiServer(cluster.kubeconfig()))) {
      assertAll(ExamplesIT.checks(boundary));
      for (String namespace : namespaces) {
        cluster
            .kubectl(
                "wait",
                "--for=condition=Ready",
                "--all",
                "apipol,nhi",
                "--namespace=" + namespace,
                "--timeout=60s")
            .orThrow();
      }
    }
  }

  private static List<Path> folders() throws IOException {
    try (Stream<Path> examples = Files.list(Checkout.examples())) {
      List<Path> folders =
          examples.map(example -> example.resolve("policies")).filter(Files::exists).toList();
      assertThat(folders).isNotEmpty();
      return folders;
    }
  }

  private static Set<String> namespaces(List<Path> folders) throws IOException {
    Set<String> namespaces = new TreeSet<>();
    for (Path folder : folders) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          NAMESPACE
              .matcher(Files.readString(file))
              .results()
              .forEach(found -> namespaces.add(found.group(1)));
        }
      }
    }
    return namespaces;
  }

  private void createNamespace(String name) {
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(name));
  }
}
