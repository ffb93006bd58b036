package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/credentials/} shows can be taken as it stands, and says what it is said to. */
class CredentialDocsIT {
  private static final Pattern BLOCK =
      Pattern.compile("^```(yaml|console)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final String CONFIGURATION = "# sallyport.yaml\n";
  private static final String PROMPT = "$ sallyport ";

  @TempDir private static Path work;

  /** A page's code. */
  private record Snippets(List<String> objects, List<String> configurations, List<String> console) {
    static Snippets of(String page) {
      Snippets snippets = new Snippets(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      Matcher blocks = BLOCK.matcher(page);
      while (blocks.find()) {
        String text = blocks.group(2);
        if (blocks.group(1).equals("console")) {
          snippets.console.add(text);
        } else if (text.startsWith(CONFIGURATION)) {
          snippets.configurations.add(text);
        } else {
          snippets.objects.add(text);
        }
      }
      return snippets;
    }
  }

  /**
   * A command and what is shown of its output.
   *
   * @param arguments of {@code sallyport}
   */
  private record Shown(List<String> arguments, List<String> output) {}

  @TestFactory
  Stream<DynamicTest> pages() throws IOException {
    try (Stream<Path> pages = Files.list(Checkout.root().resolve("docs/credentials"))) {
      List<Path> sorted = pages.sorted().toList();
      assertThat(sorted).hasSizeGreaterThan(5);
      return sorted.stream()
          .map(page -> DynamicTest.dynamicTest(page.getFileName().toString(), () -> check(page)));
    }
  }

  private static void check(Path page) throws IOException {
    Snippets snippets = Snippets.of(Files.readString(page));
    assertThat(snippets.objects).isNotEmpty();
    Path folder = Files.createDirectories(work.resolve(page.getFileName().toString()));
    Files.writeString(folder.resolve("page.yaml"), String.join("---\n", snippets.objects));

    CommandRun lint = sallyport(List.of("lint", folder.toString()));
    assertThat(lint.output()).contains("0 errors, 0 warnings");
    assertThat(lint.exitCode()).isZero();
    for (String configuration : snippets.configurations) {
      takes(configuration, folder);
    }
    for (String console : snippets.console) {
      for (Shown shown : commands(console, folder)) {
        CommandRun run = sallyport(shown.arguments);
        assertThat(run.errors()).isEmpty();
        // A denied request is 1; what can't be run as it stands is 2.
        assertThat(run.exitCode()).isLessThan(2);
        for (String line : shown.output) {
          assertThat(run.output()).contains(line);
        }
      }
    }
  }

  private static void takes(String configuration, Path folder) throws IOException {
    Path file = Files.writeString(work.resolve("sallyport.yaml"), configuration);
    CommandRun check =
        sallyport(
            List.of(
                "check",
                "--config",
                file.toString(),
                "--policies",
                folder.toString(),
                "--url",
                "https://nobody.example.com/"));
    assertThat(check.output()).contains("policy_missing");
  }

  private static List<Shown> commands(String console, Path folder) {
    List<Shown> commands = new ArrayList<>();
    for (String line : console.lines().toList()) {
      if (line.startsWith(PROMPT)) {
        List<String> arguments = new ArrayList<>();
        Matcher word = Pattern.compile("'([^']*)'|(\\S+)").matcher(line.substring(PROMPT.length()));
        while (word.find()) {
          String text = word.group(1) == null ? word.group(2) : word.group(1);
          arguments.add(text.equals("DIR") ? folder.toString() : text);
        }
        commands.add(new Shown(arguments, new ArrayList<>()));
      } else {
        commands.getLast().output.add(line);
      }
    }
    return commands;
  }

  private static CommandRun sallyport(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(Checkout.sallyport().toString()));
    command.addAll(arguments);
    return CommandRun.of(
        command,
        Map.of("SALLYPORT_JAVA", Path.of(System.getProperty("java.home"), "bin/java").toString()),
        "");
  }
}
