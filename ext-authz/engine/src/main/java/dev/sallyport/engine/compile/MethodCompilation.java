package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.engine.authenticate.AuthenticationMethod;
import dev.sallyport.engine.authenticate.Challenge;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CredentialLocation;
import dev.sallyport.engine.authenticate.IssuerIndex;
import dev.sallyport.engine.authenticate.SpiffeId;
import dev.sallyport.engine.decision.ObjectKey;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Compiles one authentication method of a policy. */
final class MethodCompilation {
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$&'*+.^_`|~-]{1,128}");
  private static final Pattern PREFIX = Pattern.compile("[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,64} ?");
  private static final Pattern PARAMETER = Pattern.compile("[A-Za-z0-9_.~-]{1,128}");

  private static final String AUTHORIZATION = "authorization";

  /** Headers with a meaning of their own; some of them are logged. */
  private static final Set<String> NEVER_CREDENTIALS =
      Set.of(
          "accept",
          "connection",
          "content-encoding",
          "content-length",
          "content-type",
          "cookie",
          "dpop",
          "forwarded",
          "host",
          "origin",
          "referer",
          "te",
          "traceparent",
          "tracestate",
          "transfer-encoding",
          "upgrade",
          "user-agent",
          "x-forwarded-client-cert",
          "x-forwarded-for",
          "x-request-id");

  private final ApiPolicySpec.Method method;
  private final String field;
  private final ObjectKey policy;
  private final Report report;
  private final References references;
  private final IssuerIndex issuers;

  MethodCompilation(
      ApiPolicySpec.Method method,
      String field,
      ObjectKey policy,
      Report report,
      References references,
      IssuerIndex issuers) {
    this.method = method;
    this.field = field;
    this.policy = policy;
    this.report = report;
    this.references = references;
    this.issuers = issuers;
  }

  /** The method; null where it was refused and reported. */
  @Nullable AuthenticationMethod compile() {
    long kinds =
        Stream.of(
                method.apiKey() != null,
                method.jwt() != null,
                method.serviceAccount() != null,
                method.mtls() != null)
            .filter(set -> set)
            .count();
    if (kinds != 1) {
      report.error(
          field,
          "Invalid",
          "a method has exactly one of `apiKey`, `jwt`, `serviceAccount` and `mtls`");
      return null;
    }
    if (method.mtls() != null) {
      return mtls(method.mtls());
    }
    if (method.serviceAccount() != null) {
      return serviceAccount(method.serviceAccount());
    }
    return method.apiKey() != null ? apiKey(method.apiKey()) : jwt();
  }

  private @Nullable AuthenticationMethod apiKey(ApiPolicySpec.ApiKey apiKey) {
    String at = field + ".apiKey";
    Place place =
        new Place("key", at, apiKey.header(), apiKey.prefix(), apiKey.query(), apiKey.cookie());
    if (place.count() != 1) {
      report.error(at, "Invalid", "a key is in exactly one of `header`, `query` and `cookie`");
      return null;
    }
    CredentialLocation location = location(place);
    if (location == null) {
      return null;
    }
    if (isIn(AUTHORIZATION, place) && place.prefix == null) {
      report.error(
          at + ".prefix",
          "Invalid",
          "a key in `Authorization` needs its scheme as the prefix, as `ApiKey `");
      return null;
    }
    String prefix = place.prefix;
    String scheme =
        prefix != null && prefix.endsWith(" ") && TOKEN.matcher(prefix.strip()).matches()
            ? prefix.strip()
            : "ApiKey";
    return new AuthenticationMethod.ApiKey(
        method.name(), location, Challenge.of(scheme, policy.name()).at(location));
  }

  /**
   * Where a method says that its credential is.
   *
   * @param what it is called
   * @param at the field that says so
   */
  private record Place(
      String what,
      String at,
      @Nullable String header,
      @Nullable String prefix,
      @Nullable String query,
      @Nullable String cookie) {
    boolean isToken() {
      return what.equals("token");
    }

    long count() {
      return Stream.of(header != null, query != null, cookie != null).filter(set -> set).count();
    }
  }

  private static boolean isIn(String header, Place place) {
    return place.header != null && place.header.equalsIgnoreCase(header);
  }

  /** The one place that is named; null where it was refused and reported. */
  private @Nullable CredentialLocation location(Place place) {
    if (place.prefix != null && place.header == null) {
      report.error(
          place.at + ".prefix", "Invalid", "only a " + place.what + " in a `header` has a prefix");
      return null;
    }
    if (place.header != null) {
      return inHeader(place.header, place);
    }
    if (place.query != null) {
      if (!isPlain(PARAMETER, place.query, place.at + ".query")) {
        return null;
      }
      report.warning(
          place.at + ".query",
          "Risky",
          place.what + "s in URLs end up in logs and histories; prefer a header (OWASP NHI2)");
      return new CredentialLocation.InQuery(place.query, place.isToken());
    }
    String cookie = place.cookie == null ? "" : place.cookie;
    return isPlain(TOKEN, cookie, place.at + ".cookie")
        ? new CredentialLocation.InCookie(cookie)
        : null;
  }

