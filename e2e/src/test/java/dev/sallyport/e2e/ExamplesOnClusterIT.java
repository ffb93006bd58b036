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
    try (ExampleIssuers issuers = ExampleIssuers.start(work)) {
      answersAsItsRequestsSay(work, issuers);
    }
  }

  private void answersAsItsRequestsSay(Path work, ExampleIssuers issuers) throws IOException {
    List<Path> folders = folders(issuers.examples());
    Set<String> namespaces = namespaces(folders);
    namespaces.forEach(this::createNamespace);
    folders.forEach(cluster::apply);

    try (Boundary boundary =
        Boundary.start(
            work,
            new SallyportProcess.Source.ApiServer(cluster.kubeconfig()),
            ExampleIssuers::of,
            issuers::of)) {
      assertAll(ExamplesIT.checks(boundary, issuers));
      for (String namespace : namespaces) {
        cluster
            .kubectl(
                "wait",
                "--for=condition=Ready",
                "--all",
                "apipol,nhi,issuer",
                "--namespace=" + namespace,
                "--timeout=60s")
            .orThrow();
      }
    }
  }

  private static List<Path> folders(Path root) throws IOException {
    try (Stream<Path> examples = Files.list(root)) {
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
