package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicySpec.Authentication;
import dev.sallyport.crd.ApiPolicySpec.Credentials;
import dev.sallyport.crd.ApiPolicySpec.IdentityNamespaces;
import dev.sallyport.crd.ApiPolicySpec.Match;
import dev.sallyport.crd.ApiPolicySpec.Operation;
import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.crd.ApiPolicySpec.Preflight;
import dev.sallyport.crd.ApiPolicySpec.Registered;
import dev.sallyport.crd.ApiPolicySpec.RequestRules;
import dev.sallyport.crd.ApiPolicySpec.TrailingSlash;
import dev.sallyport.crd.ApiPolicySpec.Undeclared;
import dev.sallyport.crd.Enforcement;
import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.engine.authenticate.AuthenticationRules;
import dev.sallyport.engine.authenticate.IssuerIndex;
import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.operation.OperationIndex;
import dev.sallyport.engine.operation.PathTemplate;
import dev.sallyport.engine.payload.MediaRange;
import dev.sallyport.engine.payload.PayloadRule;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.policy.CompiledPolicy;
import dev.sallyport.engine.policy.PolicyClaim;
import dev.sallyport.engine.quota.Limit;
import dev.sallyport.engine.quota.LimitSet;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Compiles one {@code ApiPolicy}. */
final class PolicyCompilation {
  private static final Pattern GRPC = Pattern.compile("[A-Za-z0-9_.]+/([A-Za-z0-9_]+|\\*)");
  private static final Pattern METHOD = Pattern.compile("[A-Z][A-Z-]{0,31}");
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
        unsupported(field + ".sectionName", "a section of a route");
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
    if (spec.openapi() != null) {
      unsupported("spec.openapi", "an OpenAPI document");
    }
    if (spec.mcp() != null) {
      unsupported("spec.mcp", "a Model Context Protocol endpoint");
    }
    if (spec.operations().size() > MOST_OPERATIONS) {
      report.error(
          "spec.operations",
          "Invalid",
          "a policy holds at most " + MOST_OPERATIONS + " operations");
    }
    AuthenticationRules authentication = authentication(claim);
    List<Limit> limits =
        limits(spec.rateLimits(), "spec.rateLimits", declared.key().qualifiedName() + '/');
    CompiledPolicy policy =
        new CompiledPolicy(
            claim,
            spec.environment(),
            spec.enforcement() == Enforcement.Shadow,
            spec.paths(),
            spec.preflight() == Preflight.Allow,
            authentication,
            spec.undeclaredOperations() == Undeclared.Allow,
            operations(limits),
            LimitSet.of(limits));
    if (spec.operations().isEmpty() && spec.undeclaredOperations() == Undeclared.Deny) {
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

  private void unsupported(String field, String what) {
    report.error(field, "Unsupported", what + " is not available in this version; remove it");
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

  private List<Limit> limits(List<RateLimitSpec> specs, String field, String idPrefix) {
    return switch (LimitCompilation.compile(specs, declared.key(), field, idPrefix)) {
      case LimitCompilation.Compiled(var limits) -> limits;
      case LimitCompilation.Refused(var diagnostics) -> {
        report.addAll(diagnostics);
        yield List.of();
      }
    };
  }

  private OperationIndex<CompiledOperation> operations(List<Limit> policyLimits) {
    OperationIndex.Builder<CompiledOperation> index = new OperationIndex.Builder<>();
    report.requireNames(
        spec.operations().stream().map(Operation::name).toList(), "spec.operations");
    for (int i = 0; i < spec.operations().size(); i++) {
      Operation operation = spec.operations().get(i);
      String field = "spec.operations[" + i + "]";
      CompiledOperation compiled = operation(operation, field, policyLimits);
      if (operation.match().isEmpty()) {
        report.error(field + ".match", "Invalid", "an operation needs at least one match");
      }
      for (int m = 0; m < operation.match().size(); m++) {
        match(operation.match().get(m), field + ".match[" + m + "]", compiled, index);
      }
    }
    return index.build();
  }

  private CompiledOperation operation(Operation operation, String field, List<Limit> policyLimits) {
    if (operation.fields() != null) {
      unsupported(field + ".fields", "a field scope");
    }
    if (!operation.conditions().isEmpty()) {
      unsupported(field + ".conditions", "a condition");
    }
    checkScopes(operation.scopes(), field + ".scopes");
    checkScopes(operation.anyScope(), field + ".anyScope");
    if (operation.authentication() == OperationAuthentication.None
        && !(operation.scopes().isEmpty() && operation.anyScope().isEmpty())) {
      report.error(
          field + (operation.scopes().isEmpty() ? ".anyScope" : ".scopes"),
          "Invalid",
          "an operation with `authentication: None` has no caller who could hold a scope");
    }
    if (operation.authentication() != OperationAuthentication.None && !authenticates()) {
      report.error(
          field + ".authentication",
          "Invalid",
          "`authentication.methods` is empty, so nobody could call it; declare a method or"
              + " `authentication: None`");
    }
    List<Limit> own =
        limits(
            operation.rateLimits(),
            field + ".rateLimits",
            declared.key().qualifiedName() + '/' + operation.name() + '/');
    boolean valid = !report.refused();
    return new CompiledOperation(
        operation.name(),
        operation.authentication(),
        valid && !(operation.scopes().isEmpty() && operation.anyScope().isEmpty())
            ? new ScopeRule(operation.scopes(), operation.anyScope())
            : ScopeRule.NONE,
        payload(operation.request(), field + ".request"),
        own.isEmpty() ? LimitSet.of(policyLimits) : LimitSet.merge(policyLimits, own));
  }

  private void checkScopes(List<String> scopes, String field) {
    for (int i = 0; i < scopes.size(); i++) {
      if (!ScopeRule.isScope(scopes.get(i))) {
        report.error(
            field + '[' + i + ']',
            "Invalid",
            quote(scopes.get(i)) + " is not one scope: no spaces, quotes or backslashes");
      }
    }
  }

  private PayloadRule payload(@Nullable RequestRules rules, String field) {
    if (rules == null) {
      return PayloadRule.NONE;
    }
    if (rules.query() != null) {
      unsupported(field + ".query", "a schema of the query");
    }
    if (rules.body() != null) {
      unsupported(field + ".body", "a schema of the body");
    }
    List<MediaRange> ranges = new ArrayList<>(rules.contentTypes().size());
    for (int i = 0; i < rules.contentTypes().size(); i++) {
      MediaRange range = MediaRange.parse(rules.contentTypes().get(i));
      if (range == null) {
        report.error(
            field + ".contentTypes[" + i + "]",
            "Invalid",
            quote(rules.contentTypes().get(i))
                + " is not a media type; write `application/json`, without parameters");
      } else {
        ranges.add(range);
      }
    }
    Set<String> encodings = new TreeSet<>();
    for (int i = 0; i < rules.contentEncodings().size(); i++) {
      String encoding = rules.contentEncodings().get(i).toLowerCase(Locale.ROOT);
      if (!encoding.matches("[a-z0-9*_.-]{1,32}")) {
        report.error(
            field + ".contentEncodings[" + i + "]",
            "Invalid",
            quote(rules.contentEncodings().get(i)) + " is not a content coding");
      }
      encodings.add(encoding);
    }
    Long maxBytes = rules.maxBytes();
    if (maxBytes != null && maxBytes < 0) {
      report.error(field + ".maxBytes", "Invalid", "must be 0 or more, not `" + maxBytes + '`');
    }
    return new PayloadRule(ranges, encodings, maxBytes == null ? -1 : Math.max(0, maxBytes));
  }

  private void match(
      Match match,
      String field,
      CompiledOperation operation,
      OperationIndex.Builder<CompiledOperation> index) {
    if ((match.path() == null) == (match.grpc() == null)) {
      report.error(field, "Invalid", "a match has either `methods` and `path`, or `grpc`");
      return;
    }
    if (match.grpc() != null) {
      grpc(match, field, operation, index);
      return;
    }
    Set<String> methods = new TreeSet<>();
    for (int i = 0; i < match.methods().size(); i++) {
      String method = match.methods().get(i);
      if (!METHOD.matcher(method).matches() || method.equals("CONNECT")) {
        report.error(
            field + ".methods[" + i + "]",
            "Invalid",
            quote(method) + " is not a method; write it in capitals, as `GET`");
      }
      methods.add(method);
    }
    if (methods.isEmpty()) {
      report.error(field + ".methods", "Invalid", "a match needs at least one method");
      return;
    }
    try {
      PathTemplate template = PathTemplate.parse(match.path() == null ? "" : match.path());
      add(methods, template, field + ".path", operation, index);
    } catch (IllegalArgumentException e) {
      report.error(
          field + ".path",
          "Invalid",
          quote(match.path() == null ? "" : match.path()) + ' ' + e.getMessage());
    }
  }

  private void grpc(
      Match match,
      String field,
      CompiledOperation operation,
      OperationIndex.Builder<CompiledOperation> index) {
    String grpc = match.grpc() == null ? "" : match.grpc();
    if (!match.methods().isEmpty()) {
      report.error(field + ".methods", "Invalid", "a gRPC method needs no `methods`");
    }
    if (!GRPC.matcher(grpc).matches()) {
      report.error(
          field + ".grpc",
          "Invalid",
          quote(grpc) + " is not a gRPC method; write `pkg.Service/Method` or `pkg.Service/*`");
      return;
    }
    int slash = grpc.indexOf('/');
    PathTemplate.Segment last =
        grpc.endsWith("/*")
            ? new PathTemplate.Segment.Parameter("method")
            : new PathTemplate.Segment.Literal(grpc.substring(slash + 1));
    // On the wire a gRPC call is a POST to /pkg.Service/Method.
    add(
        Set.of("POST"),
        new PathTemplate(
            grpc, List.of(new PathTemplate.Segment.Literal(grpc.substring(0, slash)), last)),
        field + ".grpc",
        operation,
        index);
  }

  private void add(
      Set<String> methods,
      PathTemplate template,
      String field,
      CompiledOperation operation,
      OperationIndex.Builder<CompiledOperation> index) {
    PathTemplate matched =
        spec.paths().trailingSlash() == TrailingSlash.Ignore
            ? template.withoutTrailingSlash()
            : template;
    Set<String> taken = index.add(methods, matched, operation);
    if (!taken.isEmpty()) {
      report.error(
          field,
          "Invalid",
          quote(template.text())
              + " is matched before for "
              + String.join(", ", taken)
              + " by an equal template; leave one out");
    }
  }
}
