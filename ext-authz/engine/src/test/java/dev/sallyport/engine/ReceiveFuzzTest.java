package dev.sallyport.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec.Paths;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Diagnostic;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;

/** Whatever is sent is answered, and never let through for being odd. */
class ReceiveFuzzTest {
  private static final String KEY = "the-only-key-there-is";

  private static final List<Reason> BUGS = List.of(Reason.INTERNAL_ERROR, Reason.OVERLOADED);

  /** The policies that allowed anything: a fuzz that is always denied shows nothing. */
  private static final Set<String> ALLOWING = new TreeSet<>();

  private static final Compilation COMPILATION =
      compile(
          """
          - {kind: ApiPolicy, metadata: {name: denies}, spec: {hosts: [denies.test]}}
          - kind: ApiPolicy
            metadata: {name: open}
            spec:
              hosts: [open.test]
              operations:
              - name: all
                match: [{methods: [GET, POST, PUT, OPTIONS, TRACE], path: '/**'}]
                authentication: None
          - kind: ApiPolicy
            metadata: {name: lenient}
            spec:
              hosts: [lenient.test]
              paths: {semicolons: Allow, encodedSlashes: Allow, emptySegments: Allow, trailingSlash: Ignore}
              operations:
              - name: all
                match: [{methods: [GET, POST, PUT, OPTIONS, TRACE], path: '/**'}, {methods: [GET, POST], path: /}]
                authentication: None
          - kind: ApiPolicy
            metadata: {name: guarded}
            spec:
              hosts: [guarded.test]
              preflight: Allow
              authentication:
                methods:
                - {name: header, apiKey: {header: X-Key}}
                - {name: prefixed, apiKey: {header: Authorization, prefix: 'ApiKey '}}
                - {name: query, apiKey: {query: key}}
                - {name: cookie, apiKey: {cookie: key}}
              rateLimits: [{name: all, per: [credential, sourceAddress], requests: 1000000, window: 1s}]
              operations:
              - name: all
                match: [{methods: [GET, POST, PUT, TRACE], path: '/**'}]
                request: {contentTypes: [application/json], maxBytes: 1000}
          - kind: NonHumanIdentity
            metadata: {name: acme}
            spec:
              type: Partner
              owner: {team: t}
              credentials: [{name: k, apiKey: {sha256: %s}}]
          """
              .formatted(ReferenceDecider.sha256(KEY)));

  private static final Pipeline PIPELINE =
      new Pipeline(
          Verifiers.of(KeySource.NONE, TokenReviewer.NONE),
          new SourceLocator(1, "x-region", RegionRanges.of(Map.of()), RegionSource.NONE),
          new SlowQuotaStore(() -> Worlds.NOW));

  private static Compilation compile(String objects) {
    Compilation compilation =
        Compiler.compile(new Changes(CaseObjects.parse(objects), List.of()), Compilation.EMPTY);
    assertThat(compilation.diagnostics())
        .extracting(Diagnostic::severity)
        .doesNotContain(Diagnostic.Severity.ERROR);
    return compilation;
  }

  // ---- what is sent

