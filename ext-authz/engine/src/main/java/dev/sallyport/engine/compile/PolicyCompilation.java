package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicySpec.Authentication;
import dev.sallyport.crd.ApiPolicySpec.Credentials;
import dev.sallyport.crd.ApiPolicySpec.IdentityNamespaces;
import dev.sallyport.crd.ApiPolicySpec.Preflight;
import dev.sallyport.crd.ApiPolicySpec.Registered;
import dev.sallyport.crd.ApiPolicySpec.Undeclared;
import dev.sallyport.crd.Enforcement;
import dev.sallyport.engine.authenticate.AuthenticationRules;
import dev.sallyport.engine.authenticate.IssuerIndex;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.policy.CompiledPolicy;
import dev.sallyport.engine.policy.PolicyClaim;
import dev.sallyport.engine.quota.Limit;
import dev.sallyport.engine.quota.LimitSet;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Compiles one {@code ApiPolicy}. */
final class PolicyCompilation {
  private static final Pattern PLAIN_HTTPS =
      Pattern.compile("[Hh][Tt][Tt][Pp][Ss]://[!$%&-;=A-Z\\[\\]_a-z~]{1,2040}");
  private static final int MOST_OPERATIONS = 2_000;

  private final ApiPolicySpec spec;
  private final Declared declared;
  private final Report report;
  private final References references;
  private final IssuerIndex issuers;

  PolicyCompilation(
      ApiPolicySpec spec,
      Declared declared,
      Report report,
      References references,
      IssuerIndex issuers) {
    this.spec = spec;
    this.declared = declared;
    this.report = report;
    this.references = references;
    this.issuers = issuers;
  }

  /** What the policy claims, as far as its hosts and routes can be read. */
  PolicyClaim claim() {
    Set<String> hosts = new LinkedHashSet<>();
    for (int i = 0; i < spec.hosts().size(); i++) {
      String host = HostPattern.canonical(spec.hosts().get(i));
      String field = "spec.hosts[" + i + "]";
      if (host == null) {
        report.error(
            field,
            "Invalid",
            quote(spec.hosts().get(i))
                + " is not a host; write `api.example.com` or `*.example.com`, without a port");
      } else if (!hosts.add(host)) {
        report.warning(field, "Invalid", quote(spec.hosts().get(i)) + " stands twice");
      }
    }
    List<PolicyClaim.RouteRef> routes = new ArrayList<>(spec.targetRefs().size());
    for (int i = 0; i < spec.targetRefs().size(); i++) {
      ApiPolicySpec.TargetRef ref = spec.targetRefs().get(i);
      String field = "spec.targetRefs[" + i + "]";
      if (!ref.group().equals("gateway.networking.k8s.io")
          || !(ref.kind().equals("HTTPRoute") || ref.kind().equals("GRPCRoute"))
          || ref.name().isEmpty()) {
        report.error(
            field,
            "Invalid",
            "a target is an `HTTPRoute` or `GRPCRoute` of `gateway.networking.k8s.io` with a name");
      } else if (ref.sectionName() != null) {
        report.unsupported(field + ".sectionName", "a section of a route");
      } else {
        routes.add(new PolicyClaim.RouteRef(ref.kind(), declared.key().namespace(), ref.name()));
        addHosts(new ObjectKey(ref.kind(), declared.key().namespace(), ref.name()), field, hosts);
      }
    }
    if (spec.hosts().isEmpty() && spec.targetRefs().isEmpty()) {
      report.error("spec.hosts", "Invalid", "a policy needs `hosts`, `targetRefs` or both");
    }
    return new PolicyClaim(declared.key(), declared.created(), List.copyOf(hosts), routes);
  }

