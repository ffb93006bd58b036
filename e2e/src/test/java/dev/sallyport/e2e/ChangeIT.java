package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Policies change while requests come: each change is enforced without a restart. */
class ChangeIT {
  private static Path policies;
  private static Boundary boundary;

  @BeforeAll
  static void start(@TempDir Path work) throws IOException {
    policies = Files.createDirectories(work.resolve("policies"));
    TestPolicies.copy(
        Checkout.examples().resolve("leaked-key/policies"), policies.resolve("leaked-key"));
    boundary = Boundary.start(work, policies);
  }

  @AfterAll
  static void end() {
    if (boundary != null) {
      boundary.close();
    }
  }

  @Test
  void anEditIsEnforcedABrokenFileKeepsTheLastGoodOneAndADeletedOneIsGone() throws IOException {
    String host = "edited.example.com";
    String key = "e2e-key-edited";
    RawRequest request = request(host, key);
    Path file = policies.resolve("edited.yaml");
    write(policies.resolve("edited-identity.yaml"), identity("edited", key));

    write(file, policy("edited", host, "items:read"));
    await(request, 200, "");

    write(file, policy("edited", host, "items:write"));
    await(request, 403, "scope_insufficient");

    String broken = policy("edited", host, "items:read").replace("operations:", "operatoins:");
    write(file, broken);
    String problem = boundary.sallyport().awaitLine("operatoins");
    assertThat(problem).contains("edited.yaml:7:");
    assertThat(boundary.send(request).reason()).isEqualTo("scope_insufficient");

    write(file, "spec: [this is\n  no: {yaml\n");
    assertThat(boundary.sallyport().awaitLine("edited.yaml:2:")).isNotEmpty();
    assertThat(boundary.send(request).reason()).isEqualTo("scope_insufficient");

    write(file, policy("edited", host, "items:read"));
    await(request, 200, "");

    Files.delete(file);
    await(request, 403, "policy_missing");
  }

  @Test
  void aRevokedKeyIsDeniedOnTheNextRequest() throws IOException {
    RawRequest request =
        RawRequest.get("releases.example.com", "/v1/releases")
            .with("X-API-Key", "example-key-release-pipeline")
            .with("X-Client-Region", "DE");
    assertThat(boundary.send(request).status()).isEqualTo(200);

    Path file = policies.resolve("leaked-key/release-pipeline.yaml");
    String active = Files.readString(file);
    String revoked = active.replace("- name: current\n", "- name: current\n    state: Revoked\n");
    assertThat(revoked).isNotEqualTo(active);
    write(file, revoked);

    await(request, 403, "credential_revoked");
  }

  @Test
  void aSuspendedIdentityIsDeniedAndLetInAgain() throws IOException {
    String host = "suspended.example.com";
    String key = "e2e-key-suspended";
    Path file = policies.resolve("suspended-identity.yaml");
    write(policies.resolve("suspended.yaml"), policy("suspended", host, "items:read"));
    write(file, identity("suspended", key));
    RawRequest request = request(host, key);
    await(request, 200, "");

    write(file, identity("suspended", key).replace("spec:\n", "spec:\n  state: Suspended\n"));
    await(request, 403, "identity_suspended");

    write(file, identity("suspended", key));
    await(request, 200, "");
  }

