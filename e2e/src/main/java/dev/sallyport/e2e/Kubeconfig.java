package dev.sallyport.e2e;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a kubeconfig says: one API server, one caller.
 *
 * @param authority the certificates that the API server's is signed by: PEM in base64
 * @param user the caller's credentials, as a kubeconfig names them
 * @param namespace of the caller's commands
 */
record Kubeconfig(String server, String authority, Map<String, String> user, String namespace) {
  Kubeconfig {
    user = Map.copyOf(user);
  }

  /** The caller of a client, at the API server's own address or at another. */
  static Kubeconfig of(String server, Config config) {
    Map<String, String> user = new TreeMap<>();
    // The client keeps a kubeconfig's token apart from one that a program sets.
    put(user, "token", config.getAutoOAuthToken());
    put(user, "client-certificate-data", config.getClientCertData());
    put(user, "client-key-data", config.getClientKeyData());
    return new Kubeconfig(server, config.getCaCertData(), user, "default");
  }

  private static void put(Map<String, String> user, String key, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      user.put(key, value);
    }
  }

  /** With another caller. */
  Kubeconfig withToken(String token) {
    return new Kubeconfig(server, authority, Map.of("token", token), namespace);
  }

  /** With another namespace. */
  Kubeconfig in(String namespace) {
    return new Kubeconfig(server, authority, user, namespace);
  }

  /** Writes it in JSON, which is YAML. */
  void write(Path file) {
    Map<String, ?> root =
        Map.of(
            "apiVersion",
            "v1",
            "kind",
            "Config",
            "clusters",
            named("cluster", Map.of("server", server, "certificate-authority-data", authority)),
            "users",
            named("user", user),
            "contexts",
            named("context", Map.of("cluster", "it", "user", "it", "namespace", namespace)),
            "current-context",
            "it");
    try {
      Files.writeString(file, JsonMapper.shared().writeValueAsString(root));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Object named(String key, Map<String, String> value) {
    return new Object[] {Map.of("name", "it", key, value)};
  }
}
