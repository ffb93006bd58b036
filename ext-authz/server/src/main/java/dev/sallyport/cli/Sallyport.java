package dev.sallyport.cli;

import dev.sallyport.server.config.ConfigurationException;
import java.io.Console;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program: finds the command, and turns whatever goes wrong into one line and an exit code. */
@Command(
    name = "sallyport",
    synopsisSubcommandLabel = "COMMAND",
    description = "Decides what a caller may do with its credential, for Envoy.",
    footer = {
      "",
      "Examples:",
      "  sallyport serve --policies examples",
      "  sallyport lint examples",
      "  sallyport test examples",
      "  sallyport check --policies examples --url https://releases.example.com/v1/releases \\",
      "    --header 'X-API-Key: example-key-release-pipeline'",
      "  sallyport keys create",
      "",
      "`sallyport COMMAND --help` says more. Exit codes: 0 fine, 1 problems were found, 2 bad usage."
    })
public final class Sallyport implements Runnable {
  /** Bad usage or configuration. */
  static final int BAD_USAGE = 2;

  private static final String DEBUG = "SALLYPORT_DEBUG";

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = CommandLine.ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli reads that it was set
  private boolean help;

  @Option(
      names = "--verbose",
      scope = CommandLine.ScopeType.INHERIT,
      description = "Show where an unexpected failure comes from.")
  private boolean verbose;

  private Sallyport() {}

  /** Runs one command and answers its exit code; throws nothing, exits nothing. */
  public static int run(String[] arguments, PrintStream out, PrintStream err) {
    return run(
        arguments,
        new Surroundings(
            System.in, out, err, System.getenv(), InstantSource.system(), new SecureRandom()));
  }

  static int run(String[] arguments, Surroundings around) {
    Sallyport top = new Sallyport();
    CommandLine line =
        new CommandLine(top)
            .addSubcommand(new Serve(around))
            .addSubcommand(new Check(around))
            .addSubcommand(new Lint(around))
            .addSubcommand(new RunTests(around))
            .addSubcommand(
                new CommandLine(new Keys())
                    .addSubcommand(new Keys.Create(around))
                    .addSubcommand(new Keys.Hash(around)))
            .addSubcommand(new CommandLine(new Mcp()).addSubcommand(new Mcp.Import(around)))
            .addSubcommand(new CommandLine(new OpenApi()).addSubcommand(new OpenApi.Import(around)))
            .addSubcommand(new Version(around))
            .setOut(writer(around.out()))
            .setErr(writer(around.err()))
            .setColorScheme(CommandLine.Help.defaultColorScheme(colours(around)))
            // `--body @file` names a file with the body, not one with arguments.
            .setExpandAtFiles(false)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUsageHelpAutoWidth(false)
            .setUsageHelpWidth(100)
            .setParameterExceptionHandler((e, _) -> usage(e, around))
            .setExecutionExceptionHandler((e, _, _) -> failed(e, top, around));
    return line.execute(arguments);
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, stream.charset()), true);
  }

  private static Ansi colours(Surroundings around) {
    return isColourful(around) ? Ansi.AUTO : Ansi.OFF;
  }

  /** Whether somebody reads on a terminal, and did not say that he wants no colours. */
  static boolean isColourful(Surroundings around) {
    return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false)
        && around.environment().getOrDefault("NO_COLOR", "").isEmpty();
  }

  private static int usage(ParameterException e, Surroundings around) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    around
        .err()
        .println("sallyport: " + problem(e) + "; `" + command + " --help` shows what it takes");
    return BAD_USAGE;
  }

  /** What is wrong with the arguments; picocli's own words begin with a capital letter. */
  private static String problem(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      String what =
          unmatched.isUnknownOption()
              ? "option"
              : e.getCommandLine().getSubcommands().isEmpty() ? "argument" : "command";
      return "unknown " + what + " `" + oneLine(unmatched.getUnmatched().getFirst()) + "`";
    }
    String text = oneLine(e.getMessage());
    return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }

  private static int failed(Exception e, Sallyport top, Surroundings around) {
    if (e instanceof ParameterException usage) {
      return usage(usage, around);
    }
    boolean expected = e instanceof Failure || e instanceof ConfigurationException;
    String message =
        expected
            ? oneLine(e.getMessage())
            : "an unexpected failure (" + e.getClass().getSimpleName() + "); --verbose shows more";
    around.err().println("sallyport: " + message);
    if (!expected && (top.verbose || !around.environment().getOrDefault(DEBUG, "").isEmpty())) {
      e.printStackTrace(around.err());
    }
    return BAD_USAGE;
  }

  private static String oneLine(@Nullable String message) {
    return message == null ? "" : message.replaceAll("\\s*\\R\\s*", " ").strip();
  }

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "a command is missing");
    }
  }
}
