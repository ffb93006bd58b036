package dev.sallyport.engine;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file of cases: objects in force, and what each request gets.
 *
 * <pre>
 * about: one sentence
 * objects: [...]             # as kubectl apply takes them
 * reviews:                   # service-account tokens, and what the API server says of them
 * - token: exporter          # "Bearer <exporter>" in a header presents it
 *   serviceAccount: ns/name
 *   audiences: [payments]
 *   expires: 2026-11-25T13:00:00Z  # this is the default
 *   claims: {nbf: 1}         # others, or others for these
 *   answer: Authenticated    # this is the default; or Refused, Unavailable, NotAsked
 *   as: ns/other             # whom the API server says that it is of; the same where absent
 * keys, keySets, tokens, introspections, proofs: see {@link CaseCredentials}
 * xfcc, certificates: see {@link CaseCertificates}
 * tests:
 * - name: what must hold
 *   at: 2026-11-25T12:00:00Z # the decision's clock; this is the default
 *   repeat: 3                # asked so often at that time; the last answer counts
 *   patience: None           # asked on an event loop: verdict `waits` where it would have to wait
 *   request: {method: GET, url: "https://host/path?query", host: other, headers: {...},
 *             lines: [[name, value]], peer: 203.0.113.7, policy: ns/name, body: text,
 *             base64: bytes in place of body, lossy: true as with pack_as_bytes off, size: 5,
 *             certificate: "&lt;name.pem>"}
 *   expect: {verdict: deny, reason: code, status: 403, ...}
 * </pre>
 */
