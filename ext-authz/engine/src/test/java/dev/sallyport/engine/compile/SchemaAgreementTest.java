package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicySpec.ApiKey;
import dev.sallyport.crd.ApiPolicySpec.Authentication;
import dev.sallyport.crd.ApiPolicySpec.Dpop;
import dev.sallyport.crd.ApiPolicySpec.FieldRule;
import dev.sallyport.crd.ApiPolicySpec.Fields;
import dev.sallyport.crd.ApiPolicySpec.Jwt;
import dev.sallyport.crd.ApiPolicySpec.Match;
import dev.sallyport.crd.ApiPolicySpec.Method;
import dev.sallyport.crd.ApiPolicySpec.Mtls;
import dev.sallyport.crd.ApiPolicySpec.Operation;
import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.crd.ApiPolicySpec.RequestRules;
import dev.sallyport.crd.ApiPolicySpec.Selector;
import dev.sallyport.crd.LocalRef;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.NonHumanIdentitySpec.X509;
import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.engine.decision.ObjectKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The API server takes a text where the compiler takes it: the schemas of the definitions and the
 * compiler say the same of every text that both look at.
 */
class SchemaAgreementTest {
  /** Characters that mean something in one of the texts, and some that mean nothing anywhere. */
  private static final String ALPHABET =
      "aZ09-_.~*/{}[]:;,?#%&=+!$^|`'\"\\<>()@ \t\n\u007f\u0000é€";

  /**
   * A text of a spec.
   *
   * @param field its path in its kind
   * @param schema of the field
   * @param right what is taken; others are made of these
   * @param object an object that has nothing wrong but the text
   * @param alsoRefused what the compiler refuses and a pattern can't say
   */
  private record Text(
      String field,
      Map<?, ?> schema,
      List<String> right,
      Function<String, Declared.Content> object,
      Pattern alsoRefused) {}

