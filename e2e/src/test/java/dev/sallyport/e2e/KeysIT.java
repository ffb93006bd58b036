package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code sallyport keys create --kubectl} prints, given to kubectl as it says. */
class KeysIT {
  private static final String OLD =
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

  private final Cluster cluster = Cluster.shared();
  private String namespace = "";

  @BeforeEach
  void applyIdentity() {
    cluster.installDefinitions();
    namespace = cluster.namespace("keys");
    cluster.apply(
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: acme, namespace: %s}
        spec:
          type: Partner
          owner: {team: integrations, contact: integrations@example.com}
          credentials: [{name: old, apiKey: {sha256: "%s"}}]
          constraints: {regions: [DE]}
        """
            .formatted(namespace, OLD));
  }

  private CommandRun create(String... options) {
    List<String> command = new ArrayList<>();
    command.add(Checkout.sallyport().toString());
    command.addAll(List.of("keys", "create", "--kubectl", "-n", namespace));
    command.addAll(List.of(options));
    return CommandRun.of(
        command, Map.of("SALLYPORT_JAVA", System.getProperty("java.home") + "/bin/java"), "");
  }

  private CommandRun patch(String patch) {
    return cluster.kubectlReading(
        patch,
        "patch",
        "nhi",
        "acme",
        "-n",
        namespace,
        "--type",
        "json",
        "--patch-file",
        "/dev/stdin");
  }

  private String identity(String path) {
    return cluster
        .kubectl("get", "nhi", "acme", "-n", namespace, "-o", "jsonpath=" + path)
        .orThrow();
  }

  @Test
  void patchAddsACredentialAndTakesNothingAway() {
    CommandRun created = create("--identity", "acme", "--name", "next");
    assertThat(created.orThrow())
        .startsWith(
            "# kubectl patch nhi acme -n " + namespace + " --type json --patch-file /dev/stdin\n");
    assertThat(created.errors()).contains("(shown once)");

    patch(created.output()).orThrow();

    assertThat(identity("{.spec.credentials[*].name}")).isEqualTo("old next");
    assertThat(identity("{.spec.constraints.regions[*]}")).isEqualTo("DE");
    assertThat(patch(created.output()).errors()).contains("Duplicate value");
  }

  @Test
  void secretIsOneThatIsWatched() {
    CommandRun created = create("--secret", "acme-key");

    cluster.apply(created.orThrow());

    assertThat(
            cluster
                .kubectl(
                    "get",
                    "secrets",
                    "-n",
                    namespace,
                    "-l",
                    "sallyport.dev/watch=true",
                    "-o",
                    "jsonpath={.items[*].data.api_key}")
                .orThrow())
        .isNotEmpty();
  }
}
