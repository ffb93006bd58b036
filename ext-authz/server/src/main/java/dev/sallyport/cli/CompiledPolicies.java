package dev.sallyport.cli;

import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.server.files.Folder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The policies that a command decides by, who is told where something is wrong with them. */
final class CompiledPolicies {
  private CompiledPolicies() {}

  /** Those of a folder. */
  static Compilation ofFolder(Path of, Surroundings around) throws Failure {
    if (!Files.isDirectory(of)) {
      throw new Failure("--policies: `" + of + "` is no folder");
    }
    Folder folder = new Folder(List.of(of), around.clock());
    Compilation compilation = Compiler.compile(folder.look().changes(), Compilation.EMPTY);
    long unread = folder.problems().stream().filter(p -> p.severity() == Severity.ERROR).count();
    return told(compilation, unread, of.toString(), around);
  }

  /** Those of a cluster. */
  static Compilation ofCluster(ClusterOptions cluster, Surroundings around)
      throws Failure, InterruptedException {
    return told(
        Compiler.compile(cluster.read(), Compilation.EMPTY),
        0,
        "--kubeconfig " + cluster.kubeconfig(),
        around);
  }

  /**
   * Says that something is wrong, if so.
   *
   * @param unread objects and files that could not be read
   * @param linted what to give to {@code lint}
   */
  private static Compilation told(
      Compilation compilation, long unread, String linted, Surroundings around) {
    long errors =
        unread
            + compilation.diagnostics().stream()
                .filter(d -> d.severity() == Severity.ERROR)
                .count();
    if (errors > 0) {
      around
          .err()
          .println(
              "sallyport: "
                  + errors
                  + (errors == 1 ? " error" : " errors")
                  + " in the policies; `sallyport lint "
                  + linted
                  + "` shows them");
    }
    return compilation;
  }
}