  /** The hosts that a route names belong to the policy as if it named them. */
  private void addHosts(ObjectKey route, String field, Set<String> hosts) {
    if (!(references.content(route) instanceof Declared.Route(var hostnames))) {
      report.warning(
          field + ".name",
          "RefNotFound",
          "there is no "
              + route.kind()
              + ' '
              + quote(route.qualifiedName())
              + "; until there is, only requests for which Envoy names this route find the policy");
      return;
    }
    if (hostnames.isEmpty() && spec.hosts().isEmpty()) {
      report.warning(
          field,
          "Risky",
          "the route names no host, so only requests for which Envoy names this route find the"
              + " policy; write `hosts` too");
    }
    for (String hostname : hostnames) {
      String host = HostPattern.canonical(hostname);
      if (host == null) {
        report.warning(
            field,
            "Invalid",
            "the route's " + quote(hostname) + " is not a host and is passed over");
      } else {
        hosts.add(host);
      }
    }
  }

  /** Compiles the rest; what it returns counts only when the report refuses nothing. */
  CompiledPolicy compile(PolicyClaim claim) {
    if (spec.operations().size() > MOST_OPERATIONS) {
      report.error(
          "spec.operations",
          "Invalid",
          "a policy holds at most " + MOST_OPERATIONS + " operations");
    }
    AuthenticationRules authentication = authentication(claim);
    List<Limit> limits =
        LimitCompilation.compile(
            spec.rateLimits(), report, "spec.rateLimits", declared.key().qualifiedName() + '/');
    OperationsCompilation.Compiled operations =
        new OperationsCompilation(spec, declared, report, references, limits).compile();
    CompiledPolicy policy =
        new CompiledPolicy(
            claim,
            spec.environment(),
            spec.enforcement() == Enforcement.Shadow,
            spec.paths(),
            spec.preflight() == Preflight.Allow,
            authentication,
            spec.undeclaredOperations() == Undeclared.Allow,
            operations.index(),
            McpCompilation.compile(
                spec, declared, report, references, limits, operations.ofDocument()),
            LimitSet.of(limits));
    if (spec.operations().isEmpty()
        && spec.mcp() == null
        && spec.openapi() == null
        && spec.undeclaredOperations() == Undeclared.Deny) {
      report.warning(
          "spec.operations", "Risky", "no operation is declared, so every request is denied");
    }
    if (spec.undeclaredOperations() == Undeclared.Allow && !authenticates()) {
      report.error(
          "spec.undeclaredOperations",
          "Invalid",
          "undeclared operations need a credential, and `authentication.methods` is empty");
    }
    return policy;
  }

  private boolean authenticates() {
    return !spec.authentication().methods().isEmpty();
  }

  private AuthenticationRules authentication(PolicyClaim claim) {
    Authentication authentication = spec.authentication();
    List<MethodCompilation> methods = new ArrayList<>();
    report.requireNames(
        authentication.methods().stream().map(ApiPolicySpec.Method::name).toList(),
        "spec.authentication.methods");
    for (int i = 0; i < authentication.methods().size(); i++) {
      methods.add(
          new MethodCompilation(
              authentication.methods().get(i),
              "spec.authentication.methods[" + i + "]",
              declared.key(),
              report,
              references,
              issuers));
    }
    return new AuthenticationRules(
        methods.stream().map(MethodCompilation::compile).filter(Objects::nonNull).toList(),
        authentication.registered() == Registered.Required,
        authentication.identityNamespaces() == IdentityNamespaces.All,
        authentication.credentials() == Credentials.Strip,
        authentication.dpop() == null
            ? null
            : new ProofCompilation(
                    authentication.dpop(), authentication.methods(), claim.hosts(), report)
                .compile(),
        resourceMetadata(authentication));
  }

  /** RFC 9728 section 5.1. */
  private @Nullable String resourceMetadata(Authentication authentication) {
    String field = "spec.authentication.resourceMetadata";
    String url = authentication.resourceMetadata();
    if (url == null) {
      return null;
    }
    if (!PLAIN_HTTPS.matcher(url).matches() || !namesHost(url)) {
      report.error(
          field, "Invalid", quote(url) + " is not an https URL without user, query and fragment");
      return null;
    }
    if (authentication.methods().stream()
        .allMatch(method -> method.jwt() == null && method.serviceAccount() == null)) {
      report.warning(field, "Unreachable", "no method takes tokens, so no challenge names it");
    }
    return url;
  }

  private static boolean namesHost(String url) {
    try {
      return new URI(url).getHost() != null;
    } catch (URISyntaxException _) {
      return false;
    }
  }
}