record CaseFile(
    String about,
    List<Declared> objects,
    CaseTokens reviews,
    CaseCredentials credentials,
    CaseCertificates certificates,
    List<Case> tests) {
  static final Instant DEFAULT_TIME = Instant.parse("2026-11-25T12:00:00Z");
  private static final JsonMapper SPECS = JsonMapper.builder().build();

  /** What is left of a name in angle brackets that nothing stands for. */
  private static final Pattern UNKNOWN = Pattern.compile("<([a-z0-9.-]+)>");

  record Case(
      String name, int repeat, boolean patient, Inbound inbound, Map<String, Object> expect) {}

  static CaseFile parse(String yaml) {
    CaseCertificates certificates = CaseCertificates.read(load(yaml));
    Map<String, Object> file = load(certificates.written(yaml));
    List<String> sections = new ArrayList<>(List.of("about", "objects", "reviews", "tests"));
    sections.addAll(CaseCredentials.SECTIONS);
    sections.addAll(CaseCertificates.SECTIONS);
    requireKeys(file, sections.toArray(String[]::new));
    CaseTokens reviews =
        new CaseTokens(
            list(file.get("reviews")).stream().map(review -> readReview(map(review))).toList());
    CaseCredentials credentials = CaseCredentials.read(file, certificates::thumbprint);
    UnaryOperator<String> written = text -> written(text, reviews, credentials);
    List<Case> cases = new ArrayList<>();
    for (Object test : list(file.get("tests"))) {
      cases.add(readCase(map(test), written));
    }
    return new CaseFile(
        String.valueOf(file.get("about")),
        list(file.get("objects")).stream()
            .map(object -> readObject(map(credentials.declared(object))))
            .toList(),
        reviews,
        credentials,
        certificates,
        cases);
  }

  private static Map<String, Object> load(String yaml) {
    return map(new Load(LoadSettings.builder().build()).loadFromString(yaml));
  }

  private static String written(String text, CaseTokens reviews, CaseCredentials credentials) {
    String written = credentials.written(reviews.written(text));
    Matcher unknown = UNKNOWN.matcher(written);
    if (unknown.find()) {
      throw new IllegalArgumentException("the case file names no `" + unknown.group(1) + "`");
    }
    return written;
  }

  private static CaseTokens.Token readReview(Map<String, Object> review) {
    requireKeys(
        review, "token", "serviceAccount", "audiences", "expires", "claims", "answer", "as");
    String account = string(review, "serviceAccount", "");
    return CaseTokens.token(
        string(review, "token", ""),
        account,
        list(review.get("audiences")).stream().map(String::valueOf).toList(),
        Instant.parse(string(review, "expires", "2026-11-25T13:00:00Z")),
        map(review.get("claims")),
        string(review, "as", account),
        CaseTokens.Says.valueOf(string(review, "answer", "Authenticated")));
  }

  private static Case readCase(Map<String, Object> test, UnaryOperator<String> written) {
    requireKeys(test, "name", "at", "repeat", "patience", "request", "expect");
    return new Case(
        String.valueOf(test.get("name")),
        test.get("repeat") instanceof Integer times ? times : 1,
        !string(test, "patience", "").equals("None"),
        readRequest(map(test.get("request")), time(test.get("at")), written),
        map(test.get("expect")));
  }

  private static Instant time(@Nullable Object at) {
    return at == null ? DEFAULT_TIME : Instant.parse(String.valueOf(at));
  }

  private static Inbound readRequest(
      Map<String, Object> request, Instant at, UnaryOperator<String> written) {
    requireKeys(
        request,
        "method",
        "url",
        "host",
        "path",
        "headers",
        "lines",
        "peer",
        "policy",
        "body",
        "base64",
        "lossy",
        "size",
        "routes",
        "certificate");
    String url = written.apply(string(request, "url", "https:///"));
    int authority = url.indexOf("//") + 2;
    int slash = url.indexOf('/', authority);
    String host = slash < 0 ? url.substring(authority) : url.substring(authority, slash);
    String path = slash < 0 ? "" : url.substring(slash);
    byte[] body =
        request.get("base64") instanceof String base64
            ? Base64.getDecoder().decode(base64)
            : string(request, "body", "").getBytes(StandardCharsets.UTF_8);
    return new Inbound(
        "case",
        at,
        string(request, "method", "GET"),
        string(request, "path", path),
        string(request, "host", host),
        headers(request, written),
        body(request, body),
        string(request, "peer", "203.0.113.7"),
        request.get("certificate") instanceof String text ? written.apply(text) : null,
        request.get("policy") instanceof String policy ? policy : null,
        list(request.get("routes")).stream()
            .map(CaseFile::map)
            .map(route ->
                new Inbound.Route(
                    string(route, "kind", "HTTPRoute"),
                    string(route, "namespace", "default"),
                    string(route, "name", "")))
            .toList());
  }

  private static Inbound.Body body(Map<String, Object> request, byte[] bytes) {
    long size = request.get("size") instanceof Integer stated ? stated : bytes.length;
    return Boolean.TRUE.equals(request.get("lossy"))
        ? new Inbound.Body(Inbound.BodyForm.LOSSY, bytes.length, size, bytes::clone)
        : Inbound.Body.of(bytes, size);
  }

  private static Headers headers(Map<String, Object> request, UnaryOperator<String> written) {
    if (request.get("lines") != null) {
      return Headers.listed(
          list(request.get("lines")).stream()
              .map(line ->
                  Map.entry((String) list(line).get(0), written.apply((String) list(line).get(1))))
              .collect(Collectors.toList()));
    }
    Map<String, String> headers = new HashMap<>();
    map(request.get("headers"))
        .forEach((name, value) ->
            headers.put(name.toLowerCase(Locale.ROOT), written.apply(String.valueOf(value))));
    return Headers.joined(headers);
  }

  private static Declared readObject(Map<String, Object> object) {
    String kind = String.valueOf(object.get("kind"));
    Map<String, Object> metadata = map(object.get("metadata"));
    Object spec = object.getOrDefault("spec", Map.of());
    Declared.Content content =
        switch (kind) {
          case "ApiPolicy" -> new Declared.ApiPolicy(read(spec, ApiPolicySpec.class));
          case "NonHumanIdentity" ->
              new Declared.NonHumanIdentity(read(spec, NonHumanIdentitySpec.class));
          case "TokenIssuer" -> new Declared.TokenIssuer(read(spec, TokenIssuerSpec.class));
          case "Secret" ->
              new Declared.Secret(
                  map(object.get("data")).entrySet().stream()
                      .collect(
                          Collectors.toMap(
                              Map.Entry::getKey,
                              entry -> Base64.getDecoder().decode((String) entry.getValue()))));
          case "ConfigMap" ->
              new Declared.ConfigMap(
                  map(object.get("data")).entrySet().stream()
                      .collect(
                          Collectors.toMap(
                              Map.Entry::getKey, entry -> String.valueOf(entry.getValue()))));
          case "HTTPRoute", "GRPCRoute" ->
              new Declared.Route(
                  list(map(spec).get("hostnames")).stream().map(String::valueOf).toList());
          default -> throw new IllegalArgumentException("a case file has no kind " + kind);
        };
    return new Declared(
        new ObjectKey(kind, string(metadata, "namespace", "default"), string(metadata, "name", "")),
        metadata.get("creationTimestamp") instanceof String created
            ? Instant.parse(created)
            : Instant.EPOCH,
        1,
        content);
  }

  private static <T> T read(Object spec, Class<T> type) {
    return SPECS.convertValue(spec, type);
  }

  private static String string(Map<String, Object> map, String key, String otherwise) {
    return map.get(key) == null ? otherwise : String.valueOf(map.get(key));
  }

  /** A misspelt key must not make a case pass. */
  private static void requireKeys(Map<String, Object> map, String... known) {
    for (String key : map.keySet()) {
      if (!List.of(known).contains(key)) {
        throw new IllegalArgumentException("a case file has no key `" + key + "`");
      }
    }
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> map(@Nullable Object value) {
    return value == null ? Map.of() : (Map<String, Object>) value;
  }

  @SuppressWarnings("unchecked")
  static List<Object> list(@Nullable Object value) {
    return value == null ? List.of() : (List<Object>) value;
  }
}
