package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.KeyRef;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.authenticate.ClientSecret;
import dev.sallyport.engine.authenticate.CompiledIssuer.Authority;
import dev.sallyport.engine.authenticate.CompiledIssuer.Introspection;
import dev.sallyport.engine.authenticate.CompiledIssuer.Keys;
import dev.sallyport.engine.authenticate.KeySet;
import dev.sallyport.engine.decision.ObjectKey;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads whom one {@code TokenIssuer} believes: its keys, its metadata or its introspection
 * endpoint, and the certificate authorities that it is asked by TLS with.
 */
final class AuthorityReading {
  private static final Duration DEFAULT_STALE_FOR = Duration.ofHours(1);
  private static final Duration DEFAULT_CACHE_FOR = Duration.ofSeconds(30);

  /** Longer ones deserve a word: a revoked token passes for all of it. */
  private static final Duration LONG_CACHE_FOR = Duration.ofMinutes(10);

  private static final int MAX_CHARS = 2048;

  /** RFC 6749 appendix A.1 and A.2. */
  private static final Pattern CLIENT_ID = Pattern.compile("[ -~]{1,256}");

  private static final Pattern CLIENT_SECRET = Pattern.compile("[ -~]{1,4096}");

  /** RFC 6750 section 2.1. */
  private static final Pattern BEARER_SECRET = Pattern.compile("[A-Za-z0-9._~+/-]{1,4096}=*");

  private final TokenIssuerSpec spec;
  private final Report report;
  private final References references;

  AuthorityReading(TokenIssuerSpec spec, Report report, References references) {
    this.spec = spec;
    this.report = report;
    this.references = references;
  }

  /** The authority; empty where it was refused and reported. */
  Optional<? extends Authority> authority() {
    long kinds =
        Stream.of(spec.jwks() != null, spec.discovery() != null, spec.introspection() != null)
            .filter(set -> set)
            .count();
    if (kinds != 1) {
      report.error(
          kinds == 0 ? "spec.jwks" : "spec",
          "Invalid",
          "an issuer has exactly one of `jwks`, `discovery` and `introspection`");
      return Optional.empty();
    }
    if (spec.introspection() != null) {
      return introspection(spec.introspection());
    }
    return spec.jwks() == null ? discovered() : keys(spec.jwks());
  }

  private Optional<Keys> keys(TokenIssuerSpec.Jwks jwks) {
    if (jwks.uri() != null && jwks.inline() == null) {
      Duration staleFor = staleFor();
      return address(jwks.uri(), "spec.jwks.uri").map(uri -> new Keys.Remote(uri, staleFor));
    }
    if (jwks.inline() != null && jwks.uri() == null) {
      return inline(jwks.inline());
    }
    report.error("spec.jwks", "Invalid", "exactly one of `uri` and `inline` is needed");
    return Optional.empty();
  }

  private Optional<Keys> inline(Object inline) {
    if (spec.staleFor() != null) {
      report.warning("spec.staleFor", "Unreachable", "inline keys never get stale: remove it");
    }
    KeySet.Parsing parsing =
        switch (inline) {
          case Map<?, ?> object -> KeySet.of(object);
          case String text -> KeySet.parse(text);
          default -> new KeySet.Parsing.Unreadable("it is not a JSON object or its text");
        };
    return switch (parsing) {
      case KeySet.Parsing.Unreadable(var why) -> {
        report.error("spec.jwks.inline", "Invalid", why);
        yield Optional.empty();
      }
      case KeySet.Parsing.Parsed(var keys, var problems) when keys.size() == 0 -> {
        report.error(
            "spec.jwks.inline",
            "Invalid",
            "it has no key to verify with"
                + problems.stream().map(": "::concat).collect(Collectors.joining()));
        yield Optional.empty();
      }
      case KeySet.Parsing.Parsed(var keys, var problems) -> {
        problems.forEach(problem -> report.warning("spec.jwks.inline", "Unreachable", problem));
        yield Optional.of(new Keys.Inline(keys));
      }
    };
  }

