package dev.sallyport.e2e;

import java.io.Console;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code make run}: an upstream, a Sallyport that reads {@code examples/} and an Envoy in front, on
 * 127.0.0.1, until somebody presses Ctrl-C.
 */
public final class Playground {
  private static final int ENVOY_PORT = 8080;
  private static final int SALLYPORT_PORT = 9001;
  private static final int ADMIN_PORT = 9090;

  /** What {@code ARGS} may say: with the token servers of that example. */
  private static final String PARTNER_OAUTH = "partner-oauth";

  private final Path work;
  private final boolean withIssuers;
  private final AtomicBoolean ending = new AtomicBoolean();
  private final AtomicInteger exitCode = new AtomicInteger();

  private Playground(Path work, boolean withIssuers) {
    this.work = work;
    this.withIssuers = withIssuers;
  }

  /**
   * A request worth trying.
   *
   * @param what what it shows, in a few words
   * @param answer what it gets
   * @param times how often it is sent
   */
  record Attempt(String what, String answer, RawRequest request, int times) {}

  private static final String DECISIONS =
      """
      Decisions, as they fall (Ctrl-C ends all of it):

      """;

  /** The six requests that are printed. */
  static final List<Attempt> ATTEMPTS =
      List.of(
          new Attempt(
              "allowed",
              "200, and the upstream tells what reached it: no key, but who called",
              releases("GET", "/v1/releases")
                  .with("X-API-Key", "example-key-release-pipeline")
                  .with("X-Client-Region", "DE"),
              1),
          new Attempt("no key", "401 credential_missing", releases("GET", "/v1/releases"), 1),
          new Attempt(
              "wrong scope",
              "403 scope_insufficient",
              releases("DELETE", "/v1/releases/1.4.0")
                  .with("X-API-Key", "example-key-release-pipeline")
                  .with("X-Client-Region", "DE"),
              1),
          new Attempt(
              "undeclared operation",
              "403 operation_undeclared",
              releases("GET", "/v1/admin/users")
                  .with("X-API-Key", "example-key-release-pipeline")
                  .with("X-Client-Region", "DE"),
              1),
          new Attempt(
              "unapproved region",
              "403 region_unapproved: the key leaked, and is used elsewhere",
              releases("GET", "/v1/releases")
                  .with("X-API-Key", "example-key-release-pipeline")
                  .with("X-Client-Region", "BR"),
              1),
          new Attempt(
              "rate limit",
              "three times 200, then 429 rate_limited with Retry-After",
              RawRequest.of("POST", "ledger.example.com", "/v1/exports")
                  .with("Authorization", "ApiKey example-key-nightly-export"),
              4));

  private static RawRequest releases(String method, String target) {
    return RawRequest.of(method, "releases.example.com", target);
  }

  public static void main(String[] arguments) throws IOException {
    List<String> wishes = List.of(arguments);
    if (!wishes.isEmpty() && !wishes.equals(List.of(PARTNER_OAUTH))) {
      System.err.println("make run: ARGS is nothing or `" + PARTNER_OAUTH + "`");
      System.exit(2);
    }
    new Playground(Files.createTempDirectory("sallyport-"), !wishes.isEmpty()).run();
  }

