package dev.sallyport.e2e;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where the parts of this checkout lie, once it is built. */
public final class Checkout {
  private static final Path ROOT = findRoot();

  private Checkout() {}

  /** The folder of the parent pom. */
  public static Path root() {
    return ROOT;
  }

  public static Path examples() {
    return ROOT.resolve("examples");
  }

  /** The launcher of the built distribution. */
  public static Path sallyport() {
    Path launcher = ROOT.resolve("ext-authz/server/target/sallyport/bin/sallyport");
    if (!Files.isExecutable(launcher)) {
      throw new IllegalStateException("no distribution at `" + launcher + "`: run `make build`");
    }
    return launcher;
  }

  /** {@code ENVOY_BIN}, else what {@code make tools} fetched, else the one on {@code PATH}. */
  public static Path envoy() {
    return named("ENVOY_BIN").orElseGet(() -> tool("envoy", "ENVOY_BIN"));
  }

  /** {@code HELM_BIN}, else what {@code make tools} built, else the one on {@code PATH}. */
  public static Path helm() {
    return named("HELM_BIN").orElseGet(() -> tool("helm", "HELM_BIN"));
  }

  /** The kubectl beside the API server, else the one on {@code PATH}. */
  public static Path kubectl() {
    return controlPlane("kubectl");
  }

  /**
   * A program of the control plane: of {@code KUBEBUILDER_ASSETS}, else what {@code make tools}
   * built, else the one on {@code PATH}.
   */
  public static Path controlPlane(String name) {
    return named("KUBEBUILDER_ASSETS")
        .map(folder -> folder.resolve(name))
        .filter(Files::isExecutable)
        .orElseGet(() -> tool(name, "KUBEBUILDER_ASSETS"));
  }

  private static Optional<Path> named(String variable) {
    return Optional.ofNullable(System.getenv(variable))
        .filter(value -> !value.isEmpty())
        .map(Path::of);
  }

  private static Path tool(String name, String variable) {
    Path made = ROOT.resolve(".tools/bin").resolve(name);
    if (Files.isExecutable(made)) {
      return made;
    }
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      Path found = Path.of(folder, name);
      if (Files.isExecutable(found)) {
        return found;
      }
    }
    throw new IllegalStateException(
        "no `" + name + "` found: run `make tools`, or name one in " + variable);
  }

  private static Path findRoot() {
    String named = System.getProperty("sallyport.root");
    if (named != null) {
      return Path.of(named).toAbsolutePath().normalize();
    }
    @Nullable Path folder = Path.of("").toAbsolutePath();
    while (folder != null) {
      if (Files.isDirectory(folder.resolve("ext-authz"))
          && Files.isDirectory(folder.resolve("e2e"))) {
        return folder;
      }
      folder = folder.getParent();
    }
    throw new IllegalStateException("not inside a checkout of Sallyport");
  }
}
