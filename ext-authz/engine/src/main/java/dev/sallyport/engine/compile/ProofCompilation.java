package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.ProofRules;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compiles what proofs of possession a policy takes ({@code authentication.dpop}). */
final class ProofCompilation {
  private static final String FIELD = "spec.authentication.dpop";
  private static final Pattern ORIGIN =
      Pattern.compile(
          "[Hh][Tt][Tt][Pp][Ss]://([A-Za-z0-9._-]++|\\[[0-9A-Fa-f:.]++])(:[1-9][0-9]{0,4})?"
              + "(/(?:[!$&-;=A-Z_a-z~]++|%[0-9A-Fa-f]{2})*+)?");

  private static final int LONGEST_ORIGIN = 512;
  private static final Pattern HOST = Pattern.compile("https://(\\[[^]]+]|[^:/]+)");
  private static final int MOST_ORIGINS = 16;
  private static final Duration USUAL_AGE = Duration.ofSeconds(60);

  /** Every proof is remembered for as long. */
  private static final Duration LONGEST_AGE = Duration.ofMinutes(10);

  private final ApiPolicySpec.Dpop dpop;
  private final List<ApiPolicySpec.Method> methods;
  private final List<String> hosts;
  private final Report report;

  /**
   * A compilation.
   *
   * @param methods of the policy
   * @param hosts of the policy, canonical; empty where only a route finds it
   */
  ProofCompilation(
      ApiPolicySpec.Dpop dpop,
      List<ApiPolicySpec.Method> methods,
      List<String> hosts,
      Report report) {
    this.dpop = dpop;
    this.methods = methods;
    this.hosts = hosts;
    this.report = report;
  }

  /** The rules; null where they were refused and reported. */
  @Nullable ProofRules compile() {
    if (methods.stream().noneMatch(ProofCompilation::takesProofs)) {
      report.warning(
          FIELD,
          "Unreachable",
          "no `jwt` method takes its token in `Authorization`, so no proof is ever looked at");
    }
    Set<String> origins = origins();
    Set<JWSAlgorithm> algorithms = algorithms();
    Optional<Duration> maxAge = maxAge();
    return origins.isEmpty() || algorithms.isEmpty() || maxAge.isEmpty()
        ? null
        : new ProofRules(
            List.copyOf(origins),
            algorithms,
            maxAge.get(),
            dpop.nonce() == ApiPolicySpec.Nonce.Required);
  }

  /** RFC 9449 section 7.1: a proof comes with {@code Authorization: DPoP}. */
  private static boolean takesProofs(ApiPolicySpec.Method method) {
    ApiPolicySpec.Jwt jwt = method.jwt();
    return jwt != null && jwt.header() == null && jwt.query() == null && jwt.cookie() == null;
  }

  private Set<String> origins() {
    Set<String> origins = new LinkedHashSet<>();
    if (dpop.origins().isEmpty() || dpop.origins().size() > MOST_ORIGINS) {
      report.error(
          FIELD + ".origins",
          "Invalid",
          "1 to " + MOST_ORIGINS + " origins are needed: a proof names the URI it was made for");
    }
    for (int i = 0; i < dpop.origins().size(); i++) {
      String field = FIELD + ".origins[" + i + "]";
      String text = dpop.origins().get(i);
      Optional<String> origin = origin(text);
      Optional<String> host = origin.flatMap(ProofCompilation::host);
      if (host.isEmpty() || origin.isEmpty()) {
        report.error(
            field,
            "Invalid",
            quote(text)
                + " is not where callers reach an API; write `https://api.example.com`, without"
                + " user, query and fragment");
        continue;
      }
      if (!origins.add(origin.get())) {
        report.warning(field, "Invalid", quote(text) + " stands twice");
      }
      if (!hosts.isEmpty() && hosts.stream().noneMatch(pattern -> matches(pattern, host.get()))) {
        report.warning(
            field,
            "Risky",
            quote(host.get())
                + " is no host of this policy: right only where a gateway in front of Envoy changes"
                + " the host");
      }
    }
    return origins;
  }

  private static Optional<String> origin(String text) {
    return text.length() <= LONGEST_ORIGIN && ORIGIN.matcher(text).matches()
        ? ProofRules.origin(text)
        : Optional.empty();
  }

  /** The host of an origin in the form that hosts of policies have; empty where it has none. */
  private static Optional<String> host(String origin) {
    Matcher matcher = HOST.matcher(origin);
    return matcher.lookingAt()
        ? Optional.ofNullable(HostPattern.canonical(matcher.group(1)))
        : Optional.empty();
  }

  private static boolean matches(String pattern, String host) {
    return pattern.startsWith("*.") ? host.endsWith(pattern.substring(1)) : host.equals(pattern);
  }

  private Set<JWSAlgorithm> algorithms() {
    if (dpop.algorithms().isEmpty()) {
      return ProofRules.DEFAULT_ALGORITHMS;
    }
    Set<JWSAlgorithm> algorithms = new HashSet<>();
    for (int i = 0; i < dpop.algorithms().size(); i++) {
      String name = dpop.algorithms().get(i);
      JWSAlgorithm algorithm = JWSAlgorithm.parse(name);
      if (!CompiledIssuer.SUPPORTED_ALGORITHMS.contains(algorithm)) {
        report.error(
            FIELD + ".algorithms[" + i + "]",
            "Invalid",
            quote(name)
                + (name.toUpperCase(Locale.ROOT).startsWith("HS")
                    ? " is symmetric: a proof is signed with a key that the caller alone has"
                    : " is no signature that is verified here")
                + "; there are "
                + names());
      } else if (!algorithms.add(algorithm)) {
        report.warning(FIELD + ".algorithms[" + i + "]", "Invalid", quote(name) + " stands twice");
      }
    }
    return algorithms;
  }

  private static String names() {
    return CompiledIssuer.SUPPORTED_ALGORITHMS.stream()
        .map(JWSAlgorithm::getName)
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private Optional<Duration> maxAge() {
    if (dpop.maxAge() == null) {
      return Optional.of(USUAL_AGE);
    }
    Duration maxAge = DurationText.parse(dpop.maxAge());
    if (maxAge == null || !maxAge.isPositive() || maxAge.compareTo(LONGEST_AGE) > 0) {
      report.error(
          FIELD + ".maxAge",
          "Invalid",
          quote(dpop.maxAge()) + " is not more than `0s` and at most `10m`, as `60s`");
      return Optional.empty();
    }
    return Optional.of(maxAge);
  }
}
