package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Keys;
import dev.sallyport.engine.authenticate.CompiledIssuer.Profile;
import dev.sallyport.engine.authenticate.KeySet;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.decision.ObjectKey;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the fields of one {@code TokenIssuer}, and collects what is wrong with them. */
final class IssuerReading {
  private static final Duration DEFAULT_SKEW = Duration.ofSeconds(30);

  /** More would keep tokens alive that have expired. */
  private static final Duration MAX_SKEW = Duration.ofMinutes(10);

  private static final Duration DEFAULT_STALE_FOR = Duration.ofHours(1);
  private static final int MAX_CHARS = 2048;

  private final TokenIssuerSpec spec;
  private final ObjectKey object;
  private final List<Diagnostic> errors = new ArrayList<>();
  private final List<Diagnostic> warnings = new ArrayList<>();

  IssuerReading(TokenIssuerSpec spec, ObjectKey object) {
    this.spec = spec;
    this.object = object;
  }

  IssuerCompilation compile() {
    Optional<String> issuer = issuer();
    Optional<Keys> keys = keys();
    Set<JWSAlgorithm> algorithms = algorithms();
    Duration skew = duration("clockSkew", spec.clockSkew()).orElse(DEFAULT_SKEW);
    if (skew.compareTo(MAX_SKEW) > 0) {
      error(
          "clockSkew", "Invalid", quote(String.valueOf(spec.clockSkew())) + " is more than `10m`");
    }
    Optional<Duration> age = duration("maxTokenAge", spec.maxTokenAge());
    if (age.filter(Duration::isZero).isPresent()) {
      error("maxTokenAge", "Invalid", "`0` would refuse every token");
    }
    checkTexts();
    if (!errors.isEmpty() || issuer.isEmpty() || keys.isEmpty()) {
      errors.addAll(warnings);
      return new IssuerCompilation.Refused(errors);
    }
    return new IssuerCompilation.Compiled(
        new CompiledIssuer(
            object,
            issuer.get(),
            keys.get(),
            List.of(),
            Set.copyOf(spec.audiences()),
            algorithms,
            profile(),
            claims(spec.claims().scopes(), List.of("scope", "scp")),
            claims(spec.claims().identity(), List.of("azp", "client_id", "sub")),
            spec.requiredClaims(),
            skew,
            age),
        warnings);
  }

  private Optional<String> issuer() {
    String issuer = spec.issuer();
    if (issuer == null || issuer.isBlank()) {
      error("issuer", "Invalid", "an issuer is needed: the exact `iss` of its tokens");
      return Optional.empty();
    }
    if (issuer.length() > MAX_CHARS || !issuer.equals(issuer.strip())) {
      error("issuer", "Invalid", "an issuer has at most 2048 characters and no space around it");
      return Optional.empty();
    }
    return Optional.of(issuer);
  }

  private Optional<Keys> keys() {
    if (spec.discovery() != null) {
      error("discovery", "Unsupported", "discovery is not available in this version: use `jwks`");
    }
    if (spec.introspection() != null) {
      error(
          "introspection",
          "Unsupported",
          "introspection is not available in this version: use `jwks`");
    }
    TokenIssuerSpec.Tls tls = spec.tls();
    if (tls != null && tls.caRef() != null) {
      error(
          "tls.caRef",
          "Unsupported",
          "a certificate authority of one's own is not available in this version");
    }
    TokenIssuerSpec.Jwks jwks = spec.jwks();
    String uri = jwks == null ? null : jwks.uri();
    Object inline = jwks == null ? null : jwks.inline();
    if (uri != null && inline == null) {
      return remote(uri);
    }
    if (inline != null && uri == null) {
      return inline(inline);
    }
    if (uri != null || (spec.discovery() == null && spec.introspection() == null)) {
      error("jwks", "Invalid", "exactly one of `uri` and `inline` is needed");
    }
    return Optional.empty();
  }

  private Optional<Keys> remote(String text) {
    Duration staleFor = duration("staleFor", spec.staleFor()).orElse(DEFAULT_STALE_FOR);
    try {
      URI uri = new URI(text);
      String host = uri.getHost();
      if (host == null
          || uri.getRawUserInfo() != null
          || uri.getRawFragment() != null
          || text.length() > MAX_CHARS) {
        error("jwks.uri", "Invalid", "it needs a host, and no user and no fragment");
        return Optional.empty();
      }
      // Names such as localhost are not taken: who answers for them is not ours to know.
      boolean loopback = host.equals("127.0.0.1") || host.equals("[::1]");
      if (!"https".equalsIgnoreCase(uri.getScheme())
          && !("http".equalsIgnoreCase(uri.getScheme()) && loopback)) {
        error(
            "jwks.uri",
            "Invalid",
            quote(text) + " is not https; only `127.0.0.1` and `[::1]` may be asked by http");
        return Optional.empty();
      }
      return Optional.of(new Keys.Remote(uri, staleFor));
    } catch (URISyntaxException _) {
      error("jwks.uri", "Invalid", "it is not a URI");
      return Optional.empty();
    }
  }

