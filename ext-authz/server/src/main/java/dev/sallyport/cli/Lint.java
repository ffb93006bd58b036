package dev.sallyport.cli;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Diagnostic;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.server.files.FileProblem;
import dev.sallyport.server.files.Folder;
import dev.sallyport.server.files.Places;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sallyport lint}: every error and warning of folders, or of a cluster. */
@Command(
    name = "lint",
    description = {
      "Show every error and warning of the policies in folders, with file, line, column and field;"
          + " or of those in a cluster, with object and field.",
      "Exit code 1 where there are errors."
    },
    footer = {
      "",
      "Examples:",
      "  sallyport lint examples",
      "  sallyport lint --strict --output json policies shared-policies",
      "  sallyport lint --kubeconfig ~/.kube/config --namespace payments",
      "",
      "Folders that are given together are judged together, as if they were one."
    })
final class Lint implements Callable<Integer> {
  @Parameters(arity = "0..*", paramLabel = "DIR", description = "Folders, or single files.")
  private List<Path> folders = List.of();

  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Option(names = "--strict", description = "Warnings fail too.")
  private boolean strict;

  @Option(
      names = "--output",
      paramLabel = "FORM",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private Output output = Output.text;

  private final Surroundings around;

  Lint(Surroundings around) {
    this.around = around;
  }

  /**
   * One thing to tell.
   *
   * @param object null where it is about a file
   * @param code null where the object could not be compiled at all
   */
  private record Told(FileProblem problem, @Nullable String object, @Nullable String code) {}

  @Override
  public Integer call() throws Failure, InterruptedException {
    cluster.requireOneOf(!folders.isEmpty(), "folders", "lint");
    return cluster.kubeconfig() == null ? lintFolders() : lintCluster();
  }

  private int lintCluster() throws Failure, InterruptedException {
    Changes all = cluster.read();
    List<Diagnostic> diagnostics = Compiler.compile(all, Compilation.EMPTY).diagnostics();
    long errors = diagnostics.stream().filter(d -> d.severity() == Severity.ERROR).count();
    long warnings = diagnostics.size() - errors;
    switch (output) {
      case text -> {
        if (!diagnostics.isEmpty()) {
          table(diagnostics).lines().forEach(around.out()::println);
        }
        around.out().println(summary(errors, warnings, all.upserts().size()));
      }
      case json ->
          around
              .out()
              .println(
                  Output.json(
                      described(
                          diagnostics.stream().map(Lint::described).toList(), errors, warnings)));
    }
    return errors > 0 || (strict && warnings > 0) ? 1 : 0;
  }

  private static Table table(List<Diagnostic> diagnostics) {
    Table table = new Table("NAMESPACE", "KIND", "NAME", "SEVERITY", "FIELD", "MESSAGE");
    for (Diagnostic diagnostic : diagnostics) {
      table.row(
          diagnostic.object().namespace(),
          diagnostic.object().kind(),
          diagnostic.object().name(),
          diagnostic.severity() == Severity.ERROR ? "Error" : "Warning",
          diagnostic.field().isEmpty() ? "-" : diagnostic.field(),
          diagnostic.message());
    }
    return table;
  }

  private int lintFolders() throws Failure {
    for (Path folder : folders) {
      if (!Files.exists(folder)) {
        throw new Failure("`" + folder + "` does not exist");
      }
    }
    Folder folder = new Folder(folders, around.clock());
    Compilation compilation = Compiler.compile(folder.look().changes(), Compilation.EMPTY);
    List<Told> all = told(folder, compilation);
    long errors = count(all, Severity.ERROR);
    long warnings = count(all, Severity.WARNING);
    switch (output) {
      case text -> {
        all.forEach(told -> around.out().println(told.problem()));
        around.out().println(summary(errors, warnings, folder.size()));
      }
      case json ->
          around
              .out()
              .println(
                  Output.json(
                      described(all.stream().map(Lint::described).toList(), errors, warnings)));
    }
    return errors > 0 || (strict && warnings > 0) ? 1 : 0;
  }

  private static List<Told> told(Folder folder, Compilation compilation) {
    List<Told> all = new ArrayList<>();
    folder.problems().forEach(problem -> all.add(new Told(problem, null, null)));
    for (Places.Placed placed : new Places(folder).place(compilation.diagnostics())) {
      Diagnostic diagnostic = placed.diagnostic();
      all.add(new Told(placed.problem(), diagnostic.object().toString(), diagnostic.code()));
    }
    all.sort(
        Comparator.comparing((Told told) -> told.problem().file())
            .thenComparingInt(told -> told.problem().line())
            .thenComparingInt(told -> told.problem().column())
            .thenComparing(told -> told.problem().field())
            .thenComparing(told -> told.problem().message()));
    return all;
  }

  private static long count(List<Told> all, Severity severity) {
    return all.stream().filter(told -> told.problem().severity() == severity).count();
  }

  private static String summary(long errors, long warnings, int objects) {
    return errors
        + (errors == 1 ? " error, " : " errors, ")
        + warnings
        + (warnings == 1 ? " warning" : " warnings")
        + " ("
        + objects
        + (objects == 1 ? " object" : " objects")
        + " read)";
  }

  private static Map<String, Object> described(
      List<Map<String, @Nullable Object>> problems, long errors, long warnings) {
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("errors", errors);
    summary.put("warnings", warnings);
    summary.put("problems", problems);
    return summary;
  }

  private static Map<String, @Nullable Object> described(Diagnostic diagnostic) {
    return described(
        new Told(
            new FileProblem(
                "", 0, 0, diagnostic.field(), diagnostic.severity(), diagnostic.message()),
            diagnostic.object().toString(),
            diagnostic.code()));
  }

  private static Map<String, @Nullable Object> described(Told told) {
    FileProblem problem = told.problem();
    Map<String, @Nullable Object> one = new LinkedHashMap<>();
    one.put("file", problem.file().isEmpty() ? null : problem.file());
    one.put("line", problem.line() == 0 ? null : problem.line());
    one.put("column", problem.line() == 0 ? null : problem.column());
    one.put("severity", problem.severity().name().toLowerCase(Locale.ROOT));
    one.put("object", told.object());
    one.put("field", problem.field());
    one.put("code", told.code());
    one.put("message", problem.message());
    return one;
  }
}
