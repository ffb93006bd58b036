package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.engine.authenticate.AuthenticationMethod;
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

  /** Headers with a meaning of their own; some of them are logged. */
  private static final Set<String> NEVER_CREDENTIALS =
      Set.of(
          "accept",
          "connection",
          "content-encoding",
          "content-length",
          "content-type",
          "cookie",
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
    long places =
        Stream.of(apiKey.header() != null, apiKey.query() != null, apiKey.cookie() != null)
            .filter(set -> set)
            .count();
    if (places != 1) {
      report.error(at, "Invalid", "a key is in exactly one of `header`, `query` and `cookie`");
      return null;
    }
    if (apiKey.prefix() != null && apiKey.header() == null) {
      report.error(at + ".prefix", "Invalid", "only a key in a `header` has a prefix");
      return null;
    }
    if (apiKey.header() != null) {
      return inHeader(apiKey.header(), apiKey.prefix(), at);
    }
    boolean query = apiKey.query() != null;
    String name = query ? apiKey.query() : apiKey.cookie();
    if (name == null || !(query ? PARAMETER : TOKEN).matcher(name).matches()) {
      report.error(
          at + (query ? ".query" : ".cookie"),
          "Invalid",
          quote(String.valueOf(name)) + " is not a plain name");
      return null;
    }
    if (query) {
      report.warning(
          at + ".query",
          "Risky",
          "keys in URLs end up in logs and histories; prefer a header (OWASP NHI2)");
    }
    return new AuthenticationMethod.ApiKey(
        method.name(),
        query ? new CredentialLocation.InQuery(name) : new CredentialLocation.InCookie(name),
        "ApiKey realm=\""
            + policy.name()
            + "\", "
            + (query ? "query" : "cookie")
            + "=\""
            + name
            + '"');
  }

  private @Nullable AuthenticationMethod inHeader(
      String header, @Nullable String prefix, String at) {
    String name = header.toLowerCase(Locale.ROOT);
    if (!TOKEN.matcher(name).matches()
        || NEVER_CREDENTIALS.contains(name)
        || name.startsWith("x-sallyport-")
        || name.startsWith("x-envoy-")) {
      report.error(at + ".header", "Invalid", quote(header) + " can't hold a key");
      return null;
    }
    if (prefix != null && !PREFIX.matcher(prefix).matches()) {
      report.error(
          at + ".prefix",
          "Invalid",
          quote(prefix) + " is not a prefix; write a scheme and a space, as `ApiKey `");
      return null;
    }
    if (name.equals("authorization") && prefix == null) {
      report.error(
          at + ".prefix",
          "Invalid",
          "a key in `Authorization` needs its scheme as the prefix, as `ApiKey `");
      return null;
    }
    String scheme =
        prefix != null && prefix.endsWith(" ") && TOKEN.matcher(prefix.strip()).matches()
            ? prefix.strip()
            : "ApiKey";
    String challenge = scheme + " realm=\"" + policy.name() + '"';
    return new AuthenticationMethod.ApiKey(
        method.name(),
        new CredentialLocation.InHeader(name, prefix == null ? "" : prefix),
        name.equals("authorization") ? challenge : challenge + ", header=\"" + name + '"');
  }

  private @Nullable AuthenticationMethod jwt() {
    ApiPolicySpec.Jwt jwt = method.jwt();
    if (jwt == null || jwt.issuerRef() == null || jwt.issuerRef().name().isEmpty()) {
      report.error(field + ".jwt.issuerRef", "Invalid", "the name of a `TokenIssuer` is needed");
      return null;
    }
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
    return new AuthenticationMethod.Jwt(
        method.name(), CredentialLocation.TOKEN, issuer, jwt.audiences(), policy.name());
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
    for (int i = 0; i < audiences.size(); i++) {
      if (audiences.get(i).isBlank()) {
        report.error(at + "[" + i + "]", "Invalid", "an audience is not empty");
        return null;
      }
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
