package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The chart, installed into a namespace as a release of the name {@code sallyport}. */
record Release(Cluster cluster, String namespace) implements AutoCloseable {
  static final String CHART = Checkout.root().resolve("helm/sallyport").toString();

  /** In a namespace of its own. */
  static Release install(Cluster cluster, String... options) {
    Release release = new Release(cluster, cluster.namespace("release"));
    // Another test may have applied the definitions by kubectl, which Helm would not overrule.
    release.helm(List.of("install", "sallyport", CHART, "--force-conflicts"), options).orThrow();
    return release;
  }

  private CommandRun helm(List<String> command, String... options) {
    List<String> all = new ArrayList<>(command);
    all.add("--namespace=" + namespace);
    all.addAll(List.of(options));
    return cluster.helm(all.toArray(String[]::new));
  }

  /** Installs another version over it, or other values. */
  CommandRun upgrade(String... options) {
    return helm(List.of("upgrade", "sallyport", CHART), options);
  }

  CommandRun uninstall() {
    return helm(List.of("uninstall", "sallyport", "--ignore-not-found"));
  }

  /** What Helm tells whoever has installed it. */
  String notes() {
    return helm(List.of("get", "notes", "sallyport")).orThrow();
  }

  /** A part of the Deployment, by its JSONPath. */
  String deployment(String path) {
    return cluster
        .kubectl("get", "deployment", "sallyport", "-n", namespace, "-o", "jsonpath=" + path)
        .orThrow();
  }

  /** What the chart renders for the server to read. */
  String configuration() {
    return cluster
        .kubectl(
            "get",
            "configmap",
            "sallyport",
            "-n",
            namespace,
            "-o",
            "jsonpath={.data.sallyport\\.yaml}")
        .orThrow();
  }

  /**
   * What the chart's ServiceAccount may do in a namespace beyond what everybody may: resource,
   * names, verbs.
   */
  Set<String> permissions(String where) {
    Set<String> own = permissions(where, "sallyport");
    own.removeAll(permissions(where, "nobody"));
    return own;
  }

  private Set<String> permissions(String where, String serviceAccount) {
    List<String> table =
        cluster
            .kubectl(
                "auth",
                "can-i",
                "--list",
                "-n",
                where,
                "--as=system:serviceaccount:" + namespace + ":" + serviceAccount)
            .orThrow()
            .lines()
            .toList();
    String header = table.getFirst();
    int urls = header.indexOf("Non-Resource URLs");
    int names = header.indexOf("Resource Names");
    int verbs = header.indexOf("Verbs");
    assertThat(urls).isPositive();
    return table.stream()
        .skip(1)
        .map(row ->
            row.substring(0, urls).strip()
                + row.substring(urls, names).strip().replace("[]", "")
                + " "
                + row.substring(names, verbs).strip()
                + " "
                + row.substring(verbs).strip())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Override
  public void close() {
    uninstall().orThrow();
  }
}
