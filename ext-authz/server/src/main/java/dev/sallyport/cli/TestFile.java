package dev.sallyport.cli;

import dev.sallyport.engine.Assumption;
import dev.sallyport.engine.authenticate.SenderConstraint;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.compile.DurationText;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.server.files.FileProblem;
import dev.sallyport.server.files.TestFiles;
import dev.sallyport.server.grpc.CheckRequestJson;
import dev.sallyport.server.objects.FieldPath;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.ObjectReader;
import dev.sallyport.server.objects.ObjectReading;
import dev.sallyport.server.objects.Problems;
import dev.sallyport.server.objects.Shared;
import dev.sallyport.server.objects.SpecReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file of policy tests.
 *
 * <pre>
 * about: one sentence
 * policies: policies         # the folder, from here; the file's own without it
 * objects: [...]             # more objects, which go before those of the folder
 * tests:
 * - name: what must hold
 *   at: 2026-11-25T12:00:00Z # the clock of the decision
 *   repeat: 3                # asked so often; the last answer counts
 *   every: 1s                # how long after one another
 *   as: {identity: acme, scopes: [payments:read]}
 *   request: {method: GET, url: "https://host/path?query", headers: {...}, json: {...}}
 *   checkRequest: {...}      # in place of a request: what Envoy sent, or a file with it
 *   expect: {verdict: deny, reason: scope_insufficient}
 * </pre>
 *
 * @param policies null where the file's own folder is meant
 * @param objects of the file itself
 */
