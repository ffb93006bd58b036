package dev.sallyport.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.stream.Stream;

/** The policies that several tests share, and how tests write their own. */
final class TestPolicies {
  /** May read, may not write. */
  static final String READER = "e2e-key-reader";

  /** Valid, with no scope at all. */
  static final String GUEST = "e2e-key-guest";

  private TestPolicies() {}

  /** The folder of {@code src/test/resources/policies}. */
  static Path folder() {
    try {
      return Path.of(Objects.requireNonNull(TestPolicies.class.getResource("/policies")).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A copy of the YAML files of a folder, for a test to change. */
  static Path copy(Path from, Path to) {
    try (Stream<Path> files = Files.list(from)) {
      Files.createDirectories(to);
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The {@code TokenIssuer} {@code corp} for audience {@code items}, and the ConfigMap with the
   * authority that its certificate is from.
   *
   * @param authority how its tokens are judged, as {@code discovery: {}}
   */
  static String issuer(TokenServer server, String namespace, String authority) {
    return """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: authorities, namespace: %1$s}
    data:
      ca.crt: |
    %2$s
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: TokenIssuer
    metadata: {name: corp, namespace: %1$s}
    spec:
      issuer: %3$s
      %4$s
      tls: {caRef: {name: authorities, key: ca.crt}}
      audiences: [items]
    """
        .formatted(namespace, server.caPem().indent(4), server.issuer(), authority);
  }

  /** As it stands in {@code apiKey.sha256}. */
  static String sha256(String key) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