  private static final List<Text> TEXTS =
      List.of(
          text(
              "ApiPolicy.spec.hosts[]",
              // An address in brackets that is none.
              "\\[.*]",
              host -> policy(List.of(host), List.of(), List.of(), List.of()),
              "a.example.com",
              "*.Example.com",
              "[::1]",
              "a_b.c-d"),
          text(
              "ApiPolicy.spec.operations[].name",
              "",
              name -> operation(name, match("/"), null),
              "read-payment",
              "v1.Read_it"),
          text(
              "ApiPolicy.spec.operations[].match[].path",
              // A parameter that stands twice.
              ".*\\{([^{}]*)}.*\\{\\1}.*",
              path -> operation("a", match(path), null),
              "/",
              "/v1/payments/{paymentId}",
              "/a/",
              "/a/.../b",
              "/a/.b/..c/",
              "/files/**",
              "/{a}/{b}/{c}"),
          text(
              "ApiPolicy.spec.operations[].match[].grpc",
              "",
              grpc -> operation("a", new Match(List.of(), null, grpc), null),
              "pkg.Service/Method",
              "pkg.v1.Service/*"),
          text(
              "ApiPolicy.spec.operations[].match[].methods[]",
              "CONNECT",
              method -> operation("a", new Match(List.of(method), "/", null), null),
              "GET",
              "M-SEARCH"),
          text(
              "ApiPolicy.spec.operations[].scopes[]",
              "",
              SchemaAgreementTest::scoped,
              "payments:read",
              "https://example.com/a.b"),
          text(
              "ApiPolicy.spec.operations[].fields.selectors[].query",
              "",
              parameter -> fields(parameter, null, "id", null),
              "fields",
              "$select",
              "fields[payments]"),
          text(
              "ApiPolicy.spec.operations[].fields.selectors[].jsonBody",
              "",
              pointer -> fields(null, pointer, "id", null),
              "",
              "/data/a~1b~0/0"),
          text(
              "ApiPolicy.spec.operations[].fields.available[]",
              "",
              field -> fields("fields", null, field, null),
              "id",
              "card.number",
              "$ref.@type.dc:title"),
          text(
              "ApiPolicy.spec.operations[].fields.rules[].fields[]",
              "",
              field -> fields("fields", null, covered(field), field),
              "*",
              "card",
              "card.*",
              "card.number"),
          text(
              "ApiPolicy.spec.operations[].request.contentTypes[]",
              "",
              type ->
                  operation(
                      "a",
                      match("/"),
                      new RequestRules(List.of(type), List.of(), null, null, null)),
              "application/json",
              "application/*+json",
              "text/*"),
          text(
              "ApiPolicy.spec.operations[].request.contentEncodings[]",
              "",
              coding ->
                  operation(
                      "a",
                      match("/"),
                      new RequestRules(List.of(), List.of(coding), null, null, null)),
              "gzip",
              "x-gzip"),
          text(
              "ApiPolicy.spec.authentication.methods[].name",
              "",
              name -> method(name, new ApiKey("X-Key", null, null, null)),
              "partner-keys"),
          text(
              "ApiPolicy.spec.authentication.methods[].apiKey.header",
              "(?i)te|host|x-envoy-.*|x-sallyport-.*",
              header -> method("a", new ApiKey(header, null, null, null)),
              "X-API-Key",
              "x~key!"),
          text(
              "ApiPolicy.spec.authentication.methods[].apiKey.prefix",
              "",
              prefix -> method("a", new ApiKey("Authorization", prefix, null, null)),
              "ApiKey ",
              "key:"),
          text(
              "ApiPolicy.spec.authentication.methods[].apiKey.query",
              "",
              query -> method("a", new ApiKey(null, null, query, null)),
              "api_key",
              "k.e~y"),
          text(
              "ApiPolicy.spec.authentication.methods[].apiKey.cookie",
              "",
              cookie -> method("a", new ApiKey(null, null, null, cookie)),
              "key",
              "__Host-key"),
          text(
              "ApiPolicy.spec.authentication.dpop.origins[]",
              // An address in brackets that is none.
              ".*\\[.*",
              origin -> proofs(origin, null),
              "https://api.example.com",
              "HTTPS://a_b.c-d:8443/x/%7Ey;z/",
              "https://[::1]:443"),
          text(
              "ApiPolicy.spec.authentication.dpop.maxAge",
              // A rule says how long it may be.
              "0.*|[0-9]+.*",
              age -> proofs("https://api.example.com", age),
              "60s",
              "10m",
              "1ms"),
          text(
              "ApiPolicy.spec.authentication.methods[].jwt.header",
              "(?i)te|host|dpop|authorization|x-envoy-.*|x-sallyport-.*",
              header -> token(header, null, null, null),
              "X-Access-Token",
              "dpop2"),
          text(
              "ApiPolicy.spec.authentication.methods[].jwt.prefix",
              "",
              prefix -> token("X-Access-Token", prefix, null, null),
              "Token ",
              "token:"),
          text(
              "ApiPolicy.spec.authentication.methods[].jwt.query",
              "",
              query -> token(null, null, query, null),
              "access_token",
              "t.o~k"),
          text(
              "ApiPolicy.spec.authentication.methods[].jwt.cookie",
              "",
              cookie -> token(null, null, null, cookie),
              "session",
              "__Host-session"),
          text(
              "ApiPolicy.spec.authentication.resourceMetadata",
              // A host that is none, or a bad escape.
              "(?i)https://(?!([a-z0-9]+\\.)*[a-z]+(:[0-9]{1,5})?(/[!$&-Z_a-z~]*)?\\z).*",
              SchemaAgreementTest::described,
              "https://api.example.com/.well-known/oauth-protected-resource",
              "HTTPS://api.example.com:8443/a;b"),
          text(
              "ApiPolicy.spec.authentication.methods[].mtls.trustDomains[]",
              "",
              domain ->
                  policy(
                      List.of("a.example.com"),
                      List.of(new Method("a", null, null, null, new Mtls(List.of(domain)))),
                      List.of(),
                      List.of()),
              "cluster.local",
              "a_b.c-d"),
          text(
              "ApiPolicy.spec.rateLimits[].name",
              "",
              name -> limited(name, "1m"),
              "per-identity",
              "0"),
          text(
              "ApiPolicy.spec.rateLimits[].window",
              // A rule says how long it may be.
              "0.*|[0-9]+.*",
              window -> limited("a", window),
              "1m",
              "500s",
              "31d"),
          text(
              "NonHumanIdentity.spec.grants.scopes[]",
              "",
              scope -> identity(List.of(scope), List.of(), List.of(), null),
              "payments:read"),
          text(
              "NonHumanIdentity.spec.constraints.regions[]",
              "",
              region -> identity(List.of(), List.of(region), List.of(), null),
              "DE",
              "eu-central-1"),
          text(
              "NonHumanIdentity.spec.constraints.cidrs[]",
              // A rule says what is a network.
              "[0-9A-Fa-f:.]+(/[0-9]+)?",
              cidr -> identity(List.of(), List.of(), List.of(cidr), null),
              "203.0.113.0/24",
              "2001:db8::/32",
              "203.0.113.7"),
          text(
              "NonHumanIdentity.spec.credentials[].x509.spiffeId",
              "",
              id -> certificate(new X509(id, null, null, null)),
              "spiffe://cluster.local/ns/payments/sa/exporter",
              "spiffe://a/.../b",
              "spiffe://a_b.c/.a/..b/-"),
          text(
              "NonHumanIdentity.spec.credentials[].x509.sha256",
              "",
              digest -> certificate(new X509(null, digest, null, null)),
              "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
          text(
              "NonHumanIdentity.spec.credentials[].x509.dnsName",
              "",
              name -> certificate(new X509(null, null, null, name)),
              "exporter.example.com",
              "a--b.c-1"),
          text(
              "NonHumanIdentity.spec.rotation.maxAge",
              // A rule says how long it may be.
              "[0-9]{6,}.*",
              age -> identity(List.of(), List.of(), List.of(), age),
              "90d",
              "12h",
              "0s"));

  @Property(tries = 4_000)
  void aTextIsTakenByBothOrByNeither(@ForAll("texts") Tried tried) {
    Text text = tried.text();
    boolean compiled = isTaken(text.object().apply(tried.value()));
    boolean fits = fits(text.schema(), tried.value());
    if (compiled != fits) {
      assertThat(fits && text.alsoRefused().matcher(tried.value()).matches())
          .as(
              "`%s` at %s: the compiler takes it: %s, the schema: %s",
              tried.value(), text.field(), compiled, fits)
          .isTrue();
    }
  }

  @Property(tries = 1)
  void whatIsRightIsTakenByBoth() {
    for (Text text : TEXTS) {
      for (String value : text.right()) {
        assertThat(isTaken(text.object().apply(value))).as("%s %s", text.field(), value).isTrue();
        assertThat(fits(text.schema(), value)).as("%s %s", text.field(), value).isTrue();
      }
    }
  }

  private record Tried(Text text, String value) {}

  /** A right text with a few characters put in or left out. */
  @Provide
  Arbitrary<Tried> texts() {
    Arbitrary<Integer> place = Arbitraries.integers().between(0, 1_000);
    Arbitrary<String> inserted =
        Arbitraries.strings().withChars(ALPHABET.toCharArray()).ofMaxLength(2);
    Arbitrary<Function<String, String>> edit =
        Combinators.combine(place, inserted, Arbitraries.integers().between(0, 2))
            .as((at, text, removed) ->
                value -> {
                  int from = value.isEmpty() ? 0 : at % (value.length() + 1);
                  int to = Math.min(value.length(), from + removed);
                  return value.substring(0, from) + text + value.substring(to);
                });
    return Arbitraries.of(TEXTS)
        .flatMap(text ->
            Combinators.combine(Arbitraries.of(text.right()), edit.list().ofMaxSize(3))
                .as((right, edits) -> {
                  String value = right;
                  for (Function<String, String> one : edits) {
                    value = one.apply(value);
                  }
                  return new Tried(text, value);
                }));
  }

  // ---- the schema

  private static boolean fits(Map<?, ?> schema, String value) {
    int length = value.codePointCount(0, value.length());
    return length >= (schema.get("minLength") instanceof Integer least ? least : 0)
        && length <= (Integer) schema.get("maxLength")
        && endingAsInGo((String) schema.get("pattern")).matcher(value).find();
  }

  /** To Java a final dollar means the end or a line break before it, to the API server the end. */
  private static Pattern endingAsInGo(String pattern) {
    return Pattern.compile(
        pattern.endsWith("$") ? pattern.substring(0, pattern.length() - 1) + "\\z" : pattern);
  }

  private static Map<?, ?> schema(String field) {
    String kind = field.substring(0, field.indexOf('.'));
    String plural = kind.equals("ApiPolicy") ? "apipolicies" : "nonhumanidentities";
    Path file = Path.of("../../helm/sallyport/crds", plural + ".sallyport.dev.yaml");
    try {
      Map<?, ?> spec =
          map(
              map(new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file)))
                  .get("spec"));
      Map<?, ?> version = map(((List<?>) spec.get("versions")).getFirst());
      Map<?, ?> schema = map(map(version.get("schema")).get("openAPIV3Schema"));
      for (String name : field.substring(kind.length() + 1).split("\\.", -1)) {
        schema = map(map(schema.get("properties")).get(name.replace("[]", "")));
        schema = name.endsWith("[]") ? map(schema.get("items")) : schema;
      }
      return schema;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<?, ?> map(@Nullable Object value) {
    return (Map<?, ?>) value;
  }

  // ---- the compiler

  private static boolean isTaken(Declared.Content content) {
    String kind = content instanceof Declared.ApiPolicy ? "ApiPolicy" : "NonHumanIdentity";
    Declared object = new Declared(new ObjectKey(kind, "a", "b"), Instant.EPOCH, 1, content);
    return Compiler.compile(new Changes(List.of(object), List.of()), Compilation.EMPTY)
        .diagnostics()
        .stream()
        .noneMatch(diagnostic -> diagnostic.severity() == Diagnostic.Severity.ERROR);
  }

  private static Text text(
      String field,
      String alsoRefused,
      Function<String, Declared.Content> object,
      String... right) {
    return new Text(
        field, schema(field), List.of(right), object, Pattern.compile(alsoRefused, Pattern.DOTALL));
  }

  /** A field that a rule for these fields covers, where they are any. */
  private static String covered(String pattern) {
    if (pattern.equals("*")) {
      return "id";
    }
    return pattern.endsWith(".*") ? pattern.substring(0, pattern.length() - 1) + "number" : pattern;
  }

  private static Declared.Content fields(
      @Nullable String query, @Nullable String jsonBody, String available, @Nullable String rule) {
    return policy(
        List.of("api.example.com"),
        List.of(new Method("k", new ApiKey("X-Key", null, null, null), null, null, null)),
        List.of(
            new Operation(
                "a",
                List.of(new Match(List.of("PATCH"), "/a", null)),
                null,
                List.of(),
                List.of(),
                new Fields(
                    List.of(new Selector(query, null, null, null, jsonBody)),
                    null,
                    null,
                    List.of(available),
                    rule == null
                        ? List.of()
                        : List.of(new FieldRule(List.of(rule), List.of("payments:card.read")))),
                List.of(),
                null,
                List.of())),
        List.of());
  }

  private static Declared.Content proofs(String origin, @Nullable String maxAge) {
    return new Declared.ApiPolicy(
        new ApiPolicySpec(
            List.of("api.example.com"),
            List.of(),
            null,
            null,
            null,
            null,
            new Authentication(
                List.of(),
                null,
                null,
                null,
                new Dpop(List.of(origin), List.of(), maxAge, null),
                null),
            null,
            List.of(),
            null,
            null,
            List.of()));
  }

  private static Declared.Content policy(
      List<String> hosts,
      List<Method> methods,
      List<Operation> operations,
      List<RateLimitSpec> limits) {
    return policy(hosts, new Authentication(methods, null, null, null), operations, limits);
  }

  private static Declared.Content policy(
      List<String> hosts,
      Authentication authentication,
      List<Operation> operations,
      List<RateLimitSpec> limits) {
    return new Declared.ApiPolicy(
        new ApiPolicySpec(
            hosts,
            List.of(),
            null,
            null,
            null,
            null,
            authentication,
            null,
            operations,
            null,
            null,
            limits));
  }

  private static Declared.Content operation(
      String name, Match match, @Nullable RequestRules request) {
    return policy(
        List.of("a.example.com"),
        List.of(),
        List.of(
            new Operation(
                name,
                List.of(match),
                OperationAuthentication.None,
                List.of(),
                List.of(),
                null,
                List.of(),
                request,
                List.of())),
        List.of());
  }

  private static Declared.Content scoped(String scope) {
    return policy(
        List.of("a.example.com"),
        List.of(new Method("a", new ApiKey("X-Key", null, null, null), null, null, null)),
        List.of(
            new Operation(
                "a",
                List.of(match("/")),
                null,
                List.of(scope),
                List.of(),
                null,
                List.of(),
                null,
                List.of())),
        List.of());
  }

  private static Match match(String path) {
    return new Match(List.of("GET"), path, null);
  }

  private static Declared.Content method(String name, ApiKey key) {
    return policy(
        List.of("a.example.com"),
        List.of(new Method(name, key, null, null, null)),
        List.of(),
        List.of());
  }

  private static Declared.Content token(
      @Nullable String header,
      @Nullable String prefix,
      @Nullable String query,
      @Nullable String cookie) {
    return policy(
        List.of("a.example.com"),
        List.of(
            new Method(
                "a",
                null,
                new Jwt(new LocalRef("corp"), List.of("a"), header, prefix, query, cookie),
                null,
                null)),
        List.of(),
        List.of());
  }

  private static Declared.Content described(String metadata) {
    Method method = new Method("a", new ApiKey("X-Key", null, null, null), null, null, null);
    return policy(
        List.of("a.example.com"),
        new Authentication(List.of(method), null, null, null, null, metadata),
        List.of(),
        List.of());
  }

  private static Declared.Content limited(String name, String window) {
    return policy(
        List.of("a.example.com"),
        List.of(),
        List.of(),
        List.of(
            new RateLimitSpec(
                name, List.of(RateLimitSpec.Dimension.IDENTITY), 1L, window, null, null)));
  }

  private static Declared.Content identity(
      List<String> scopes, List<String> regions, List<String> cidrs, @Nullable String maxAge) {
    return new Declared.NonHumanIdentity(
        new NonHumanIdentitySpec(
            NonHumanIdentitySpec.Type.Partner,
            null,
            null,
            null,
            null,
            null,
            List.of(),
            new NonHumanIdentitySpec.Grants(scopes),
            new NonHumanIdentitySpec.Constraints(regions, cidrs, null, null),
            new NonHumanIdentitySpec.Rotation(maxAge, null)));
  }

  private static Declared.Content certificate(X509 x509) {
    return new Declared.NonHumanIdentity(
        new NonHumanIdentitySpec(
            NonHumanIdentitySpec.Type.Partner,
            null,
            null,
            null,
            null,
            null,
            List.of(new NonHumanIdentitySpec.Credential("a", null, null, null, null, null, x509)),
            null,
            null,
            null));
  }
}
