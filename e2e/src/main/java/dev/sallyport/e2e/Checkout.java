package dev.sallyport.e2e;

import java.nio.file.Files;
import java.nio.file.Path;
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
    String named = System.getenv("ENVOY_BIN");
    if (named != null && !named.isEmpty()) {
      return Path.of(named);
    }
    Path fetched = ROOT.resolve(".tools/bin/envoy");
    if (Files.isExecutable(fetched)) {
      return fetched;
    }
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      Path found = Path.of(folder, "envoy");
      if (Files.isExecutable(found)) {
        return found;
      }
    }
    throw new IllegalStateException("no Envoy found: run `make tools`, or name one in ENVOY_BIN");
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
