package dev.sallyport.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Generated policies and identities, always the same for the same numbers.
 *
 * <p>Policies and identities are spread over namespaces; identity {@code i} may call policy {@code
 * i} modulo their number. Every operation needs a scope, and every policy has a rate limit that
 * nobody reaches, so that a decision goes through all eight stages.
 *
 * @param policies each with a host of its own
 * @param operations of each policy, half of them reading and half of them writing
 * @param identities each with one API key
 */
public record PolicySet(int policies, int operations, int identities) {
  /** What a first user has. */
  public static final PolicySet SMALL = new PolicySet(2, 20, 10);

  /** What a large company has. */
  public static final PolicySet LARGE = new PolicySet(10_000, 20, 100_000);

  /** What a company keeps in one cluster. */
  public static final PolicySet CLUSTER = new PolicySet(5_000, 20, 50_000);

  private static final int OBJECTS_A_FILE = 100;
  private static final int NAMESPACES = 100;

  public PolicySet {
    if (policies < 1 || operations < 2 || identities < policies) {
      throw new IllegalArgumentException("too few policies, operations or identities");
    }
  }

  /** The policy in the middle, which is asked about. */
  public int policy() {
    return policies / 2;
  }

  /** An identity that may call {@link #policy}, and is never edited. */
  public int caller() {
    return policy();
  }

  /** The identity whose key is revoked and given back. */
  public int edited() {
    return identities - policies + policy();
  }

  String host(int policy) {
    return "api-%05d.example.com".formatted(policy);
  }

  String key(int identity) {
    return "sp_live_%06d_4f9c2a7be1d05836".formatted(identity);
  }

  /** Every namespace that holds one of the objects. */
  List<String> namespaces() {
    return IntStream.range(0, Math.min(policies, NAMESPACES)).mapToObj(this::namespace).toList();
  }

  String namespace(int policy) {
    return "team-%02d".formatted(policy % NAMESPACES);
  }

  /** The path of an operation; even ones read, odd ones write. */
  String path(int operation) {
    return "/v1/collection-%02d".formatted(operation);
  }

  String policyYaml(int policy) {
    StringBuilder yaml = new StringBuilder(4096);
    yaml.append(
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: api-%05d, namespace: %s}
        spec:
          hosts: [%s]
          authentication:
            methods:
            - name: keys
              apiKey: {header: X-API-Key}
          rateLimits:
          - {name: per-identity, per: [identity], requests: 1000000, window: 1s, burst: 1000000000}
          operations:
        """
            .formatted(policy, namespace(policy), host(policy)));
    for (int operation = 0; operation < operations; operation++) {
      boolean reads = operation % 2 == 0;
      yaml.append(
          """
            - name: %s-%02d
              match: [{methods: [%s], path: "%s/{id}"}]
              scopes: [items:%s]
          """
              .formatted(
                  reads ? "read" : "delete",
                  operation,
                  reads ? "GET" : "DELETE",
                  path(operation),
                  reads ? "read" : "write"));
    }
    return yaml.toString();
  }

  String identityName(int identity) {
    return "caller-%06d".formatted(identity);
  }

  String identityYaml(int identity, boolean revoked) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: NonHumanIdentity
    metadata: {name: %s, namespace: %s}
    spec:
      type: Partner
      owner: {team: integrations, contact: integrations@example.com}
      credentials:
      - name: primary
        state: %s
        apiKey: {sha256: %s}
      grants: {scopes: [items:read]}
    """
        .formatted(
            identityName(identity),
            namespace(identity % policies),
            revoked ? "Revoked" : "Active",
            sha256(key(identity)));
  }

  /** Writes everything into an empty folder, a hundred objects a file. */
  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (int first = 0; first < policies; first += OBJECTS_A_FILE) {
      Files.writeString(
          folder.resolve("policies-%05d.yaml".formatted(first)),
          documents(first, policies, this::policyYaml));
    }
    for (int first = 0; first < identities; first += OBJECTS_A_FILE) {
      Files.writeString(identitiesFile(folder, first), identitiesText(first, -1));
    }
  }

  /**
   * Puts the file of {@link #edited} anew, with one word in it changed.
   *
   * @return {@link System#nanoTime} just before the new file took the old one's name
   */
  long edit(Path folder, boolean revoked) throws IOException {
    int first = edited() / OBJECTS_A_FILE * OBJECTS_A_FILE;
    // Hidden, so that nobody reads it before it is whole.
    Path draft = folder.resolve(".draft");
    Files.writeString(draft, identitiesText(first, revoked ? edited() : -1));
    long nanos = System.nanoTime();
    Files.move(draft, identitiesFile(folder, first), StandardCopyOption.ATOMIC_MOVE);
    return nanos;
  }

  private static Path identitiesFile(Path folder, int first) {
    return folder.resolve("identities-%06d.yaml".formatted(first));
  }

  private String identitiesText(int first, int revoked) {
    return documents(first, identities, identity -> identityYaml(identity, identity == revoked));
  }

  private static String documents(int first, int end, IntFunction<String> document) {
    StringBuilder text = new StringBuilder();
    for (int i = first; i < Math.min(end, first + OBJECTS_A_FILE); i++) {
      text.append("---\n").append(document.apply(i));
    }
    return text.toString();
  }

  static String sha256(String key) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