record TestFile(
    Path file,
    String about,
    @Nullable Path policies,
    List<Declared> objects,
    List<PolicyTest> tests) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** More of one test say nothing more, and somebody waits for them. */
  private static final long MOST_REPEATS = 1_000_000;

  /** A hundred years: no sum with a date of ours can overflow. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  /** The file as it is written; {@code objects} apart, which are read as everywhere. */
  public record Written(
      @Nullable String about, @Nullable String policies, List<Object> objects, List<Test> tests) {
    public Written {
      objects = objects == null ? List.of() : objects;
      tests = tests == null ? List.of() : tests;
    }
  }

  /** One test as it is written. */
  public record Test(
      String name,
      @Nullable String at,
      @Nullable Long repeat,
      @Nullable String every,
      @Nullable Caller as,
      TestRequest.@Nullable Written request,
      @Nullable Object checkRequest,
      Map<String, Object> expect) {}

  /** Who calls, in place of a credential. */
  public record Caller(
      @Nullable String identity,
      @Nullable String credential,
      @Nullable List<String> scopes,
      @Nullable Bound constraint) {}

  /** What a credential is bound to. */
  public enum Bound {
    mtls(SenderConstraint.CERTIFICATE),
    dpop(SenderConstraint.PROOF),
    none(SenderConstraint.NONE);

    private final SenderConstraint constraint;

    Bound(SenderConstraint constraint) {
      this.constraint = constraint;
    }
  }

  /** The same file with some of its tests. */
  TestFile with(List<PolicyTest> some) {
    return new TestFile(file, about, policies, objects, some);
  }

  /** What came of reading a file. */
  sealed interface Reading {
    /** It can be run. */
    record Good(TestFile file) implements Reading {}

    /**
     * It can't.
     *
     * @param problems at least one, by line
     */
    record Bad(List<FileProblem> problems) implements Reading {}
  }

  /**
   * Reads a file.
   *
   * @param now the clock of tests that name no time
   * @param regionHeader what the configuration calls it; null where it has none
   */
  static Reading read(Path file, Instant now, @Nullable String regionHeader) {
    return new Reader(file, now, regionHeader).read();
  }

  private static final class Reader {
    private final Path file;
    private final Path folder;
    private final Instant now;
    private final @Nullable String regionHeader;
    private final Problems problems = new Problems();

    Reader(Path file, Instant now, @Nullable String regionHeader) {
      this.file = file;
      this.folder = file.resolveSibling("");
      this.now = now;
      this.regionHeader = regionHeader;
    }

    Reading read() {
      TestFiles.Reading yaml = TestFiles.read(file);
      if (!yaml.problems().isEmpty()) {
        return new Reading.Bad(yaml.problems());
      }
      if (!(yaml.root() instanceof Node.Mapping root)) {
        return new Reading.Bad(
            List.of(
                new FileProblem(
                    file.toString(), 1, 1, "", Severity.ERROR, "holds no `tests`; name some")));
      }
      Written written =
          SpecReader.read(withoutObjects(root), Written.class, FieldPath.ROOT, problems);
      List<Declared> objects = objects(root.value("objects"));
      List<PolicyTest> tests = written == null ? List.of() : tests(written, root);
      if (written != null && written.tests().isEmpty()) {
        problems.error(root, FieldPath.ROOT.child("tests"), "there is no test; name some");
      }
      List<FileProblem> errors =
          problems.told().stream()
              .filter(problem -> problem.severity() == Severity.ERROR)
              .map(problem -> TestFiles.told(file, problem))
              .toList();
      if (written == null || !errors.isEmpty()) {
        return new Reading.Bad(errors);
      }
      return new Reading.Good(
          new TestFile(
              file,
              written.about() == null ? "" : written.about(),
              written.policies() == null ? null : policies(written.policies()),
              objects,
              tests));
    }

    private Path policies(String given) {
      return file.resolveSibling(given).normalize();
    }

    private static Node.Mapping withoutObjects(Node.Mapping root) {
      List<Node.Entry> entries = new ArrayList<>();
      for (Node.Entry entry : root.entries()) {
        boolean isList =
            entry.key().text().equals("objects") && entry.value() instanceof Node.Sequence;
        entries.add(
            isList ? new Node.Entry(entry.key(), new Node.Sequence(List.of(), 0, 0)) : entry);
      }
      return new Node.Mapping(entries, root.line(), root.column());
    }

    private List<Declared> objects(@Nullable Node node) {
      if (!(node instanceof Node.Sequence sequence)) {
        return List.of();
      }
      List<Declared> objects = new ArrayList<>();
      for (Node item : sequence.items()) {
        FieldPath place = FieldPath.ROOT.child("objects").item(objects.size());
        if (!(item instanceof Node.Mapping mapping)) {
          problems.error(item, place, "must be an object with `kind`");
          continue;
        }
        if (ObjectReader.read(withVersion(mapping), place, problems, new Shared())
            instanceof ObjectReading.Good(var key, var created, var generation, var content, _)) {
          objects.add(new Declared(key, created, generation, content));
        }
      }
      return objects;
    }

    /** The object with the version that its kind has here, where it names none. */
    private static Node.Mapping withVersion(Node.Mapping object) {
      if (object.value("apiVersion") != null) {
        return object;
      }
      return object.with(
          "apiVersion",
          switch (object.text("kind")) {
            case "Secret", "ConfigMap" -> "v1";
            case "HTTPRoute", "GRPCRoute" -> "gateway.networking.k8s.io/v1";
            default -> "sallyport.dev/v1alpha1";
          });
    }

    private List<PolicyTest> tests(Written written, Node.Mapping root) {
      List<PolicyTest> tests = new ArrayList<>();
      List<Node> places =
          root.value("tests") instanceof Node.Sequence(var items, _, _) ? items : List.of();
      for (int i = 0; i < written.tests().size(); i++) {
        FieldPath field = FieldPath.ROOT.child("tests").item(i);
        Node place = places.get(i);
        try {
          tests.add(test(written.tests().get(i), place, field, i));
        } catch (Failure e) {
          problems.error(place, field, String.valueOf(e.getMessage()));
        }
      }
      return tests;
    }

    private PolicyTest test(Test written, Node place, FieldPath field, int index) throws Failure {
      Instant at = time(written.at());
      Inbound inbound = inbound(written, "test-" + index, at);
      long repeat = written.repeat() == null ? 1 : written.repeat();
      if (repeat < 1 || repeat > MOST_REPEATS) {
        throw new Failure("`repeat` is a number from 1 to " + MOST_REPEATS);
      }
      Duration every =
          written.every() == null ? Duration.ZERO : DurationText.parse(written.every());
      if (every == null || every.compareTo(LONGEST.dividedBy(repeat)) > 0) {
        throw new Failure(
            "`every` is a duration such as `500ms` or `10s`, of at most 36,500 days in all");
      }
      return new PolicyTest(
          written.name(),
          place.line(),
          (int) repeat,
          every,
          inbound,
          written.request() != null && written.request().region() != null,
          assumption(written.as()),
          expected(written.expect(), place, field.child("expect")));
    }

    private Instant time(@Nullable String at) throws Failure {
      if (at == null) {
        return now;
      }
      try {
        OffsetDateTime time = OffsetDateTime.parse(at);
        if (time.getYear() > 0 && time.getYear() < 10_000) {
          return time.toInstant();
        }
      } catch (DateTimeException _) {
        // Told below.
      }
      throw new Failure("`at` is a time such as `2026-11-25T00:00:00Z`");
    }

    private Inbound inbound(Test written, String id, Instant at) throws Failure {
      if ((written.request() == null) == (written.checkRequest() == null)) {
        throw new Failure("a test has either `request` or `checkRequest`");
      }
      if (written.request() != null) {
        return TestRequest.read(written.request(), folder, id, at, regionHeader);
      }
      try {
        return CheckRequestJson.read(json(written.checkRequest()), id, at);
      } catch (IllegalArgumentException e) {
        throw new Failure("`checkRequest` is no CheckRequest in JSON: " + e.getMessage());
      }
    }

    private String json(@Nullable Object checkRequest) throws Failure {
      if (!(checkRequest instanceof String name)) {
        return JSON.writeValueAsString(checkRequest);
      }
      // What is not UTF-8 is no JSON either way.
      return new String(
          InputFile.ofRequest(folder.resolve(name), "`checkRequest`"), StandardCharsets.UTF_8);
    }

    private static @Nullable Assumption assumption(@Nullable Caller as) throws Failure {
      if (as == null) {
        return null;
      }
      if (as.identity() == null && as.scopes() == null) {
        throw new Failure("`as` needs an `identity`, or the `scopes` of a token that is nobody's");
      }
      return new Assumption(
          as.identity(),
          as.credential(),
          as.scopes(),
          as.constraint() == null ? null : as.constraint().constraint);
    }

    private Expected expected(Map<String, Object> written, Node test, FieldPath field)
        throws Failure {
      if (!written.containsKey("verdict") && !written.containsKey("reason")) {
        throw new Failure("`expect` needs a `verdict` or a `reason`");
      }
      Map<String, @Nullable Object> facts = new LinkedHashMap<>();
      written.forEach((name, value) -> {
        String objection = Expected.objection(name, value);
        if (objection != null) {
          problems.error(placeOf(name, test), field.child(name), objection);
        }
        facts.put(name, value);
      });
      return new Expected(facts);
    }

    private static Node placeOf(String fact, Node test) {
      if (test instanceof Node.Mapping mapping
          && mapping.value("expect") instanceof Node.Mapping expect) {
        for (Node.Entry entry : expect.entries()) {
          if (entry.key().text().equals(fact)) {
            return entry.key();
          }
        }
      }
      return test;
    }
  }
}