  /** The issuer's metadata is where its own text says (RFC 8414 section 2 and 3). */
  private Optional<Keys> discovered() {
    Duration staleFor = staleFor();
    String issuer = spec.issuer();
    if (issuer == null || issuer.isBlank()) {
      // Told with the issuer itself.
      return Optional.empty();
    }
    String why = fault(issuer);
    if (why.isEmpty() && issuer.indexOf('?') >= 0) {
      why = "it has a query";
    }
    if (!why.isEmpty()) {
      report.error(
          "spec.issuer",
          "Invalid",
          "with `discovery` the issuer's metadata is asked there: " + why);
      return Optional.empty();
    }
    return Optional.of(new Keys.Discovered(staleFor));
  }

  private Optional<Introspection> introspection(TokenIssuerSpec.Introspection introspection) {
    String at = "spec.introspection";
    warnOfWhatKeysNeed();
    Duration cacheFor =
        report.duration(introspection.cacheFor(), at + ".cacheFor").orElse(DEFAULT_CACHE_FOR);
    if (cacheFor.compareTo(LONG_CACHE_FOR) > 0) {
      report.warning(
          at + ".cacheFor", "Risky", "a token that was revoked may be let through for that long");
    }
    if (spec.profile() == TokenIssuerSpec.Profile.JwtSvid) {
      report.error(
          "spec.profile",
          "Invalid",
          "a JWT-SVID is verified by keys: use `jwks` or `discovery`, or another profile");
    }
    Optional<String> clientId = Optional.ofNullable(introspection.clientId());
    if (clientId.filter(id -> !CLIENT_ID.matcher(id).matches()).isPresent()) {
      report.error(
          at + ".clientId", "Invalid", "a client id is 1 to 256 characters of printable ASCII");
    }
    Optional<URI> endpoint = endpoint(introspection.endpoint(), at + ".endpoint");
    Optional<ClientSecret> secret =
        secret(
            introspection.clientSecretRef(),
            at + ".clientSecretRef",
            clientId.isEmpty() ? BEARER_SECRET : CLIENT_SECRET);
    return endpoint.isEmpty() || secret.isEmpty()
        ? Optional.empty()
        : Optional.of(new Introspection(endpoint.get(), clientId, secret.get(), cacheFor));
  }

  /** Tokens and a secret are sent there, and by POST, which may do harm to what is meant by it. */
  private Optional<URI> endpoint(String text, String field) {
    Optional<URI> address = address(text, field);
    if (address.filter(uri -> !"https".equalsIgnoreCase(uri.getScheme())).isPresent()) {
      report.error(field, "Invalid", "it is not https: tokens and the client's secret go there");
      return Optional.empty();
    }
    return address;
  }

  private void warnOfWhatKeysNeed() {
    String why = "the issuer is asked about its tokens and no key of it is used: remove it";
    if (!spec.algorithms().isEmpty()) {
      report.warning("spec.algorithms", "Unreachable", why);
    }
    if (spec.staleFor() != null) {
      report.warning("spec.staleFor", "Unreachable", why);
    }
  }

  private Optional<ClientSecret> secret(@Nullable KeyRef ref, String at, Pattern form) {
    if (ref == null || ref.name().isEmpty()) {
      report.error(at, "Invalid", "the Secret with what Sallyport shows the issuer is needed");
      return Optional.empty();
    }
    ObjectKey key = new ObjectKey("Secret", report.object().namespace(), ref.name());
    if (!(references.content(key) instanceof Declared.Secret(var data))) {
      report.error(at + ".name", "RefNotFound", notThere("Secret", key));
      return Optional.empty();
    }
    byte[] value = data.get(ref.key());
    if (value == null || value.length == 0) {
      report.error(at + ".key", "RefNotFound", noKey("Secret", key, ref));
      return Optional.empty();
    }
    String text = new String(value, StandardCharsets.ISO_8859_1);
    String secret = text.replaceFirst("\\r?\\n\\z", "");
    if (secret.length() < text.length()) {
      report.warning(
          at, "Risky", "the Secret's value ends with a line break, which is left out here");
    }
    if (!form.matcher(secret).matches()) {
      // INVARIANT: nothing of it is quoted.
      report.error(
          at,
          "Invalid",
          form.equals(BEARER_SECRET)
              ? "without a `clientId` the secret is a Bearer token: letters, digits and `-._~+/`"
              : "a client secret is 1 to 4096 characters of printable ASCII");
      return Optional.empty();
    }
    return Optional.of(new ClientSecret(secret));
  }