  private void run() {
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("end-playground").unstarted(this::end));
    Optional<ExampleIssuers> issuers;
    Boundary boundary;
    try {
      issuers = withIssuers ? Optional.of(startIssuers(work)) : Optional.empty();
      boundary = start(work, issuers);
    } catch (RuntimeException | AssertionError e) {
      fail(String.valueOf(e.getMessage()));
      return;
    }
    System.out.print(
        issuers
            .map(servers -> introduction(boundary, servers))
            .orElseGet(() -> introduction(boundary)));
    System.out.flush();
    follow(boundary, new DecisionLine(isTerminal()));
    // Ctrl-C reaches the children as well as this process, and nobody knows who hears of it first.
    Await.pause();
    fail(boundary.envoy().process().isAlive() ? "sallyport ended" : "envoy ended");
  }

  private void fail(String why) {
    if (!ending.get()) {
      System.err.println("make run: " + why);
      exitCode.set(1);
      System.exit(1);
    }
  }

  /** Leaves nothing behind, however far the start had come. */
  private void end() {
    ending.set(true);
    ChildProcess.closeAll();
    delete(work);
    // Else the JVM ends with 130 although Ctrl-C is how it should end.
    Runtime.getRuntime().halt(exitCode.get());
  }

  /** Null is what a JDK gives that was told to keep to its plain console. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    @Nullable Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** Links to the examples, so that an edit is seen, but to none whose issuers do not run. */
  private static Path linked(Path work) {
    try (Stream<Path> examples = Files.list(Checkout.examples())) {
      Path links = Files.createDirectories(work.resolve("examples"));
      for (Path example : examples.filter(Files::isDirectory).toList()) {
        if (!example.endsWith(PARTNER_OAUTH)) {
          Files.createSymbolicLink(links.resolve(example.getFileName()), example);
        }
      }
      return links;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ExampleIssuers startIssuers(Path work) {
    return ExampleIssuers.start(
        work,
        FreePorts.preferably(ExampleIssuers.PARTNERS_PORT),
        FreePorts.preferably(ExampleIssuers.PIPELINES_PORT));
  }

  private static Boundary start(Path work, Optional<ExampleIssuers> issuers) {
    return Boundary.start(
        work,
        issuers.map(ExampleIssuers::examples).orElseGet(() -> linked(work)),
        sallyport ->
            (issuers.isPresent() ? ExampleIssuers.of(sallyport) : sallyport)
                .on(new CheckAddress.Port(FreePorts.preferably(SALLYPORT_PORT)))
                .withAdminPort(FreePorts.preferably(ADMIN_PORT)),
        envoy -> {
          EnvoyProcess.Settings own = envoy.onPort(FreePorts.preferably(ENVOY_PORT));
          return issuers.map(servers -> servers.of(own)).orElse(own);
        });
  }

  private static String introduction(Boundary boundary) {
    int port = boundary.envoy().port();
    StringBuilder text = new StringBuilder(2_048).append(places(boundary));
    text.append("  policies   examples/, watched: change a file, and the next request knows\n\n");
    text.append("Six requests to try in another terminal:\n\n");
    for (Attempt attempt : ATTEMPTS) {
      text.append("  # %s: %s%n".formatted(attempt.what(), attempt.answer()));
      text.append("  %s%n%n".formatted(curl(attempt, port)));
    }
    text.append(
        """
        The region is what the caller writes into x-client-region. Only a playground may believe that:
        a real deployment lets its edge set the header, or looks the address up (regions.mmdb, regions.ranges).

        """);
    return text.append(DECISIONS).toString();
  }

  /** The example with tokens: what to try is in its README, and this says where things are. */
  private static String introduction(Boundary boundary, ExampleIssuers issuers) {
    StringBuilder text = new StringBuilder(2_048).append(places(boundary));
    text.append(
        "  policies   %s, a copy of examples/ that names the issuers below; watched%n"
            .formatted(issuers.examples()));
    text.append(
        "  partners   %s, an issuer of access tokens%n".formatted(issuers.partners().issuer()));
    text.append(
        "  pipelines  %s, a CI system that vouches for its jobs%n%n"
            .formatted(issuers.pipelines().issuer()));
    text.append(
        """
        For the commands of examples/partner-oauth/README.md, in another terminal:

          partners=%s pipelines=%s
          partners_ca=%s
          pipelines_ca=%s
          envoy=http://127.0.0.1:%d

        """
            .formatted(
                issuers.partners().issuer(),
                issuers.pipelines().issuer(),
                issuers.partners().caFile(),
                issuers.pipelines().caFile(),
                boundary.envoy().port()));
    return text.append(DECISIONS).toString();
  }

  private static String places(Boundary boundary) {
    int port = boundary.envoy().port();
    StringBuilder text = new StringBuilder(512);
    text.append(
        "\n  envoy      127.0.0.1:%d, its admin page 127.0.0.1:%d%n"
            .formatted(port, boundary.envoy().adminPort()));
    text.append(
        "  sallyport  %s, its metrics http://127.0.0.1:%d/metrics%n"
            .formatted(boundary.sallyport().address().setting(), boundary.sallyport().adminPort()));
    text.append("  upstream   127.0.0.1:%d%n".formatted(boundary.upstream().httpPort()));
    return text.toString();
  }

  /** curl counts in brackets, so that one line sends several. */
  static String curl(Attempt attempt, int port) {
    RawRequest request = attempt.request();
    if (attempt.times() == 1) {
      return request.curl(port);
    }
    String counted = request.target() + "?run=[1-" + attempt.times() + "]";
    return new RawRequest(request.method(), counted, request.fields(), request.body()).curl(port);
  }

  /** Prints decisions, and what Sallyport has to say, until one of them ends. */
  private static void follow(Boundary boundary, DecisionLine format) {
    SallyportProcess sallyport = boundary.sallyport();
    Path log = sallyport.process().outputFile();
    long logEnd = DecisionLog.linesOf(log, 0).end();
    long decisionsEnd = 0;
    while (sallyport.process().isAlive() && boundary.envoy().process().isAlive()) {
      DecisionLog.Part said = DecisionLog.linesOf(log, logEnd);
      said.lines().forEach(line -> System.out.println(format.remark(line)));
      logEnd = said.end();
      DecisionLog.Part decided = sallyport.decisions().linesFrom(decisionsEnd);
      decided.lines().forEach(line -> System.out.println(format.of(DecisionLog.parse(line))));
      decisionsEnd = decided.end();
      Await.pause();
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("make run: can't remove `" + folder + "`: " + e.getMessage());
    }
  }
}