  private Optional<Keys> inline(Object inline) {
    if (spec.staleFor() != null) {
      warning("staleFor", "Unreachable", "inline keys never get stale: remove it");
    }
    KeySet.Parsing parsing =
        switch (inline) {
          case Map<?, ?> object -> KeySet.of(object);
          case String text -> KeySet.parse(text);
          default -> new KeySet.Parsing.Unreadable("it is not a JSON object or its text");
        };
    return switch (parsing) {
      case KeySet.Parsing.Unreadable(var why) -> {
        error("jwks.inline", "Invalid", why);
        yield Optional.empty();
      }
      case KeySet.Parsing.Parsed(var keys, var problems) when keys.size() == 0 -> {
        error(
            "jwks.inline",
            "Invalid",
            "it has no key to verify with"
                + problems.stream().map(": "::concat).collect(Collectors.joining()));
        yield Optional.empty();
      }
      case KeySet.Parsing.Parsed(var keys, var problems) -> {
        problems.forEach(problem -> warning("jwks.inline", "Unreachable", problem));
        yield Optional.of(new Keys.Inline(keys));
      }
    };
  }

  private Set<JWSAlgorithm> algorithms() {
    boolean svid = spec.profile() == TokenIssuerSpec.Profile.JwtSvid;
    Set<JWSAlgorithm> supported = new HashSet<>(CompiledIssuer.SUPPORTED_ALGORITHMS);
    Set<JWSAlgorithm> algorithms = new HashSet<>();
    if (spec.algorithms().isEmpty()) {
      algorithms.addAll(CompiledIssuer.DEFAULT_ALGORITHMS);
    }
    if (svid) {
      // SPIFFE JWT-SVID section 2.1 knows only RSA and ECDSA.
      supported.removeAll(Set.of(JWSAlgorithm.EdDSA, JWSAlgorithm.Ed25519));
      algorithms.retainAll(supported);
    }
    String names =
        supported.stream()
            .map(JWSAlgorithm::getName)
            .collect(Collectors.toCollection(TreeSet::new))
            .stream()
            .collect(Collectors.joining(", "));
    for (int i = 0; i < spec.algorithms().size(); i++) {
      String name = spec.algorithms().get(i);
      JWSAlgorithm algorithm = JWSAlgorithm.parse(name);
      if (supported.contains(algorithm)) {
        algorithms.add(algorithm);
        continue;
      }
      String why =
          name.startsWith("HS")
              ? " would make the public key a secret that signs"
              : name.equalsIgnoreCase("none") ? " would believe unsigned tokens" : " is not known";
      error("algorithms[" + i + "]", "Invalid", quote(name) + why + "; there are " + names);
    }
    return algorithms;
  }

  private Profile profile() {
    return switch (spec.profile()) {
      case Generic -> Profile.GENERIC;
      case AccessToken -> Profile.ACCESS_TOKEN;
      case JwtSvid -> Profile.JWT_SVID;
    };
  }

  private static List<String> claims(@Nullable String name, List<String> defaults) {
    return name == null ? defaults : List.of(name);
  }

  private void checkTexts() {
    checkClaim("claims.scopes", spec.claims().scopes());
    checkClaim("claims.identity", spec.claims().identity());
    spec.requiredClaims().keySet().forEach(name -> checkClaim("requiredClaims", name));
    for (int i = 0; i < spec.audiences().size(); i++) {
      if (spec.audiences().get(i).isBlank()) {
        error("audiences[" + i + "]", "Invalid", "an audience is needed");
      }
    }
  }

  private void checkClaim(String field, @Nullable String name) {
    if (name != null && name.isBlank()) {
      error(field, "Invalid", "a claim's name is needed");
    }
  }

  /** A duration; empty where it is absent, or wrong and reported. */
  private Optional<Duration> duration(String field, @Nullable String text) {
    if (text == null) {
      return Optional.empty();
    }
    Duration duration = DurationText.parse(text);
    if (duration == null) {
      error(
          field,
          "Invalid",
          quote(text) + " is not a duration; write it as `500ms`, `30s`, `5m`, `1h` or `90d`");
    }
    return Optional.ofNullable(duration);
  }

  private void error(String field, String code, String message) {
    errors.add(new Diagnostic(Severity.ERROR, object, "spec." + field, code, message));
  }

  private void warning(String field, String code, String message) {
    warnings.add(new Diagnostic(Severity.WARNING, object, "spec." + field, code, message));
  }
}