  @Test
  void aMountedConfigMapIsSwappedAsAWhole() throws IOException {
    String host = "mounted.example.com";
    String key = "e2e-key-mounted";
    Path mount = Files.createDirectories(policies.resolve("mount"));
    Path first = Files.createDirectories(mount.resolve("..2026_11_25_1"));
    Files.writeString(first.resolve("policy.yaml"), policy("mounted", host, "items:read"));
    Files.writeString(first.resolve("identity.yaml"), identity("mounted", key));
    Files.createSymbolicLink(mount.resolve("..data"), Path.of("..2026_11_25_1"));
    Files.createSymbolicLink(mount.resolve("policy.yaml"), Path.of("..data/policy.yaml"));
    Files.createSymbolicLink(mount.resolve("identity.yaml"), Path.of("..data/identity.yaml"));
    RawRequest request = request(host, key);
    await(request, 200, "");

    Path second = Files.createDirectories(mount.resolve("..2026_11_25_2"));
    Files.writeString(second.resolve("policy.yaml"), policy("mounted", host, "items:write"));
    Files.writeString(second.resolve("identity.yaml"), identity("mounted", key));
    Path next = Files.createSymbolicLink(mount.resolve("..data_tmp"), Path.of("..2026_11_25_2"));
    Files.move(next, mount.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    Files.delete(first.resolve("policy.yaml"));
    Files.delete(first.resolve("identity.yaml"));
    Files.delete(first);

    await(request, 403, "scope_insufficient");
  }

  @Test
  void theOlderOfTwoPoliciesKeepsAHostThatBothClaim() throws IOException {
    String host = "claimed.example.com";
    write(policies.resolve("claimed-identity.yaml"), identity("claimed", "e2e-key-claimed"));
    RawRequest request = request(host, "e2e-key-claimed");
    write(
        policies.resolve("claimed-b.yaml"),
        created(policy("claimed-b", host, "items:read"), "2026-01-01T00:00:00Z"));
    await(request, 200, "");

    write(
        policies.resolve("claimed-a.yaml"),
        created(policy("claimed-a", host, "items:write"), "2026-02-01T00:00:00Z"));
    boundary.sallyport().awaitLine("claimed-a");

    Reply reply = boundary.send(request);
    assertThat(reply.status()).isEqualTo(200);
    assertThat(boundary.sallyport().decisions().await(reply.decisionId()).getPolicy())
        .isEqualTo("changes/claimed-b");
  }

  @Test
  void oneBadObjectHarmsNoOther() throws IOException {
    String host = "beside.example.com";
    String key = "e2e-key-beside";
    write(
        policies.resolve("beside.yaml"),
        policy("bad", "bad.example.com", "items:read").replace("GET", "G E T")
            + "---\n"
            + policy("beside", host, "items:read")
            + "---\n"
            + identity("beside", key));
    RawRequest request = request(host, key);

    await(request, 200, "");
    assertThat(boundary.send(request("bad.example.com", key)).reason())
        .isIn("policy_not_ready", "policy_missing");
  }

  /** Waits until a request gets a status and a reason; 200 has none. */
  private static void await(RawRequest request, int status, String reason) {
    AtomicReference<String> last = new AtomicReference<>("");
    Await.until(
        request.fields().getFirst().value() + " answers " + status + " " + reason,
        Await.PATIENT,
        () -> {
          Reply reply = boundary.send(request);
          last.set(reply.toString());
          boolean fits = reply.status() == status && reply.reason().equals(reason);
          return fits ? Optional.of(true) : Optional.empty();
        },
        () -> "\nthe last: " + last + "\n" + boundary.sallyport().process().output());
  }

  private static RawRequest request(String host, String key) {
    return RawRequest.get(host, "/v1/items/1").with("X-API-Key", key);
  }

  /** As editors do: a new file takes the old one's place. */
  private static void write(Path file, String text) throws IOException {
    Path fresh = Files.createTempFile(policies.getParent(), "edit", null);
    Files.writeString(fresh, text);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String policy(String name, String host, String scope) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: %s, namespace: changes}
    spec:
      hosts: [%s]
      authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
      operations:
      - {name: item, match: [{methods: [GET], path: "/v1/items/{item}"}], scopes: [%s]}
    """
        .formatted(name, host, scope);
  }

  private static String created(String policy, String at) {
    return policy.replace(
        "namespace: changes}", "namespace: changes, creationTimestamp: \"" + at + "\"}");
  }

  private static String identity(String name, String key) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: %s, namespace: changes}
    spec:
      type: Application
      owner: {team: e2e, contact: e2e@example.com}
      credentials: [{name: primary, apiKey: {sha256: %s}}]
      grants: {scopes: [items:read]}
    """
        .formatted(name, TestPolicies.sha256(key));
  }
}