  /** The authorities for TLS; empty for those of the system, and where they were refused. */
  List<X509Certificate> anchors() {
    KeyRef ref = spec.tls() == null ? null : spec.tls().caRef();
    if (ref == null) {
      return List.of();
    }
    if (spec.jwks() != null && spec.jwks().inline() != null) {
      report.warning("spec.tls.caRef", "Unreachable", "inline keys are asked of nobody: remove it");
    }
    return bundle(ref).map(text -> anchors(text, ref)).orElse(List.of());
  }

  private List<X509Certificate> anchors(String text, KeyRef ref) {
    return switch (CertificateBundle.read(text)) {
      case CertificateBundle.Reading.Unreadable(var why) -> {
        report.error("spec.tls.caRef", "Invalid", quote(ref.key()) + " there " + why);
        yield List.of();
      }
      case CertificateBundle.Reading.Read(var certificates, var remarks) -> {
        remarks.forEach(remark -> report.warning("spec.tls.caRef", "Risky", remark));
        yield certificates;
      }
    };
  }

  /** The text of the ConfigMap, or of the Secret where there is no ConfigMap of that name. */
  private Optional<String> bundle(KeyRef ref) {
    String at = "spec.tls.caRef";
    String namespace = report.object().namespace();
    ObjectKey map = new ObjectKey("ConfigMap", namespace, ref.name());
    ObjectKey secret = new ObjectKey("Secret", namespace, ref.name());
    Optional<String> text;
    String kind;
    if (references.content(map) instanceof Declared.ConfigMap(var data)) {
      kind = "ConfigMap";
      text = Optional.ofNullable(data.get(ref.key()));
    } else if (references.content(secret) instanceof Declared.Secret(var data)) {
      kind = "Secret";
      text =
          Optional.ofNullable(data.get(ref.key()))
              .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1));
    } else {
      report.error(at + ".name", "RefNotFound", notThere("ConfigMap or Secret", map));
      return Optional.empty();
    }
    if (text.isEmpty()) {
      report.error(at + ".key", "RefNotFound", noKey(kind, map, ref));
    }
    return text;
  }

  private static String notThere(String kind, ObjectKey key) {
    return "there is no "
        + kind
        + ' '
        + quote(key.qualifiedName())
        + "; the issuer is not in force until it is there"
        + " (on a cluster with the label `sallyport.dev/watch: \"true\"`)";
  }

  private static String noKey(String kind, ObjectKey key, KeyRef ref) {
    return "the "
        + kind
        + ' '
        + quote(key.qualifiedName())
        + " has no key "
        + quote(ref.key())
        + "; the issuer is not in force until it has";
  }

  private Duration staleFor() {
    return report.duration(spec.staleFor(), "spec.staleFor").orElse(DEFAULT_STALE_FOR);
  }

  private Optional<URI> address(String text, String field) {
    String why = fault(text);
    if (!why.isEmpty()) {
      report.error(field, "Invalid", why);
      return Optional.empty();
    }
    return Optional.of(URI.create(text));
  }

  /** Why an address can't be asked; empty where it can. */
  private static String fault(String text) {
    try {
      URI uri = new URI(text);
      String host = uri.getHost();
      if (host == null
          || uri.getRawUserInfo() != null
          || uri.getRawFragment() != null
          || uri.getPort() == 0
          || uri.getPort() > 0xffff
          || text.length() > MAX_CHARS) {
        return "it needs a host, and no user and no fragment";
      }
      // Names such as localhost are not taken: who answers for them is not ours to know.
      boolean loopback = host.equals("127.0.0.1") || host.equals("[::1]");
      return "https".equalsIgnoreCase(uri.getScheme())
              || ("http".equalsIgnoreCase(uri.getScheme()) && loopback)
          ? ""
          : quote(text) + " is not https; only `127.0.0.1` and `[::1]` may be asked by http";
    } catch (URISyntaxException _) {
      return "it is not a URI";
    }
  }
}
