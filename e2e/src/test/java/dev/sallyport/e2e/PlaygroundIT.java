package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

      playground.terminate();
      assertThat(playground.exitCode(Duration.ofSeconds(60))).isZero();

      assertThat(children).noneMatch(ProcessHandle::isAlive);
      assertThat(listens(port)).isFalse();
    }
  }

  /** As the Makefile starts it. */
  private static List<String> command() {
    Path module = Checkout.root().resolve("e2e/target");
    return List.of(
        Path.of(System.getProperty("java.home"), "bin/java").toString(),
        "-Dsallyport.root=" + Checkout.root(),
        "-cp",
        module.resolve("classes") + ":" + module.resolve("lib") + "/*",
        Playground.class.getName());
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
