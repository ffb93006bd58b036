package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.authenticate.ClaimPath;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Authority;
import dev.sallyport.engine.authenticate.CompiledIssuer.Profile;
import dev.sallyport.engine.decision.ObjectKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
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

  private static final int MAX_CHARS = 2048;

  private final TokenIssuerSpec spec;
  private final ObjectKey object;
  private final Report report;
  private final AuthorityReading authorities;

  IssuerReading(TokenIssuerSpec spec, ObjectKey object, References references) {
    this.spec = spec;
    this.object = object;
    this.report = new Report(object);
    this.authorities = new AuthorityReading(spec, report, references);
  }

  IssuerCompilation compile() {
    Optional<String> issuer = issuer();
    Optional<? extends Authority> authority = authorities.authority();
    List<X509Certificate> anchors = authorities.anchors();
    Set<JWSAlgorithm> algorithms = algorithms();
    Duration skew = report.duration(spec.clockSkew(), "spec.clockSkew").orElse(DEFAULT_SKEW);
    if (skew.compareTo(MAX_SKEW) > 0) {
      error(
          "clockSkew", "Invalid", quote(String.valueOf(spec.clockSkew())) + " is more than `10m`");
    }
    Optional<Duration> age = report.duration(spec.maxTokenAge(), "spec.maxTokenAge");
    if (age.filter(Duration::isZero).isPresent()) {
      error("maxTokenAge", "Invalid", "`0` would refuse every token");
    }
    checkTexts();
    if (report.refused() || issuer.isEmpty() || authority.isEmpty()) {
      return IssuerCompilation.notInForce(report.diagnostics());
    }
    return new IssuerCompilation.Compiled(
        new CompiledIssuer(
            object,
            issuer.get(),
            authority.get(),
            anchors,
            Set.copyOf(spec.audiences()),
            algorithms,
            profile(),
            claims(spec.claims().scopes(), List.of("scope", "scp")),
            claims(spec.claims().identity(), List.of("azp", "client_id", "sub")),
            spec.requiredClaims(),
            skew,
            age),
        report.diagnostics());
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
    spec.requiredClaims().keySet().stream()
        .sorted()
        .forEach(name -> checkClaim("requiredClaims", name));
    for (int i = 0; i < spec.audiences().size(); i++) {
      if (spec.audiences().get(i).isBlank()) {
        error("audiences[" + i + "]", "Invalid", "an audience is needed");
      }
    }
  }

  private void checkClaim(String field, @Nullable String name) {
    if (name == null) {
      return;
    }
    if (name.isBlank()) {
      error(field, "Invalid", "a claim's name is needed");
    } else if (ClaimPath.parse(name).isEmpty()) {
      error(
          field,
          "Invalid",
          quote(name) + " is not a JSON Pointer: a `~` is written `~0`, and a `/` in a name `~1`");
    }
  }

  private void error(String field, String code, String message) {
    report.error("spec." + field, code, message);
  }
}
