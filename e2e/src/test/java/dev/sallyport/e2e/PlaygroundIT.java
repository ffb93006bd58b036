package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code make run} shows, and that it leaves nothing behind. */
class PlaygroundIT {
  private static final Pattern ENVOY = Pattern.compile("envoy +127\\.0\\.0\\.1:(\\d+)");

  @Test
  void itsSixLinesAnswerAsPrintedAndItLeavesNothingBehind(@TempDir Path work) throws IOException {
    try (ChildProcess playground =
        ChildProcess.start("make run", command(), Map.of(), work.resolve("output"))) {
      int port = awaitPort(playground);
      List<ProcessHandle> children =
          ProcessHandle.of(playground.pid()).orElseThrow().descendants().toList();
      assertThat(children).hasSize(2);

      for (Playground.Attempt attempt : Playground.ATTEMPTS) {
        assertThat(playground.output()).contains(Playground.curl(attempt, port));
        assertThat(answers(attempt, port)).as(attempt.what()).isEqualTo(promised(attempt));
      }
      Await.untilTrue(
          "every decision is shown", () -> decisionLines(playground.output()).size() == 9);
      assertThat(decisionLines(playground.output()))
          .anySatisfy(line ->
              assertThat(line)
                  .contains("deny", "region_unapproved", "leaked-key/release-pipeline", "BR"));

      assertThat(playground.output()).doesNotContain("WARNING");

      playground.terminate();
      assertThat(playground.exitCode(Duration.ofSeconds(60))).isZero();

      assertThat(children).noneMatch(ProcessHandle::isAlive);
      assertThat(listens(port)).isFalse();
    }
  }

  @Test
  void theCommandsInTheReadmeOfPartnerOAuthDoWhatItSays(@TempDir Path work) throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "the commands are for curl");
    try (ChildProcess playground =
        ChildProcess.start(
            "make run", command("partner-oauth"), Map.of(), work.resolve("output"))) {
      awaitPort(playground);
      String readme = Files.readString(Checkout.examples().resolve("partner-oauth/README.md"));
      String script =
          Stream.concat(
                  block(playground.output(), "For the commands of "),
                  block(readme, "make run ARGS=partner-oauth").skip(1))
              .collect(Collectors.joining("\n", "", "\n"));

      String said = CommandRun.of(List.of("sh", "-eu", "-s"), Map.of(), script).orThrow();

      assertThat(said)
          .contains("\"resource\":\"https://freight.example.com\"")
          .contains("resource_metadata=\"https://freight.example.com/.well-known/")
          .contains("scope_insufficient");
      assertThat(said.lines().filter(line -> line.matches("[0-9]{3}")))
          .containsExactly("200", "200", "200", "200", "401");
    }
  }

  @Test
  void theCommandsInTheReadmesOfFieldsAndToolsDoWhatTheySay(@TempDir Path work) throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "the commands are for curl");
    try (ChildProcess playground =
        ChildProcess.start("make run", command(), Map.of(), work.resolve("output"))) {
      String address = "127.0.0.1:" + awaitPort(playground);

      assertThat(said("field-scope", address))
          .containsSubsequence(
              "HTTP/1.1 403 Forbidden",
              "scope=\"payments:read payments:card.read\"",
              "beyond the caller's scope: card.holder\"",
              "\"target\" : \"/v1/payments/4711?fields=id,amount,currency,status\"",
              "\"target\" : \"/v1/payments/4711?fields=id,amount,currency,status,card.holder,",
              "\"target\" : \"/v1/payments?fields=id\"",
              "beyond the caller's scope: payment.card.holder\"");

      String tools = said("agent-tools", address);
      assertThat(tools.lines().filter(line -> line.matches("[0-9]{3}")))
          .containsExactly("200", "400", "403", "403");
      assertThat(tools)
          .containsSubsequence(
              "\"x-sallyport-operation\", \"create_shipment\"",
              "tool_arguments_invalid",
              "scope_insufficient",
              "tool_undeclared");
      assertThat(
              tools
                  .lines()
                  .filter(line -> line.contains("tool_arguments_invalid"))
                  .map(PlaygroundIT::withoutIds))
          .containsExactly(withoutIds(denialOfAToolInTheDocs()));
    }
  }

  /** What the commands of an example's README print. */
  private static String said(String example, String address) throws IOException {
    String readme = Files.readString(Checkout.examples().resolve(example + "/README.md"));
    String script =
        block(readme, "    make run")
            .skip(1)
            .map(line -> line.replace("127.0.0.1:8080", address))
            .collect(Collectors.joining("\n", "", "\n"));
    return CommandRun.of(List.of("sh", "-eu", "-s"), Map.of(), script).orThrow();
  }

  private static String denialOfAToolInTheDocs() throws IOException {
    String page = Files.readString(Checkout.root().resolve("docs/mcp.md"));
    int start = page.indexOf("```json\n") + "```json\n".length();
    return page.substring(start, page.indexOf("```", start)).replaceAll("\n *", "");
  }

  /** Without what is another in each answer. */
  private static String withoutIds(String answer) {
    return answer
        .replaceAll("\"id\":[0-9]+,", "")
        .replaceAll("\"decisionId\":\"[0-9a-f-]+\"", "\"decisionId\":\"\"");
  }

  /** The indented lines of a text from the one on that holds something. */
  private static Stream<String> block(String text, String from) {
    return text.lines()
        .dropWhile(line -> !line.contains(from))
        .takeWhile(line -> !line.startsWith("Decisions"))
        .filter(line -> line.startsWith("  "))
        .map(String::strip);
  }

  /** As the Makefile starts it. */
  private static List<String> command(String... arguments) {
    Path module = Checkout.root().resolve("e2e/target");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Dsallyport.root=" + Checkout.root(),
                "-cp",
                module.resolve("classes") + ":" + module.resolve("lib") + "/*",
                Playground.class.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  private static int awaitPort(ChildProcess playground) {
    return Await.until(
        "the playground is up",
        Duration.ofMinutes(2),
        () -> {
          if (!playground.isAlive()) {
            throw new IllegalStateException("it ended: " + playground.output());
          }
          Matcher port = ENVOY.matcher(playground.output());
          return port.find() && playground.output().contains("Ctrl-C")
              ? Optional.of(Integer.parseInt(port.group(1)))
              : Optional.empty();
        },
        playground::output);
  }

  /** Status and reason of each answer. */
  private static List<String> answers(Playground.Attempt attempt, int port) throws IOException {
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < attempt.times(); i++) {
      Reply reply = attempt.request().send(port);
      answers.add((reply.status() + " " + reply.reason()).strip());
    }
    return answers;
  }

  private static List<String> promised(Playground.Attempt attempt) {
    return switch (attempt.what()) {
      case "allowed" -> List.of("200");
      case "no key" -> List.of("401 credential_missing");
      case "wrong scope" -> List.of("403 scope_insufficient");
      case "undeclared operation" -> List.of("403 operation_undeclared");
      case "unapproved region" -> List.of("403 region_unapproved");
      case "rate limit" -> List.of("200", "200", "200", "429 rate_limited");
      default -> throw new AssertionError("a new attempt: `" + attempt.what() + "`");
    };
  }

  private static List<String> decisionLines(String output) {
    return output.lines().filter(line -> line.matches("[0-9:]{8}  (allow|deny) .*")).toList();
  }

  private static boolean listens(int port) {
    try (Socket _ = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
