package dev.sallyport.e2e;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;

/** Starts the cluster of this JVM once, and ends it with the JVM. */
final class SharedCluster {
  /** {@code k3s} or {@code local}, in place of what is found. */
  private static final String CHOICE = "SALLYPORT_E2E_CLUSTER";

  private static @Nullable Cluster cluster;
  private static boolean failed;

  private SharedCluster() {}

  /**
   * The cluster.
   *
   * @throws IllegalStateException if it could not be started, now or before: nothing is tried twice
   */
  static synchronized Cluster cluster() {
    if (failed) {
      throw new IllegalStateException("the cluster of this JVM could not be started before");
    }
    if (cluster == null) {
      failed = true;
      cluster = start();
      failed = false;
    }
    return cluster;
  }

  private static Cluster start() {
    Cluster started = choose();
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("end-cluster").unstarted(started::close));
    say(started.description());
    return started;
  }

  private static Cluster choose() {
    String choice = System.getenv().getOrDefault(CHOICE, "");
    return switch (choice) {
      case "k3s" -> startK3s("as " + CHOICE + " says");
      case "local" -> startLocal("as " + CHOICE + " says");
      case "" ->
          dockerAnswers()
              ? startK3s("as a Docker engine answers")
              : startLocal("as no Docker engine answers");
      default ->
          throw new IllegalStateException(CHOICE + " is `" + choice + "`: use `k3s` or `local`");
    };
  }

  private static Cluster startK3s(String why) {
    say("starting K3s, " + why);
    return K3sCluster.start(Cluster.newWork(), why);
  }

  private static Cluster startLocal(String why) {
    return LocalCluster.start(Cluster.newWork(), why);
  }

  /** Testcontainers tells its search in many lines, so it is asked only where there may be one. */
  private static boolean dockerAnswers() {
    boolean likely =
        System.getenv("DOCKER_HOST") != null
            || Files.exists(Path.of(System.getProperty("user.home"), ".testcontainers.properties"))
            || sockets().stream().anyMatch(Files::exists);
    return likely && DockerClientFactory.instance().isDockerAvailable();
  }

  private static List<Path> sockets() {
    Path home = Path.of(System.getProperty("user.home"));
    String runtime =
        Optional.ofNullable(System.getenv("XDG_RUNTIME_DIR")).orElse("/run/user/nobody");
    return List.of(
        Path.of("/var/run/docker.sock"),
        Path.of(runtime, "docker.sock"),
        home.resolve(".docker/run/docker.sock"),
        home.resolve(".docker/desktop/docker.sock"));
  }

  private static void say(String line) {
    System.out.println("cluster: " + line);
  }
}