  private boolean isPlain(Pattern form, String name, String at) {
    if (form.matcher(name).matches()) {
      return true;
    }
    report.error(at, "Invalid", quote(name) + " is not a plain name");
    return false;
  }

  private @Nullable CredentialLocation inHeader(String header, Place place) {
    String name = header.toLowerCase(Locale.ROOT);
    if (!TOKEN.matcher(name).matches()
        || NEVER_CREDENTIALS.contains(name)
        || name.startsWith("x-sallyport-")
        || name.startsWith("x-envoy-")) {
      report.error(place.at + ".header", "Invalid", quote(header) + " can't hold a " + place.what);
      return null;
    }
    if (place.prefix != null && !PREFIX.matcher(place.prefix).matches()) {
      report.error(
          place.at + ".prefix",
          "Invalid",
          quote(place.prefix)
              + " is not a prefix; write a scheme and a space, as `"
              + (place.isToken() ? "Token " : "ApiKey ")
              + '`');
      return null;
    }
    return new CredentialLocation.InHeader(name, place.prefix == null ? "" : place.prefix);
  }

  private @Nullable AuthenticationMethod jwt() {
    ApiPolicySpec.Jwt jwt = method.jwt();
    if (jwt == null || jwt.issuerRef() == null || jwt.issuerRef().name().isEmpty()) {
      report.error(field + ".jwt.issuerRef", "Invalid", "the name of a `TokenIssuer` is needed");
      return null;
    }
    if (hasBlank(jwt.audiences(), field + ".jwt.audiences")) {
      return null;
    }
    CredentialLocation location = tokenLocation(jwt);
    ObjectKey issuer = new ObjectKey("TokenIssuer", policy.namespace(), jwt.issuerRef().name());
    // What is in force of the issuer counts: a broken edit of it must not break its policies too.
    CompiledIssuer inForce =
        references.content(issuer) == null ? null : issuers.find(issuer).orElse(null);
    if (inForce == null) {
      report.warning(
          field + ".jwt.issuerRef.name",
          "RefNotFound",
          "there is no TokenIssuer "
              + quote(issuer.qualifiedName())
              + " in force; tokens are refused until there is");
    } else if (jwt.audiences().isEmpty() && inForce.audiences().isEmpty()) {
      report.error(
          field + ".jwt.audiences",
          "Invalid",
          "an audience is needed, here or in the TokenIssuer: a token for any API would be taken");
      return null;
    }
    return location == null
        ? null
        : new AuthenticationMethod.Jwt(
            method.name(), location, issuer, jwt.audiences(), policy.name());
  }

  private @Nullable CredentialLocation tokenLocation(ApiPolicySpec.Jwt jwt) {
    String at = field + ".jwt";
    Place place = new Place("token", at, jwt.header(), jwt.prefix(), jwt.query(), jwt.cookie());
    if (place.count() > 1) {
      report.error(at, "Invalid", "a token is in at most one of `header`, `query` and `cookie`");
      return null;
    }
    if (isIn(AUTHORIZATION, place)) {
      report.error(
          at + ".header",
          "Invalid",
          "leave `header` out for `Authorization`: it is where tokens are looked for");
      return null;
    }
    // A prefix without a header is refused there.
    return place.count() == 0 && place.prefix == null ? CredentialLocation.TOKEN : location(place);
  }

  private @Nullable AuthenticationMethod serviceAccount(ApiPolicySpec.ServiceAccount accounts) {
    String at = field + ".serviceAccount.audiences";
    List<String> audiences = accounts.audiences();
    if (audiences.isEmpty()) {
      report.error(
          at,
          "Invalid",
          "an audience is needed: without one, tokens for the API server itself would be taken");
      return null;
    }
    if (hasBlank(audiences, at)) {
      return null;
    }
    for (int i = 0; i < audiences.size(); i++) {
      if (audiences.get(i).startsWith("https://kubernetes.default.svc")) {
        report.warning(
            at + "[" + i + "]",
            "Risky",
            quote(audiences.get(i))
                + " is the API server's own audience as a rule: whoever sees such a token can use"
                + " it there; give this API an audience of its own");
      }
    }
    return new AuthenticationMethod.ServiceAccount(method.name(), audiences, policy.name());
  }

  private boolean hasBlank(List<String> audiences, String at) {
    for (int i = 0; i < audiences.size(); i++) {
      if (audiences.get(i).isBlank()) {
        report.error(at + "[" + i + "]", "Invalid", "an audience is not empty");
        return true;
      }
    }
    return false;
  }

  private @Nullable AuthenticationMethod mtls(ApiPolicySpec.Mtls mtls) {
    List<String> domains = mtls.trustDomains();
    for (int i = 0; i < domains.size(); i++) {
      if (!SpiffeId.isTrustDomain(domains.get(i))) {
        report.error(
            field + ".mtls.trustDomains[" + i + "]",
            "Invalid",
            quote(domains.get(i)) + " is not a trust domain; write it as `cluster.local`");
        return null;
      }
    }
    return new AuthenticationMethod.Mtls(method.name(), domains, policy.name());
  }
}
