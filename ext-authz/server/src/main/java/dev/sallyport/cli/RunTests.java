package dev.sallyport.cli;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.ConfigurationException;
import dev.sallyport.server.files.FileProblem;
import dev.sallyport.server.files.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sallyport test}: the tests that lie beside policies. */
@Command(
    name = "test",
    description = {
      "Run the policy tests of folders and files, *.test.yaml: requests, and what they must get.",
      "No server is needed, and nobody is asked over the network.",
      "Exit code 1 where a test fails."
    },
    footer = {
      "",
      "Examples:",
      "  sallyport test examples",
      "  sallyport test --filter 'region|revoked' --coverage examples/leaked-key",
      "  sallyport test --report target/policy-tests.xml --min-coverage 80 policies",
      "",
      "A file's tests are held against the policies of the folder that it names with `policies`,",
      "else of its own. docs/policy-tests.md says what a test may hold."
    })
final class RunTests implements Callable<Integer> {
  @Parameters(
      arity = "0..*",
      paramLabel = "DIR|FILE",
      description = "Where the tests are; the folder of --policies, or this one, without it.")
  private List<Path> places = List.of();

  @Option(
      names = "--policies",
      paramLabel = "DIR",
      description = "Folder with the policies, in place of what the files say.")
  private @Nullable Path policies;

  @Option(
      names = "--filter",
      paramLabel = "REGEX",
      description = "Only tests with a name in which this is found.")
  private @Nullable String filter;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Write a report in JUnit's XML to a file.")
  private @Nullable Path report;

  @Option(
      names = "--coverage",
      description = "List operations, tools and rules that no test touched.")
  private boolean showCoverage;

  @Option(
      names = "--min-coverage",
      paramLabel = "PERCENT",
      description = "Fail where tests touch less of the policies than this.")
  private @Nullable Integer minimumCoverage;

  @Option(names = "--no-color", description = "No colours; NO_COLOR says so too.")
  private boolean colourless;

  @Mixin private Settings settings = new Settings();

  private final Surroundings around;

  RunTests(Surroundings around) {
    this.around = around;
  }

  /** A file that was run. */
  record Ran(TestFile file, List<TestRun.Result> results) {
    Ran {
      results = List.copyOf(results);
    }
  }

  @Override
  public Integer call() throws Failure, ConfigurationException {
    if (minimumCoverage != null && (minimumCoverage < 0 || minimumCoverage > 100)) {
      throw new Failure("--min-coverage takes a number from 0 to 100");
    }
    Configuration configuration = settings.read(around);
    Instant started = around.clock().instant();
    List<TestFile> files = read(started, configuration.regions().header());
    TestPrinter printer =
        new TestPrinter(around.out(), !colourless && Sallyport.isColourful(around));
    Coverage coverage = new Coverage();
    List<Ran> all = run(files, configuration, printer, coverage);
    printer.summary(all, Duration.between(started, around.clock().instant()));
    if (showCoverage) {
      printer.coverage(coverage);
    }
    if (report != null) {
      write(report, JUnitReport.of(all, started));
    }
    boolean covered = minimumCoverage == null || coverage.percent() >= minimumCoverage;
    if (!covered) {
      around
          .out()
          .println(
              "the tests touch "
                  + coverage.percent()
                  + " % of the policies, and --min-coverage wants "
                  + minimumCoverage
                  + " %");
    }
    boolean passed =
        all.stream().flatMap(ran -> ran.results().stream()).allMatch(TestRun.Result::passed);
    return passed && covered ? 0 : 1;
  }

  private static void write(Path report, String xml) throws Failure {
    try {
      Path folder = report.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Files.writeString(report, xml);
    } catch (IOException _) {
      throw new Failure("the file `" + report + "` of --report can't be written");
    }
  }

  // ---- which tests

  private List<TestFile> read(Instant now, @Nullable String regionHeader) throws Failure {
    Set<Path> found = find();
    Pattern names = names();
    List<TestFile> files = new ArrayList<>();
    List<FileProblem> problems = new ArrayList<>();
    for (Path file : found) {
      switch (TestFile.read(file, now, regionHeader)) {
        case TestFile.Reading.Bad(var told) -> problems.addAll(told);
        case TestFile.Reading.Good(var read) -> {
          TestFile kept =
              read.with(
                  read.tests().stream().filter(test -> names.matcher(test.name()).find()).toList());
          if (!kept.tests().isEmpty()) {
            files.add(kept);
          }
        }
      }
    }
    if (!problems.isEmpty()) {
      String more = problems.size() == 1 ? "" : " (and " + (problems.size() - 1) + " more)";
      throw new Failure(problems.getFirst() + more);
    }
    for (TestFile file : files) {
      // Before the first one is run: a run that can't end must not begin.
      folder(file);
    }
    if (files.isEmpty()) {
      throw new Failure("no test has a name in which `" + filter + "` is found");
    }
    return files;
  }

  private Pattern names() throws Failure {
    try {
      return Pattern.compile(filter == null ? "" : filter);
    } catch (PatternSyntaxException e) {
      throw new Failure("--filter: `" + filter + "` is no regular expression");
    }
  }

  private Set<Path> find() throws Failure {
    List<Path> given =
        places.isEmpty() ? List.of(policies == null ? Path.of(".") : policies) : places;
    Set<Path> found = new LinkedHashSet<>();
    for (Path place : given) {
      if (!Files.exists(place)) {
        throw new Failure("`" + place + "` does not exist");
      }
      if (!Files.isDirectory(place)) {
        found.add(place.normalize());
        continue;
      }
      try {
        TestFiles.in(place).forEach(file -> found.add(file.normalize()));
      } catch (IOException _) {
        throw new Failure("the folder `" + place + "` can't be read");
      }
    }
    if (found.isEmpty()) {
      throw new Failure(
          "there is no test in `" + given.getFirst() + "`: no file is named `*.test.yaml`");
    }
    return found;
  }

  // ---- running them

  private List<Ran> run(
      List<TestFile> files, Configuration configuration, TestPrinter printer, Coverage coverage)
      throws Failure {
    List<Ran> all = new ArrayList<>();
    Map<Path, Compilation> compiled = new HashMap<>();
    try (ConfiguredRegions regions = ConfiguredRegions.of(configuration.regions())) {
      TestRun run =
          new TestRun(
              configuration, regions, Settings.nonces(configuration.dpop()), System::nanoTime);
      for (TestFile file : files) {
        Path folder = folder(file);
        Compilation base = compiled.get(folder);
        if (base == null) {
          base = CompiledPolicies.ofFolder(folder, around);
          compiled.put(folder, base);
        }
        Compilation compilation =
            file.objects().isEmpty()
                ? base
                : Compiler.compile(new Changes(file.objects(), List.of()), base);
        Coverage.Policies touched = coverage.of(folder, file, compilation);
        List<TestRun.Result> results = new ArrayList<>();
        for (PolicyTest test : file.tests()) {
          TestRun.Result result = run.run(test, compilation.snapshot());
          touched.touch(result.decision());
          results.add(result);
        }
        Ran ran = new Ran(file, results);
        printer.file(ran);
        all.add(ran);
      }
    }
    return all;
  }

  private Path folder(TestFile file) throws Failure {
    Path folder = policies == null ? file.policies() : policies;
    if (folder != null && !Files.isDirectory(folder)) {
      throw new Failure(
          (policies == null ? file.file() + ": `policies`: `" : "--policies: `")
              + folder
              + "` is no folder");
    }
    if (folder != null) {
      return folder;
    }
    Path own = file.file().getParent();
    return own == null ? Path.of(".") : own;
  }
}
