package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The engine's own cases are policy tests: those that use nothing but what users have get the same
 * answers from {@code sallyport test}.
 */
class EngineCasesTest {
  private static final Path CASES = Path.of("../engine/src/test/resources/cases");

  /** What only the engine's tests have: keys to sign with, tokens, answers of others, patience. */
  private static final Pattern OF_THE_ENGINE =
      Pattern.compile(
          "(?m)^(reviews|keys|keySets|tokens|introspections|proofs|xfcc|certificates):"
              + "|\\bpatience:");

  @TempDir private Path noPolicies;

  @Test
  void casesOfTheEngineGetTheSameAnswers() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(CASES)) {
      files = all.filter(EngineCasesTest::isForUsers).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThan(18);
    for (Path file : files) {
      CliRun run =
          CliRun.of(
              "",
              Map.of("SALLYPORT_REGIONS_HEADER", "x-region"),
              "test",
              "--policies",
              noPolicies.toString(),
              "--filter",
              names(file),
              file.toString());
      assertThat(run.exitCode()).as(file + "\n" + run.out() + run.err()).isZero();
    }
  }

  /** A regular expression for the tests that mean the same to a user. */
  private static String names(Path file) throws IOException {
    Object cases = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
    List<String> names = new ArrayList<>();
    for (Object test : (List<?>) map(cases).get("tests")) {
      if (!isUnmeasured(map(map(test).get("request")))) {
        names.add(Pattern.quote(String.valueOf(map(test).get("name"))));
      }
    }
    return "^(" + String.join("|", names) + ")$";
  }

  /** A body of which nobody says how long it is: to a user its length goes without saying. */
  private static boolean isUnmeasured(Map<?, ?> request) {
    Set<String> headers = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    map(request.get("headers")).keySet().forEach(name -> headers.add(String.valueOf(name)));
    return (request.containsKey("body") || request.containsKey("base64"))
        && !request.containsKey("lines")
        && Stream.of("content-length", "transfer-encoding", "x-envoy-auth-partial-body")
            .noneMatch(headers::contains);
  }

  private static Map<?, ?> map(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  private static boolean isForUsers(Path file) {
    try {
      return file.toString().endsWith(".yaml")
          && !OF_THE_ENGINE.matcher(Files.readString(file)).find();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
