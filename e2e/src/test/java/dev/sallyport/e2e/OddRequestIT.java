package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests that two parsers could read in two ways, through an Envoy that passes on all it can and
 * sends headers in either form.
 *
 * <p>Every path is declared by the policies here, and the credential is good: what is denied is
 * denied for its form.
 */
class OddRequestIT {
  private static final String STRICT = "strict.example.com";
  private static final String LENIENT = "lenient.example.com";
  private static final Map<HeaderForm, EnvoyProcess> ENVOYS = new EnumMap<>(HeaderForm.class);

  private static Boundary boundary;

  @BeforeAll
  static void start(@TempDir Path work) {
    boundary =
        Boundary.start(
            work,
            TestPolicies.folder(),
            sallyport -> sallyport,
            EnvoyProcess.Settings::passingEverythingOn);
    ENVOYS.put(HeaderForm.LISTED, boundary.envoy());
    ENVOYS.put(
        HeaderForm.JOINED,
        EnvoyProcess.start(
            EnvoyProcess.Settings.of(
                    work.resolve("joined"), boundary.upstream(), boundary.sallyport().address())
                .passingEverythingOn()
                .joiningHeaders()));
  }

  @AfterAll
  static void end() {
    ENVOYS.values().forEach(EnvoyProcess::close);
    if (boundary != null) {
      boundary.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> ambiguousPathsAreMalformed() {
    return Stream.of(
            "/v1/items/../secret",
            "/v1/items/..",
            "/v1/./items",
            "/v1/items/.",
            "/v1/items/%2e%2e/secret",
            "/v1/items/.%2E/secret",
            "/v1/items/%2E",
            "/v1/items%2Fsecret",
            "/v1/items%2fsecret",
            "/v1/items%5Csecret",
            "/v1/items%5csecret",
            "/v1/items%00",
            "/v1/items/%252e%252e/secret",
            "/v1/items/50%25",
            "/v1/items;admin=1/x",
            "/v1/items/..;x=1/secret",
            "/v1/items/a%3Bb",
            "/v1\\items",
            "//v1/items",
            "/v1//items/1",
            "/v1/items//",
            "/v1/items/%zz",
            "/v1/items/%4",
            "/v1/items/%",
            "/v1/items/%ff",
            "/v1/items/%c0%af")
        .flatMap(
            path -> inBothForms(path, RawRequest.get(STRICT, path), OddRequestIT::isMalformed));
  }

  @TestFactory
  Stream<DynamicTest> pathsThatEnvoyItselfRefusesNeverPass() {
    return Stream.of(
            "/v1/items/caf\u00c3\u00a9", "/v1/items/\u00ff", "/v1/items/a\tb", "/v1/items#x")
        .flatMap(path ->
            inBothForms(path, RawRequest.get(STRICT, path), reply -> hasStatus(400, reply)));
  }

  @TestFactory
  Stream<DynamicTest> ordinaryEscapesAreMatchedDecodedAndForwardedAsTheyCame() {
    return Stream.of(
            "/v1/items/a%20b", "/v1/items/caf%C3%A9", "/v1/items/%61", "/v1/items/~a!$&'()*+,=:@")
        .flatMap(path ->
            inBothForms(path, RawRequest.get(STRICT, path), reply -> passes(reply, path, "item")));
  }

  @TestFactory
  Stream<DynamicTest> anEscapedSegmentMatchesTheTemplateThatSpellsItOut() {
    String path = "/v1/caf%c3%a9/7?size=50%25";
    return inBothForms(path, RawRequest.get(STRICT, path), reply -> passes(reply, path, "coffee"));
  }

  @TestFactory
  Stream<DynamicTest> aPolicyMayLetAmbiguousPathsThroughAsTheUpstreamGetsThem() {
    return Stream.of(
            List.of("/v1/items/a;b=1", "item"),
            List.of("/v1/items/a%3Bb", "item"),
            List.of("/v1/items/a%2Fb", "item"),
            List.of("/v1/items/1/", "item"),
            List.of("/v1//items", "below"),
            List.of("/v1/items//1", "below"))
        .flatMap(row ->
            inBothForms(
                row.get(0),
                RawRequest.get(LENIENT, row.get(0)),
                reply -> passes(reply, row.get(0), row.get(1))));
  }

  @TestFactory
  Stream<DynamicTest> noOptionLetsAPathThroughThatLeavesItsFolder() {
    return Stream.of(
            "/v1/..;x=1/secret",
            "/v1/a%2F..%2Fsecret",
            "/v1/%2e%2e%2Fsecret",
            "/v1/a%5Cb",
            "/v1/%252e",
            "/v1/%00")
        .flatMap(
            path -> inBothForms(path, RawRequest.get(LENIENT, path), OddRequestIT::isMalformed));
  }

  @TestFactory
  Stream<DynamicTest> oneHostInAnySpellingFindsItsPolicy() {
    return Stream.of(
            "STRICT.Example.Com",
            "strict.example.com:8080",
            "strict.example.com.",
            "Strict.example.com.:443",
            "[2001:db8::1]",
            "[2001:DB8:0:0::1]:8080")
        .flatMap(host ->
            inBothForms(
                host,
                RawRequest.get(host, "/v1/items/1"),
                reply -> passes(reply, "/v1/items/1", "item")));
  }

  @TestFactory
  Stream<DynamicTest> hostsThatAreNotOneNameAreMalformed() {
    return Stream.of(
            "",
            "strict.example.com,lenient.example.com",
            "user@strict.example.com",
            "strict.example.com:80:80",
            "strict.example.com..",
            "strict..example.com",
            "[2001:db8::1")
        .flatMap(host ->
            inBothForms(
                host,
                RawRequest.get(host, "/v1/items/1"),
                reply -> neverPassesWith(reply, List.of(400))));
  }

  @TestFactory
  Stream<DynamicTest> twoHostLinesAreMalformed() {
    return inBothForms(
        "two Host lines",
        RawRequest.get(STRICT, "/v1/items/1").with("Host", LENIENT),
        OddRequestIT::isMalformed);
  }

  @TestFactory
  Stream<DynamicTest> aKeyThatIsNotExactlyOneKeyNeverMatches() {
    String key = TestPolicies.READER;
    RawRequest bare = RawRequest.get(STRICT, "/v1/items/1");
    return Stream.of(
            Map.entry("the same key twice", bare.with("X-API-Key", key).with("X-API-Key", key)),
            Map.entry(
                "two keys", bare.with("X-API-Key", key).with("X-API-Key", TestPolicies.GUEST)),
            Map.entry("a key and an empty line", bare.with("X-API-Key", key).with("X-API-Key", "")),
            Map.entry("joined by a comma", bare.with("X-API-Key", key + "," + key)),
            Map.entry("joined by comma and space", bare.with("X-API-Key", key + ", x")),
            Map.entry("empty", bare.with("X-API-Key", "")),
            Map.entry("its beginning", bare.with("X-API-Key", key.substring(0, 10))),
            Map.entry("more than it", bare.with("X-API-Key", key + "x")),
            Map.entry("in other case", bare.with("X-API-Key", key.toUpperCase(Locale.ROOT))),
            Map.entry("not UTF-8", bare.with("X-API-Key", key + "\u00ff")),
            Map.entry("what Envoy makes of it", bare.with("X-API-Key", key + "!")),
            Map.entry("100 kB", bare.with("X-API-Key", "k".repeat(100_000))))
        .flatMap(row ->
            inForms(
                row.getKey(), row.getValue(), reply -> neverPassesWith(reply, List.of(400, 401))));
  }

  @TestFactory
  Stream<DynamicTest> requestsThatOverrideTheirMethodAreMalformed() {
    return Stream.of("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
        .flatMap(header ->
            inBothForms(
                header,
                RawRequest.get(STRICT, "/v1/items/1").with(header, "DELETE"),
                OddRequestIT::isMalformed));
  }

  @TestFactory
  Stream<DynamicTest> tooManyHeadersAreDenied() {
    RawRequest request = RawRequest.get(STRICT, "/v1/items/1");
    List<Field> fields =
        Stream.concat(
                request.fields().stream(),
                Stream.iterate(0, i -> i + 1)
                    .limit(10_000)
                    .map(i -> new Field("X-Field-" + i, "value")))
            .toList();
    return inBothForms(
        "10,000 headers",
        new RawRequest("GET", request.target(), fields, ""),
        OddRequestIT::isMalformed);
  }

  @TestFactory
  Stream<DynamicTest> anEndlessHeaderIsDenied() {
    return inBothForms(
        "1 MiB in one header",
        RawRequest.get(STRICT, "/v1/items/1").with("X-Long", "x".repeat(1 << 20)),
        OddRequestIT::isMalformed);
  }

  @TestFactory
  Stream<DynamicTest> anEndlessPathIsDenied() {
    return inBothForms(
        "a path of 100 kB",
        RawRequest.get(STRICT, "/v1/items/" + "x".repeat(100_000)),
        OddRequestIT::isMalformed);
  }

  @TestFactory
  Stream<DynamicTest> tunnelsAndRequestsWithoutAPathAreDeniedAndHarmNobody() {
    return Stream.of(
            Map.entry("CONNECT", RawRequest.of("CONNECT", STRICT + ":443", STRICT + ":443")),
            Map.entry("CONNECT to elsewhere", RawRequest.of("CONNECT", "a:1", "a:1")),
            Map.entry("OPTIONS *", RawRequest.of("OPTIONS", STRICT, "*")),
            Map.entry(
                "OPTIONS * as a preflight",
                RawRequest.of("OPTIONS", STRICT, "*")
                    .with("Origin", "https://example.com")
                    .with("Access-Control-Request-Method", "GET")),
            Map.entry("TRACE", RawRequest.of("TRACE", STRICT, "/v1/items/1")))
        .flatMap(row ->
            inBothForms(
                row.getKey(),
                row.getValue(),
                reply -> {
                  neverPassesWith(reply, List.of(400, 401, 403, 404, 405));
                  stillServes();
                }));
  }

  @TestFactory
  Stream<DynamicTest> anUpgradeIsDecidedLikeEveryOtherRequest() {
    RawRequest upgrade =
        RawRequest.get(STRICT, "/v1/items/1")
            .with("Connection", "Upgrade")
            .with("Upgrade", "websocket");
    return Stream.concat(
        inBothForms("with a key", upgrade, reply -> hasStatus(200, reply)),
        inForms("without a key", upgrade, reply -> neverPassesWith(reply, List.of(401))));
  }

  @TestFactory
  Stream<DynamicTest> aHeadOfAnUnknownKeyIsDeniedWithoutABody() {
    return inForms(
        "HEAD",
        RawRequest.of("HEAD", STRICT, "/v1/items/1"),
        reply -> {
          hasStatus(401, reply);
          assertThat(reply.first("www-authenticate")).isPresent();
        });
  }

  /** With a good key, in both forms. */
  private static Stream<DynamicTest> inBothForms(
      String name, RawRequest request, Consumer<Reply> check) {
    return inForms(name, request.with("X-API-Key", TestPolicies.READER), check);
  }

  private static Stream<DynamicTest> inForms(
      String name, RawRequest request, Consumer<Reply> check) {
    return Stream.of(HeaderForm.values())
        .map(form ->
            DynamicTest.dynamicTest(
                printable(name) + ", " + form, () -> check.accept(ENVOYS.get(form).send(request))));
  }

  private static String printable(String name) {
    return name.chars()
        .mapToObj(c -> c < 0x20 || c > 0x7e ? "\\x%02x".formatted(c) : Character.toString(c))
        .collect(Collectors.joining());
  }

  private static void isMalformed(Reply reply) {
    assertThat(reply.status()).as("%s", reply).isEqualTo(400);
    assertThat(reply.reason()).isEqualTo("request_malformed");
    assertThat(reply.first("content-type")).hasValue("application/problem+json");
    assertThat(reply.seen()).isEmpty();
  }

  private static void passes(Reply reply, String target, String operation) {
    assertThat(reply.status()).as("%s", reply).isEqualTo(200);
    Upstream.Seen seen = reply.seen().orElseThrow();
    assertThat(seen.target()).isEqualTo(target);
    assertThat(seen.all("x-sallyport-operation")).containsExactly(operation);
    assertThat(seen.all("x-api-key")).isEmpty();
  }

  private static void hasStatus(int status, Reply reply) {
    assertThat(reply.status()).as("%s", reply).isEqualTo(status);
  }

  private static void neverPassesWith(Reply reply, List<Integer> statuses) {
    assertThat(reply.status()).as("%s", reply).isIn(statuses);
    assertThat(reply.seen()).isEmpty();
  }

  private static void stillServes() {
    RawRequest ordinary =
        RawRequest.get(STRICT, "/v1/items/1").with("X-API-Key", TestPolicies.READER);
    passes(boundary.send(ordinary), "/v1/items/1", "item");
  }
}