  /** Text of any kind: what a wire can hold, and what only a broken caller of ours could. */
  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.frequencyOf(
        Tuple.of(3, Arbitraries.strings().withCharRange('\0', '\u00ff').ofMaxLength(40)),
        Tuple.of(3, Arbitraries.strings().withCharRange('!', '~').ofMaxLength(40)),
        Tuple.of(1, Arbitraries.strings().all().ofMaxLength(20)),
        Tuple.of(1, Arbitraries.strings().withCharRange('\ud800', '\udfff').ofMaxLength(5)));
  }

  private static Arbitrary<String> hostile() {
    return Arbitraries.of(
        "%",
        "%2", "%2e", "%2E", "%2f", "%5c", "%00", "%25", "%zz", "%ff", "%c0%ae", "%C3%A9", "%3b",
        "..", ".", "/", "//", "\\", ";", "#", "?", "&", "=", "+", ",", " ", "\t", "\r\n", "\0",
        "\u007f", "\u0080", "é", "\ud83d", "\udc00", "@", ":", "[", "]", "*", "key=", "%6bey=",
        "\"", "{", "\u2028", "\uff0e", "\uff0f", "%u002e", "..;", "/../", "/./", "A");
  }

  /** A valid text with something hostile put in, put in place of a character, or with a cut. */
  private static Arbitrary<String> mutated(Arbitrary<String> valid) {
    Arbitrary<String> once =
        Combinators.combine(
                valid,
                hostile(),
                Arbitraries.integers().between(0, 60),
                Arbitraries.integers().between(0, 2))
            .as((text, bad, where, kind) -> {
              int at = Math.min(where, text.length());
              int rest = Math.min(text.length(), at + (kind == 0 ? 0 : 1));
              return text.substring(0, at) + (kind == 2 ? "" : bad) + text.substring(rest);
            });
    return Arbitraries.frequencyOf(Tuple.of(2, valid), Tuple.of(3, once));
  }

  @Provide
  Arbitrary<Inbound> inbounds() {
    Arbitrary<String> methods =
        Arbitraries.frequencyOf(
            Tuple.of(8, Arbitraries.of("GET", "GET", "POST", "OPTIONS", "CONNECT", "TRACE")),
            Tuple.of(1, mutated(Arbitraries.of("GET", "POST"))),
            Tuple.of(1, texts()));
    Arbitrary<String> paths =
        Arbitraries.frequencyOf(
            Tuple.of(
                8,
                mutated(
                    mutated(
                        Arbitraries.of(
                            "/",
                            "/a",
                            "/a/b",
                            "/a/b/c.json",
                            "/a%20b/%C3%A9",
                            "/a;b=1/c",
                            "/a/",
                            "/a%2Fb",
                            "/a//b",
                            "/a?x=1&key=" + KEY,
                            "/a?key=other&y",
                            "*",
                            "")))),
            Tuple.of(1, texts()),
            Tuple.of(2, texts().map(text -> "/" + text)));
    Arbitrary<String> hosts =
        Arbitraries.frequencyOf(
            Tuple.of(
                8,
                Arbitraries.of(
                    "open.test", "lenient.test", "guarded.test", "guarded.test", "denies.test")),
            Tuple.of(
                3,
                mutated(
                    Arbitraries.of(
                        "open.test:80", "DENIES.test.", "guarded.test", "[2001:db8::1]:8"))),
            Tuple.of(1, texts()));
    return Combinators.combine(
            methods,
            paths,
            hosts,
            headers(),
            Combinators.combine(
                    Arbitraries.of("192.0.2.1", "2001:db8::1", "", "nowhere", "1.2.3.4.5"),
                    Arbitraries.integers().between(-1, 2000),
                    Arbitraries.frequencyOf(
                        Tuple.of(9, Arbitraries.just("none")),
                        Tuple.of(1, mutated(Arbitraries.of("default/denies", "default/open"))),
                        Tuple.of(1, texts())))
                .as(Tuple::of))
        .as((method, path, host, headers, rest) ->
            new Inbound(
                "id",
                Worlds.NOW,
                method,
                path,
                host,
                headers,
                Inbound.Body.of(new byte[Math.max(0, rest.get2())], rest.get2()),
                rest.get1(),
                null,
                rest.get3().equals("none") ? null : rest.get3(),
                List.of()));
  }

  private Arbitrary<Headers> headers() {
    Arbitrary<Map.Entry<String, String>> known =
        Combinators.combine(
                Arbitraries.of(
                    "x-key",
                    "authorization",
                    "cookie",
                    "host",
                    "content-type",
                    "content-length",
                    "content-encoding",
                    "x-forwarded-for",
                    "x-region",
                    "origin",
                    "access-control-request-method",
                    "x-http-method-override",
                    "x-envoy-auth-partial-body",
                    "transfer-encoding",
                    "upgrade",
                    ":path"),
                mutated(
                    Arbitraries.of(
                        KEY,
                        "ApiKey " + KEY,
                        "key=" + KEY,
                        "a=1; key=" + KEY + "; b=2",
                        "application/json",
                        "1",
                        "0",
                        "gzip",
                        "192.0.2.7, 198.51.100.1",
                        "DE",
                        "https://a.test",
                        "guarded.test",
                        "false",
                        "chunked")))
            .as(Map::entry);
    Arbitrary<Map.Entry<String, String>> random =
        Combinators.combine(texts(), texts()).as(Map::entry);
    Arbitrary<List<Map.Entry<String, String>>> lines =
        Arbitraries.frequencyOf(Tuple.of(9, known), Tuple.of(1, random)).list().ofMaxSize(6);
    return Arbitraries.frequencyOf(
        Tuple.of(1, lines.map(Headers::listed)), Tuple.of(1, lines.map(ReceiveFuzzTest::joined)));
  }

  /** As Envoy joins them. */
  private static Headers joined(List<Map.Entry<String, String>> lines) {
    Map<String, String> joined = new HashMap<>();
    lines.forEach(line -> joined.merge(line.getKey(), line.getValue(), (a, b) -> a + ',' + b));
    return Headers.joined(joined);
  }

  // ---- what must hold

  @Property(tries = 20_000, edgeCases = EdgeCasesMode.NONE)
  void everythingIsAnsweredAndNothingOddIsAllowed(@ForAll("inbounds") Inbound inbound) {
    check(inbound);
  }

  @AfterContainer
  static void everyPolicyButOneAllowedSomething() {
    assertThat(ALLOWING).containsExactly("guarded", "lenient", "open");
  }

  private static void check(Inbound inbound) {
    Decision decision = decide(inbound, Patience.NONE);
    assertThat(decision.reason()).as("a bug is a bug though it is denied").isNotIn(BUGS);
    Decision patient = decide(inbound, Patience.until(Worlds.NOW.plusSeconds(1)));
    assertThat(patient.reason()).isEqualTo(decision.reason());
    if (!decision.allowed()) {
      return;
    }
    ObjectKey policy = decision.facts().policy();
    assertThat(policy).isNotNull();
    ALLOWING.add(policy.name());
    String path = inbound.path();
    int question = path.indexOf('?');
    String withoutQuery = question < 0 ? path : path.substring(0, question);
    switch (policy.name()) {
      case "open", "guarded" ->
          assertThat(ReferencePath.segments(withoutQuery, Paths.STRICT)).isNotNull();
      case "lenient" -> assertThat(ReferencePath.alwaysMalformed(withoutQuery)).isFalse();
      default -> throw new AssertionError("allowed by " + policy);
    }
    if (inbound.policyExtension() == null) {
      assertThat(inbound.host()).matches("(?i)" + policy.name() + "\\.test\\.?(:[0-9]+)?");
    }
    boolean preflight = decision.facts().operation() == null;
    if (policy.name().equals("guarded") && !preflight) {
      assertThat(decision.facts().identity()).isNotNull();
      assertThat(holdsTheKey(inbound)).isTrue();
    }
  }

  private static Decision decide(Inbound inbound, Patience patience) {
    return ((Pipeline.Answer.Decided) PIPELINE.decide(inbound, COMPILATION.snapshot(), patience))
        .decision();
  }

  /** Somewhere, whole, and as one value. */
  private static boolean holdsTheKey(Inbound inbound) {
    Headers headers = inbound.headers();
    List<String> cookies = new ArrayList<>();
    headers.values("cookie").forEach(line -> cookies.addAll(List.of(line.split(";", -1))));
    int question = inbound.path().indexOf('?');
    List<String> parameters =
        question < 0 ? List.of() : List.of(inbound.path().substring(question + 1).split("&", -1));
    return headers.values("x-key").equals(List.of(KEY))
        || (headers.values("authorization").size() == 1
            && headers.values("authorization").getFirst().matches("(?i:apikey) +" + KEY))
        || cookies.stream().anyMatch(cookie -> cookie.strip().equals("key=" + KEY))
        || parameters.contains("key=" + KEY);
  }

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void aKeyWithOneOtherCharacterIsNotTheKey(
      @ForAll("places") int place, @ForAll("positions") int position, @ForAll char other) {
    StringBuilder changed = new StringBuilder(KEY);
    changed.setCharAt(position, other);
    String key = changed.toString();
    if (key.equals(KEY)) {
      return;
    }
    Map<String, String> headers =
        switch (place) {
          case 0 -> Map.of("x-key", key);
          case 1 -> Map.of("authorization", "ApiKey " + key);
          case 2 -> Map.of("cookie", "key=" + key);
          default -> Map.of();
        };
    String path = place == 3 ? "/a?key=" + key : "/a";
    Decision decision = decide(get("guarded.test", path, Headers.joined(headers)), Patience.NONE);
    assertThat(decision.allowed()).isFalse();
    assertThat(decision.reason()).isNotIn(BUGS);
  }

  @Provide
  Arbitrary<Integer> places() {
    return Arbitraries.integers().between(0, 3);
  }

  @Provide
  Arbitrary<Integer> positions() {
    return Arbitraries.integers().between(0, KEY.length() - 1);
  }

  // ---- what is large

  private static Inbound get(String host, String path, Headers headers) {
    return new Inbound(
        "id",
        Worlds.NOW,
        "GET",
        path,
        host,
        headers,
        Inbound.Body.NONE,
        null,
        null,
        null,
        List.of());
  }

  @Example
  void tenThousandHeadersAreDenied() {
    List<Map.Entry<String, String>> lines = new ArrayList<>();
    Map<String, String> map = new HashMap<>();
    for (int i = 0; i < 10_000; i++) {
      lines.add(Map.entry("x-" + i % 5000, "v"));
      map.put("x-" + i, "v");
    }
    for (Headers headers : List.of(Headers.listed(lines), Headers.joined(map))) {
      Inbound inbound = get("open.test", "/a", headers);
      check(inbound);
      assertThat(decide(inbound, Patience.NONE).reason()).isEqualTo(Reason.REQUEST_MALFORMED);
    }
  }

  @Example
  void aMebibyteOfAnythingIsDenied() {
    int mebibyte = 1 << 20;
    for (String unit :
        List.of("a", "/", ".", "/a", "%2e", "/../", ";", "key=a;", "&key=", "\0", " ")) {
      String text = unit.repeat(mebibyte / unit.length());
      for (Inbound inbound :
          List.of(
              get("open.test", "/" + text, Headers.NONE),
              get("open.test", "/a?" + text, Headers.NONE),
              get(text, "/a", Headers.NONE),
              get("open.test", "/a", Headers.joined(Map.of("x-large", text))),
              get("guarded.test", "/a", Headers.joined(Map.of("x-key", text))),
              get("guarded.test", "/a", Headers.joined(Map.of("cookie", text))),
              get("guarded.test", "/a", Headers.joined(Map.of("authorization", "ApiKey " + text))),
              get("open.test", "/a", Headers.joined(Map.of(text, "x"))),
              get("open.test", "/a", Headers.joined(Map.of("x-forwarded-for", text))),
              get("open.test", "/a", Headers.joined(Map.of("host", text))))) {
        check(inbound);
        assertThat(decide(inbound, Patience.NONE).allowed()).isFalse();
      }
    }
  }
}
