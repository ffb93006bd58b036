package dev.sallyport.engine;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicySpec.ApiKey;
import dev.sallyport.crd.ApiPolicySpec.Credentials;
import dev.sallyport.crd.ApiPolicySpec.IdentityNamespaces;
import dev.sallyport.crd.ApiPolicySpec.Match;
import dev.sallyport.crd.ApiPolicySpec.Method;
import dev.sallyport.crd.ApiPolicySpec.Operation;
import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.crd.ApiPolicySpec.Paths;
import dev.sallyport.crd.ApiPolicySpec.Preflight;
import dev.sallyport.crd.ApiPolicySpec.RequestRules;
import dev.sallyport.crd.ApiPolicySpec.TrailingSlash;
import dev.sallyport.crd.ApiPolicySpec.Undeclared;
import dev.sallyport.crd.Enforcement;
import dev.sallyport.crd.LocalRef;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.NonHumanIdentitySpec.Credential;
import dev.sallyport.crd.NonHumanIdentitySpec.CredentialState;
import dev.sallyport.crd.NonHumanIdentitySpec.OnViolation;
import dev.sallyport.crd.NonHumanIdentitySpec.SenderConstrained;
import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.receive.Inbound;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides as the contract reads, one sentence after the other: every list is scanned, nothing is
 * indexed, compiled or kept but the counts of rate limits. Shares nothing with the engine but the
 * specs, the request as it came and the words of a decision. What the worlds' tokens, proofs and
 * certificates are worth is known from how they were made.
 */
final class ReferenceDecider {
  private static final Duration CLOCK_SKEW = Duration.ofSeconds(30);
  private static final Duration PROOF_AGE = Duration.ofSeconds(60);

  private final List<Policy> policies = new ArrayList<>();
  private final List<Holder> holders = new ArrayList<>();
  private final Map<String, Count> counts = new HashMap<>();

  /** What a decision is compared by. */
  record Answer(
      boolean allowed,
      Reason reason,
      @Nullable Reason shadowReason,
      @Nullable ObjectKey policy,
      @Nullable String operation,
      @Nullable ObjectKey identity,
      boolean unregistered,
      boolean boundToSender,
      Set<String> scopesHeld,
      Set<String> removedHeaders,
      Set<String> removedParameters,
      @Nullable String cookie) {}

  private record Policy(ObjectKey key, Instant created, ApiPolicySpec spec) {}

  private record Holder(ObjectKey key, Instant created, NonHumanIdentitySpec spec) {}

  /** What is left of a limit: tokens times the nanoseconds of its window, and when that was so. */
  private record Count(long tokenNanos, Instant at) {}

  /** What is known of one request so far. */
  private static final class Known {
    @Nullable Policy policy;
    boolean shadow;
    boolean limitShadowed;
    @Nullable String operation;
    @Nullable Holder holder;
    @Nullable Credential credential;

    /**
     * A service account, a certificate, or a token's issuer, client and subject that is nobody's.
     */
    @Nullable String unregistered;

    /** What its token may be used for; null for what is no access token. */
    @Nullable List<String> tokenScopes;

    boolean boundToSender;

    /** Where it came so far. */
    Set<String> scopesHeld = Set.of();
  }

  ReferenceDecider(List<Declared> objects) {
    for (Declared object : objects) {
      switch (object.content()) {
        case Declared.ApiPolicy(var spec) ->
            policies.add(new Policy(object.key(), object.created(), spec));
        case Declared.NonHumanIdentity(var spec) ->
            holders.add(new Holder(object.key(), object.created(), spec));
        case Declared.TokenIssuer _ -> {}
        default -> throw new IllegalArgumentException("not for the reference: " + object.key());
      }
    }
    // "The older one keeps it (then namespace/name)."
    policies.sort(
        Comparator.comparing(Policy::created).thenComparing(policy -> policy.key.qualifiedName()));
    holders.sort(
        Comparator.comparing(Holder::created).thenComparing(holder -> holder.key.qualifiedName()));
  }

  Answer decide(Inbound inbound) {
    Known known = new Known();
    Reason refusal = judge(inbound, known);
    boolean shadowed = refusal != null && known.shadow;
    boolean allowed = refusal == null || shadowed;
    Set<String> headers = new TreeSet<>();
    Set<String> parameters = new TreeSet<>();
    String cookie = null;
    if (refusal == null && known.policy != null && !known.shadow) {
      cookie = strip(known.policy.spec, inbound, headers, parameters);
    }
    return new Answer(
        allowed,
        allowed ? Reason.ALLOWED : refusal,
        shadowed ? refusal : refusal == null && known.limitShadowed ? Reason.RATE_LIMITED : null,
        known.policy == null ? null : known.policy.key,
        known.operation,
        known.holder == null ? null : known.holder.key,
        known.unregistered != null,
        known.boundToSender,
        new TreeSet<>(known.scopesHeld),
        headers,
        parameters,
        cookie);
  }

  /** Why the request is refused; null where it is not. */
  private @Nullable Reason judge(Inbound inbound, Known known) {
    // 1. receive
    String host = host(inbound.host());
    if (host == null) {
      return Reason.REQUEST_MALFORMED;
    }
    for (String other : inbound.headers().values("host")) {
      if (!host.equals(host(other))) {
        return Reason.REQUEST_MALFORMED;
      }
    }
    // 2. policy, which is asked for first because a shadow policy allows what is malformed too
    Policy policy = find(inbound, host);
    boolean ready = policy != null && isValid(policy.spec);
    if (policy != null && ready) {
      known.policy = policy;
      known.shadow = policy.spec.enforcement() == Enforcement.Shadow;
    }
    String path = path(inbound.path());
    boolean namesNoPath =
        (inbound.method().equals("CONNECT") && inbound.path().isEmpty())
            || (inbound.method().equals("OPTIONS") && inbound.path().equals("*"));
    if (overridesItsMethod(inbound)
        || (!namesNoPath && ReferencePath.alwaysMalformed(path))
        || hasBadQuery(inbound.path())) {
      return Reason.REQUEST_MALFORMED;
    }
    if (policy == null) {
      return Reason.POLICY_MISSING;
    }
    if (!ready) {
      known.policy = policy;
      return Reason.POLICY_NOT_READY;
    }
    ApiPolicySpec spec = policy.spec;
    if (namesNoPath) {
      return Reason.OPERATION_UNDECLARED;
    }
    List<String> segments = ReferencePath.segments(path, spec.paths());
    if (segments == null) {
      return Reason.REQUEST_MALFORMED;
    }
    // 3. operation
    segments = withoutFinalSlash(segments, spec.paths());
    Operation operation = find(spec, inbound.method(), segments);
    if (mayBeAnother(spec, inbound.method(), segments)) {
      return Reason.OPERATION_UNDECLARED;
    }
    OperationAuthentication authentication;
    if (operation != null) {
      known.operation = operation.name();
      authentication = operation.authentication();
    } else if (isAllowedPreflight(spec, inbound, segments)) {
      authentication = OperationAuthentication.None;
    } else if (spec.undeclaredOperations() == Undeclared.Allow) {
      authentication = OperationAuthentication.Required;
    } else {
      return Reason.OPERATION_UNDECLARED;
    }
    // 4. authenticate
    if (authentication != OperationAuthentication.None) {
      Reason refusal = authenticate(policy, inbound, known);
      boolean missing = refusal == Reason.CREDENTIAL_MISSING;
      if (refusal != null && !(missing && authentication == OperationAuthentication.Optional)) {
        return refusal;
      }
    }
    // 5. identity
    if (known.unregistered != null
        && spec.authentication().registered() == ApiPolicySpec.Registered.Required) {
      return Reason.IDENTITY_UNREGISTERED;
    }
    if (known.holder != null) {
      Reason refusal = checkIdentity(known.holder.spec, spec, inbound, known.boundToSender);
      if (refusal != null) {
        return refusal;
      }
    }
    Set<String> held = held(known);
    known.scopesHeld = held;
    if (operation != null) {
      // 6. authorize
      boolean all = held.containsAll(operation.scopes());
      boolean any =
          operation.anyScope().isEmpty() || operation.anyScope().stream().anyMatch(held::contains);
      if (!all || !any) {
        return known.holder == null && known.unregistered == null
            ? Reason.CREDENTIAL_MISSING
            : Reason.SCOPE_INSUFFICIENT;
      }
      // 7. payload
      Reason refusal = checkPayload(operation.request(), inbound);
      if (refusal != null) {
        return refusal;
      }
    }
    // 8. quota
    return take(policy, operation, inbound, known) ? null : Reason.RATE_LIMITED;
  }

  /** "For tokens they are a ceiling: effective = token ∩ grants." */
  private static Set<String> held(Known known) {
    if (known.holder == null) {
      return known.tokenScopes == null ? Set.of() : new HashSet<>(known.tokenScopes);
    }
    Set<String> granted = new HashSet<>(known.holder.spec.grants().scopes());
    if (known.tokenScopes != null) {
      granted.retainAll(known.tokenScopes);
    }
    return granted;
  }

  // ---- receive

  /** "Lower case, no port, no trailing dot"; names only. */
  private static @Nullable String host(String authority) {
    String host = authority.toLowerCase(Locale.ROOT);
    int colon = host.indexOf(':');
    if (colon >= 0) {
      if (!host.substring(colon + 1).matches("[0-9]{1,5}")) {
        return null;
      }
      host = host.substring(0, colon);
    }
    if (host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    return host.matches("[a-z0-9_-]+(\\.[a-z0-9_-]+)*") ? host : null;
  }

  private static String path(String target) {
    int question = target.indexOf('?');
    return question < 0 ? target : target.substring(0, question);
  }

  private static boolean hasBadQuery(String target) {
    int question = target.indexOf('?');
    return question >= 0 && !target.substring(question).matches("[!-~&&[^#]]*");
  }

  private static boolean overridesItsMethod(Inbound inbound) {
    return inbound.headers().has("x-http-method-override");
  }

  // ---- policy

  private @Nullable Policy find(Inbound inbound, String host) {
    String extension = inbound.policyExtension();
    if (extension != null) {
      for (Policy policy : policies) {
        if (policy.key.qualifiedName().equals(extension)) {
          return policy;
        }
      }
      return null;
    }
    for (Inbound.Route route : inbound.routes()) {
      Policy policy = first(candidate -> isAttached(candidate, route));
      if (policy != null) {
        return policy;
      }
    }
    Policy exact = first(candidate -> claims(candidate, host));
    if (exact != null) {
      return exact;
    }
    // "The longest wildcard": cut labels from the front, one after the other.
    for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      String wildcard = "*" + host.substring(dot);
      Policy policy = first(candidate -> claims(candidate, wildcard));
      if (policy != null) {
        return policy;
      }
    }
    return null;
  }

  private interface Claim {
    boolean is(Policy policy);
  }

  /** The oldest that is valid; where there is none, the oldest. */
  private @Nullable Policy first(Claim claim) {
    Policy first = null;
    for (Policy policy : policies) {
      if (claim.is(policy)) {
        if (isValid(policy.spec)) {
          return policy;
        }
        first = first == null ? policy : first;
      }
    }
    return first;
  }

  private static boolean claims(Policy policy, String pattern) {
    for (String host : policy.spec.hosts()) {
      if (host.toLowerCase(Locale.ROOT).equals(pattern)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isAttached(Policy policy, Inbound.Route route) {
    for (ApiPolicySpec.TargetRef ref : policy.spec.targetRefs()) {
      if (ref.kind().equals(route.kind())
          && policy.key.namespace().equals(route.namespace())
          && ref.name().equals(route.name())) {
        return true;
      }
    }
    return false;
  }

  /** Whether it compiles, as far as the worlds of the property can be wrong. */
  private static boolean isValid(ApiPolicySpec spec) {
    Set<String> taken = new HashSet<>();
    for (Operation operation : spec.operations()) {
      boolean open = operation.authentication() == OperationAuthentication.None;
      if (!open && spec.authentication().methods().isEmpty()) {
        return false;
      }
      if (open && !(operation.scopes().isEmpty() && operation.anyScope().isEmpty())) {
        return false;
      }
      for (Match match : operation.match()) {
        if (match.path() != null && !isTemplate(match.path())) {
          return false;
        }
        // "Two equal templates are a diagnostic": parameters are equal whatever their names.
        for (String method : methods(match)) {
          if (!taken.add(method + ' ' + shape(template(match, spec.paths())))) {
            return false;
          }
        }
      }
    }
    return spec.undeclaredOperations() == Undeclared.Deny
        || !spec.authentication().methods().isEmpty();
  }

  private static boolean isTemplate(String path) {
    Set<String> parameters = new HashSet<>();
    List<String> segments = List.of(path.substring(1).split("/", -1));
    for (String segment : segments) {
      if (segment.contains(";") || (isParameter(segment) && !parameters.add(segment))) {
        return false;
      }
    }
    List<String> before = segments.subList(0, segments.size() - 1);
    return !before.contains("**") && !before.contains("");
  }

  // ---- operation

  private static List<String> methods(Match match) {
    return match.grpc() != null ? List.of("POST") : match.methods();
  }

  private static List<String> template(Match match, Paths paths) {
    if (match.path() == null) {
      return List.of(String.valueOf(match.grpc()).replace("*", "{method}").split("/", -1));
    }
    return withoutFinalSlash(List.of(match.path().substring(1).split("/", -1)), paths);
  }

  private static List<String> shape(List<String> template) {
    return template.stream().map(segment -> isParameter(segment) ? "{}" : segment).toList();
  }

  private static boolean isParameter(String segment) {
    return segment.startsWith("{");
  }

  private static List<String> withoutFinalSlash(List<String> segments, Paths paths) {
    boolean slash = segments.size() > 1 && segments.getLast().isEmpty();
    return slash && paths.trailingSlash() == TrailingSlash.Ignore
        ? segments.subList(0, segments.size() - 1)
        : segments;
  }

  private static @Nullable Operation find(
      ApiPolicySpec spec, String method, List<String> segments) {
    Operation best = null;
    List<String> bestTemplate = List.of();
    for (Operation operation : spec.operations()) {
      for (Match match : operation.match()) {
        List<String> template = template(match, spec.paths());
        if (methods(match).contains(method)
            && fits(template, segments)
            && (best == null || isMoreSpecific(template, bestTemplate))) {
          best = operation;
          bestTemplate = template;
        }
      }
    }
    return best;
  }

  private static boolean fits(List<String> template, List<String> segments) {
    for (int i = 0; i < template.size(); i++) {
      if (template.get(i).equals("**")) {
        return segments.size() > i;
      }
      if (i >= segments.size()) {
        return false;
      }
      boolean fits =
          isParameter(template.get(i))
              ? !segments.get(i).isEmpty()
              : template.get(i).equals(segments.get(i));
      if (!fits) {
        return false;
      }
    }
    return template.size() == segments.size();
  }

  /** Of two templates that fit the same path: the first segment in which they differ decides. */
  private static boolean isMoreSpecific(List<String> template, List<String> other) {
    for (int i = 0; i < Math.min(template.size(), other.size()); i++) {
      int difference = vagueness(template.get(i)) - vagueness(other.get(i));
      if (difference != 0) {
        return difference < 0;
      }
    }
    return false;
  }

  private static int vagueness(String segment) {
    return segment.equals("**") ? 2 : isParameter(segment) ? 1 : 0;
  }

  /**
   * Whether what fits a path is wider than what some server would take it for: in another case,
   * with a final slash more or less, with an ending such as {@code .json}.
   */
  private static boolean mayBeAnother(ApiPolicySpec spec, String method, List<String> segments) {
    Operation taken = find(spec, method, segments);
    Operation loosely = null;
    List<Integer> best = List.of();
    for (Operation operation : spec.operations()) {
      for (Match match : operation.match()) {
        List<String> template = template(match, spec.paths());
        if (!methods(match).contains(method)) {
          continue;
        }
        if (fits(template, segments)
            && template.stream().allMatch(segment -> vagueness(segment) == 0)) {
          return false;
        }
        List<Integer> looseness = looseness(template, segments);
        if (looseness != null && (loosely == null || comesBefore(looseness, best))) {
          loosely = operation;
          best = looseness;
        }
      }
    }
    return loosely != null && !loosely.equals(taken);
  }

  /** How loosely each segment fits, and then the end; null where one does not. */
  private static @Nullable List<Integer> looseness(List<String> template, List<String> segments) {
    List<Integer> looseness = new ArrayList<>();
    for (int i = 0; i < template.size(); i++) {
      String expected = template.get(i);
      boolean ends = i == template.size() - 1;
      if (i == segments.size()) {
        return expected.isEmpty() && ends ? with(looseness, 1) : null;
      }
      String segment = segments.get(i);
      if (expected.equals("**")) {
        return with(looseness, 4);
      }
      String lower = segment.toLowerCase(Locale.ROOT);
      boolean last = i == segments.size() - 1;
      if (expected.equals(segment)) {
        looseness.add(0);
      } else if (segment.isEmpty()) {
        return null;
      } else if (isParameter(expected)) {
        looseness.add(3);
      } else if (expected.toLowerCase(Locale.ROOT).equals(lower)) {
        looseness.add(1);
      } else if (last
          && ends
          && !expected.isEmpty()
          && lower.matches(Pattern.quote(expected.toLowerCase(Locale.ROOT)) + "\\.[^.]*")) {
        looseness.add(2);
      } else {
        return null;
      }
    }
    if (template.size() == segments.size()) {
      return with(looseness, 0);
    }
    boolean slash = segments.size() == template.size() + 1 && segments.getLast().isEmpty();
    return slash ? with(looseness, 1) : null;
  }

  private static List<Integer> with(List<Integer> some, int last) {
    some.add(last);
    return some;
  }

  private static boolean comesBefore(List<Integer> one, List<Integer> other) {
    for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
      int difference = one.get(i) - other.get(i);
      if (difference != 0) {
        return difference < 0;
      }
    }
    return false;
  }

  private static boolean isAllowedPreflight(
      ApiPolicySpec spec, Inbound inbound, List<String> segments) {
    if (spec.preflight() != Preflight.Allow
        || !inbound.method().equals("OPTIONS")
        || !inbound.headers().has("origin")
        || !inbound.headers().has("access-control-request-method")) {
      return false;
    }
    for (Operation operation : spec.operations()) {
      for (Match match : operation.match()) {
        if (fits(template(match, spec.paths()), segments)) {
          return true;
        }
      }
    }
    return false;
  }

  // ---- authenticate

  /** What a method's place holds. */
  private sealed interface Found {
    record Nothing() implements Found {}

    record Key(String key, boolean dpop) implements Found {}

    record Bad(Reason reason) implements Found {}
  }

  private @Nullable Reason authenticate(Policy policy, Inbound inbound, Known known) {
    List<Method> methods = policy.spec.authentication().methods();
    List<Found> all = new ArrayList<>();
    for (Method method : methods) {
      all.add(look(method, inbound));
    }
    // A credential that stands twice is never made up for by another one.
    for (Found found : all) {
      if (found instanceof Found.Bad(var reason) && reason != Reason.CREDENTIAL_INVALID) {
        return reason;
      }
    }
    Reason weightiest = null;
    for (int i = 0; i < all.size(); i++) {
      Method method = methods.get(i);
      switch (all.get(i)) {
        case Found.Nothing() -> {}
        case Found.Bad(var reason) -> weightiest = weightier(weightiest, reason);
        case Found.Key found -> {
          Reason refusal = admit(policy, method, found, inbound, known);
          if (refusal == null) {
            return null;
          }
          weightiest = weightier(weightiest, refusal);
        }
      }
    }
    return weightiest == null ? Reason.CREDENTIAL_MISSING : weightiest;
  }

  /** "503, never a false 401", and whatever is known of a credential before that it is no good. */
  private static Reason weightier(@Nullable Reason one, Reason other) {
    if (one == null || (other.httpStatus() == 503 && one.httpStatus() != 503)) {
      return other;
    }
    return one == Reason.CREDENTIAL_INVALID ? other : one;
  }

  private @Nullable Reason admit(
      Policy policy, Method method, Found.Key found, Inbound inbound, Known known) {
    if (method.jwt() != null) {
      return admitAccessToken(policy, method.jwt(), found, inbound, known);
    }
    if (method.mtls() != null) {
      return admitCertificate(policy, method.mtls(), found.key, inbound.at(), known);
    }
    return method.serviceAccount() == null
        ? admitKey(policy, found.key, inbound.at(), known)
        : admitToken(policy, method.serviceAccount(), found.key, inbound.at(), known);
  }

  /** Where a method looks outside of {@code Authorization} for tokens; null where it does not. */
  private static @Nullable ApiKey place(Method method) {
    ApiPolicySpec.Jwt jwt = method.jwt();
    if (jwt == null) {
      return method.apiKey();
    }
    return jwt.header() == null && jwt.query() == null && jwt.cookie() == null
        ? null
        : new ApiKey(jwt.header(), jwt.prefix(), jwt.query(), jwt.cookie());
  }

  private static Found look(Method method, Inbound inbound) {
    if (method.mtls() != null) {
      return certificate(inbound);
    }
    ApiKey place = place(method);
    if (place == null) {
      return inAuthorization(inbound, method.jwt() != null);
    }
    Found found = look(place, inbound);
    // RFC 6750 section 2: a token in one place of a request.
    boolean twice =
        method.jwt() != null
            && "access_token".equals(place.query())
            && !(found instanceof Found.Nothing)
            && !(inAuthorization(inbound, true) instanceof Found.Nothing);
    return twice ? new Found.Bad(Reason.CREDENTIAL_AMBIGUOUS) : found;
  }

  private static Found inAuthorization(Inbound inbound, boolean alsoDpop) {
    List<String> lines = inbound.headers().values("authorization");
    if (lines.size() > 1) {
      return new Found.Bad(Reason.REQUEST_MALFORMED);
    }
    String line = lines.isEmpty() ? "" : lines.getFirst();
    boolean dpop = line.toLowerCase(Locale.ROOT).startsWith("dpop ");
    if (!line.toLowerCase(Locale.ROOT).startsWith("bearer ") && !(dpop && alsoDpop)) {
      return new Found.Nothing();
    }
    String token = line.substring(line.indexOf(' ')).strip();
    if (!token.matches("[A-Za-z0-9._~+/-]+=*")) {
      return new Found.Bad(Reason.CREDENTIAL_INVALID);
    }
    return spelled(inbound, "access_token").isEmpty()
        ? new Found.Key(token, dpop)
        : new Found.Bad(Reason.CREDENTIAL_AMBIGUOUS);
  }

  /** How a parameter's name is written in the query; an underscore may be escaped. */
  private static List<String> spelled(Inbound inbound, String name) {
    List<String> spelled = new ArrayList<>();
    for (String parameter : parameters(inbound.path())) {
      String written = parameter.split("=", 2)[0];
      if (written.replace("%5F", "_").equals(name)) {
        spelled.add(written);
      }
    }
    return spelled;
  }

  private static Found look(ApiKey place, Inbound inbound) {
    if (place.header() != null) {
      List<String> lines = inbound.headers().values(place.header().toLowerCase(Locale.ROOT));
      if (lines.isEmpty()) {
        return new Found.Nothing();
      }
      if (lines.size() > 1) {
        return new Found.Bad(Reason.REQUEST_MALFORMED);
      }
      return inLine(lines.getFirst(), place.prefix() == null ? "" : place.prefix());
    }
    if (place.query() != null) {
      return spelled(inbound, place.query()).stream().allMatch(place.query()::equals)
          ? alone(parameters(inbound.path()), place.query())
          : new Found.Bad(Reason.CREDENTIAL_AMBIGUOUS);
    }
    return alone(cookies(inbound), String.valueOf(place.cookie()));
  }

  private static List<String> cookies(Inbound inbound) {
    List<String> cookies = new ArrayList<>();
    for (String line : inbound.headers().values("cookie")) {
      for (String cookie : line.split(";", -1)) {
        cookies.add(cookie.strip());
      }
    }
    return cookies;
  }

  private static Found inLine(String line, String prefix) {
    if (prefix.isEmpty()) {
      return key(line);
    }
    return line.toLowerCase(Locale.ROOT).startsWith(prefix.toLowerCase(Locale.ROOT))
        ? key(line.substring(prefix.length()).strip())
        : new Found.Nothing();
  }

  private static List<String> parameters(String target) {
    int question = target.indexOf('?');
    return question < 0 ? List.of() : List.of(target.substring(question + 1).split("&", -1));
  }

  private static Found alone(List<String> pairs, String name) {
    List<String> values = new ArrayList<>();
    for (String pair : pairs) {
      if (pair.equals(name) || pair.startsWith(name + '=')) {
        values.add(pair.substring(Math.min(pair.length(), name.length() + 1)));
      }
    }
    if (values.size() > 1) {
      return new Found.Bad(Reason.CREDENTIAL_AMBIGUOUS);
    }
    return values.isEmpty() ? new Found.Nothing() : key(values.getFirst());
  }

  private static Found key(String text) {
    return text.matches("[!-~]+")
        ? new Found.Key(text, false)
        : new Found.Bad(Reason.CREDENTIAL_INVALID);
  }

  private @Nullable Reason admitKey(Policy policy, String key, Instant now, Known known) {
    String digest = sha256(key);
    Sought sought =
        (_, credential) ->
            credential.apiKey() != null && digest.equals(credential.apiKey().sha256());
    Holder holder = holder(policy, sought);
    if (holder == null) {
      return Reason.CREDENTIAL_INVALID;
    }
    Reason refusal = admit(holder, sought, known);
    NonHumanIdentitySpec.ApiKey apiKey =
        known.credential == null ? null : known.credential.apiKey();
    if (refusal != null || apiKey == null) {
      return refusal;
    }
    refusal =
        apiKey.expiresAt() != null && !now.isBefore(time(apiKey.expiresAt()))
            ? Reason.CREDENTIAL_EXPIRED
            : apiKey.notBefore() != null && now.isBefore(time(apiKey.notBefore()))
                ? Reason.CREDENTIAL_INVALID
                : null;
    if (refusal != null) {
      known.holder = null;
      known.credential = null;
    }
    return refusal;
  }

  /** "TokenReview with the method's audiences, the returned ones checked, `exp` checked by us." */
  private @Nullable Reason admitToken(
      Policy policy, ApiPolicySpec.ServiceAccount accounts, String text, Instant now, Known known) {
    Worlds.PodToken token = Worlds.podToken(text);
    if (token == null || !accounts.audiences().contains(token.audience())) {
      return Reason.CREDENTIAL_INVALID;
    }
    if (!now.isBefore(token.expires())) {
      return Reason.CREDENTIAL_EXPIRED;
    }
    if (token.says() == CaseTokens.Says.Unavailable) {
      return Reason.DEPENDENCY_UNAVAILABLE;
    }
    if (token.says() != CaseTokens.Says.Authenticated || !token.as().equals(token.account())) {
      return Reason.CREDENTIAL_INVALID;
    }
    Sought sought =
        (holder, credential) -> {
          NonHumanIdentitySpec.ServiceAccount account = credential.serviceAccount();
          return account != null
              && token
                  .account()
                  .equals(
                      (account.namespace() == null ? holder.key.namespace() : account.namespace())
                          + '/'
                          + account.name());
        };
    Holder holder = holder(policy, sought);
    if (holder == null) {
      known.unregistered = token.account();
      return null;
    }
    return admit(holder, sought, known);
  }

  private static Found certificate(Inbound inbound) {
    return inbound.peerCertificate() == null
        ? new Found.Nothing()
        : new Found.Key(inbound.peerCertificate(), false);
  }

  private @Nullable Reason admitCertificate(
      Policy policy, ApiPolicySpec.Mtls mtls, String text, Instant now, Known known) {
    WorldCertificates.Form form = WorldCertificates.form(text);
    if (form == null) {
      return Reason.CREDENTIAL_INVALID;
    }
    if (now.isAfter(form.to())) {
      return Reason.CREDENTIAL_EXPIRED;
    }
    boolean named = !mtls.trustDomains().isEmpty();
    if (named
        && (form.uris().size() != 1
            || form.signs()
            || mtls.trustDomains().stream()
                .noneMatch(
                    domain -> form.uris().getFirst().startsWith("spiffe://" + domain + "/")))) {
      return Reason.CREDENTIAL_INVALID;
    }
    // "Revocation beats": whoever has any of its names.
    List<Sought> all = new ArrayList<>();
    all.add((_, credential) ->
        isCertificate(credential, x509 -> WorldCertificates.isDigest(form, x509.sha256())));
    form.uris().forEach(uri -> all.add(byUri(uri)));
    form.dnsNames().forEach(dns -> all.add(byDns(dns)));
    all.add(bySubject(form.subject()));
    for (Sought sought : all) {
      Holder holder = holder(policy, sought);
      if (holder != null && admit(holder, sought, new Known()) != null) {
        return Reason.CREDENTIAL_REVOKED;
      }
    }
    // "The most specific": digest, SPIFFE ID, DNS names, subject.
    List<List<Sought>> order =
        List.of(
            all.subList(0, 1),
            named ? List.of(byUri(form.uris().getFirst())) : List.of(),
            form.dnsNames().stream().map(ReferenceDecider::byDns).toList(),
            List.of(bySubject(form.subject())));
    known.boundToSender = true;
    for (List<Sought> alike : order) {
      Set<ObjectKey> holders = new HashSet<>();
      for (Sought sought : alike) {
        Holder holder = holder(policy, sought);
        if (holder != null && holders.add(holder.key) && holders.size() == 1) {
          known.holder = holder;
          known.credential = credential(holder, sought);
        }
      }
      if (holders.size() > 1) {
        known.boundToSender = false;
        known.holder = null;
        known.credential = null;
        return Reason.CREDENTIAL_AMBIGUOUS;
      }
      if (!holders.isEmpty()) {
        return null;
      }
    }
    known.unregistered = named ? form.uris().getFirst() : "certificate " + form.name();
    return null;
  }

  private interface Named {
    boolean is(NonHumanIdentitySpec.X509 x509);
  }

  private static boolean isCertificate(Credential credential, Named named) {
    return credential.x509() != null && named.is(credential.x509());
  }

  private static Sought byUri(String uri) {
    return (_, credential) -> isCertificate(credential, x509 -> uri.equals(x509.spiffeId()));
  }

  private static Sought byDns(String dns) {
    return (_, credential) ->
        isCertificate(credential, x509 -> dns.equalsIgnoreCase(x509.dnsName()));
  }

  private static Sought bySubject(String subject) {
    return (_, credential) ->
        isCertificate(credential, x509 -> subject.equalsIgnoreCase(x509.subject()));
  }

  /** "The algorithm, the issuer, the audience, the time; then whose it is, and who has it." */
  private @Nullable Reason admitAccessToken(
      Policy policy, ApiPolicySpec.Jwt method, Found.Key found, Inbound inbound, Known known) {
    String issuer = name(method.issuerRef());
    if (issuer.equals("lost")) {
      return Reason.POLICY_NOT_READY;
    }
    Worlds.AccessToken token = Worlds.accessToken(found.key);
    if (token == null
        || !token.issuer().equals(issuer)
        || !method.audiences().contains(token.audience())) {
      return Reason.CREDENTIAL_INVALID;
    }
    if (issuer.equals("away")) {
      return Reason.DEPENDENCY_UNAVAILABLE;
    }
    if (token.forged()) {
      return Reason.CREDENTIAL_INVALID;
    }
    if (!inbound.at().isBefore(Worlds.NOW.plusSeconds(token.seconds()).plus(CLOCK_SKEW))) {
      return Reason.CREDENTIAL_EXPIRED;
    }
    String trusted = trust(policy.key.namespace(), issuer);
    Sought client =
        (holder, credential) ->
            credential.oauthClient() != null
                && token.client().equals(credential.oauthClient().clientId())
                && trusted.equals(
                    trust(holder.key.namespace(), name(credential.oauthClient().issuerRef())));
    Sought subject =
        (holder, credential) ->
            credential.jwtSubject() != null
                && credential.jwtSubject().subject().equals(token.subject())
                && trusted.equals(
                    trust(holder.key.namespace(), name(credential.jwtSubject().issuerRef())));
    Holder byClient = holder(policy, client);
    Holder bySubject = holder(policy, subject);
    Reason refusal = byClient == null ? null : admit(byClient, client, known);
    if (refusal == null && bySubject != null) {
      refusal = admit(bySubject, subject, known);
    }
    if (refusal == null && !isTheirs(token, found.dpop, policy.spec, inbound)) {
      refusal = Reason.CREDENTIAL_INVALID;
    }
    if (refusal != null) {
      known.holder = null;
      known.credential = null;
      return refusal;
    }
    known.tokenScopes = List.of(token.scopes().split(" "));
    known.boundToSender = token.boundTo() != null;
    if (known.holder == null) {
      known.unregistered =
          policy.key.namespace() + '/' + issuer + ' ' + token.client() + ' ' + token.subject();
    }
    return null;
  }

  private static String name(@Nullable LocalRef ref) {
    return ref == null ? "" : ref.name();
  }

  /** "The same if `iss` and the place of the keys are; keys that stand inline are its own." */
  private static String trust(String namespace, String issuer) {
    return issuer.equals("own") ? namespace + '/' + issuer : issuer;
  }

  /** RFC 9449 section 4.3, and 7.2: a bound token only with its proof, and no other with one. */
  private static boolean isTheirs(
      Worlds.AccessToken token, boolean dpop, ApiPolicySpec policy, Inbound inbound) {
    if (token.boundTo() == null) {
      return !dpop;
    }
    List<String> lines = inbound.headers().values("dpop");
    Worlds.Proof proof = lines.size() == 1 ? Worlds.proof(lines.getFirst()) : null;
    if (!dpop || proof == null || policy.authentication().dpop() == null) {
      return false;
    }
    Duration age = Duration.between(Worlds.NOW.minusSeconds(proof.seconds()), inbound.at());
    return token.boundTo().equals(proof.key())
        && token.name().equals(proof.of())
        && proof.method().equals(inbound.method())
        && proof.path().equals(path(inbound.path()).replace("%61", "a"))
        && policy.authentication().dpop().origins().contains("https://X.test:443")
        && age.compareTo(PROOF_AGE) <= 0;
  }

  private interface Sought {
    boolean is(Holder holder, Credential credential);
  }

  private static @Nullable Reason admit(Holder holder, Sought sought, Known known) {
    Credential credential = credential(holder, sought);
    if (credential == null
        || credential.state() == CredentialState.Revoked
        || holder.spec.state() == State.Revoked) {
      return Reason.CREDENTIAL_REVOKED;
    }
    known.holder = holder;
    known.credential = credential;
    return null;
  }

  /** The oldest that has the credential, in the policy's namespace or, if it may be, anywhere. */
  private @Nullable Holder holder(Policy policy, Sought sought) {
    Holder oldest = null;
    for (Holder holder : holders) {
      if (credential(holder, sought) == null) {
        continue;
      }
      if (holder.key.namespace().equals(policy.key.namespace())) {
        return holder;
      }
      oldest = oldest == null ? holder : oldest;
    }
    return policy.spec.authentication().identityNamespaces() == IdentityNamespaces.All
        ? oldest
        : null;
  }

  /** Of two equal credentials the revoked one counts, else the first. */
  private static @Nullable Credential credential(Holder holder, Sought sought) {
    Credential found = null;
    for (Credential credential : holder.spec.credentials()) {
      if (sought.is(holder, credential)
          && (found == null || credential.state() == CredentialState.Revoked)) {
        found = credential;
      }
    }
    return found;
  }

  static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Instant time(String text) {
    return OffsetDateTime.parse(text).toInstant();
  }

  // ---- identity

  private static @Nullable Reason checkIdentity(
      NonHumanIdentitySpec identity, ApiPolicySpec policy, Inbound inbound, boolean boundToSender) {
    if (identity.state() == State.Suspended) {
      return Reason.IDENTITY_SUSPENDED;
    }
    if (identity.expiresAt() != null && !inbound.at().isBefore(time(identity.expiresAt()))) {
      return Reason.IDENTITY_EXPIRED;
    }
    if (policy.environment() != null && !policy.environment().equals(identity.environment())) {
      return Reason.ENVIRONMENT_MISMATCH;
    }
    if (identity.constraints().onViolation() == OnViolation.Flag) {
      return null;
    }
    List<String> regions = identity.constraints().regions();
    if (!regions.isEmpty() && !regions.contains(region(inbound))) {
      return Reason.REGION_UNAPPROVED;
    }
    List<String> cidrs = identity.constraints().cidrs();
    if (!cidrs.isEmpty() && cidrs.stream().noneMatch(cidr -> holds(cidr, inbound.peerAddress()))) {
      return Reason.NETWORK_UNAPPROVED;
    }
    return identity.constraints().senderConstrained() == SenderConstrained.Required
            && !boundToSender
        ? Reason.SENDER_CONSTRAINT_FAILED
        : null;
  }

  private static String region(Inbound inbound) {
    List<String> regions = inbound.headers().values("x-region");
    return regions.size() == 1 ? regions.getFirst() : "unknown";
  }

  /** For IPv4 in dotted form: bits as text. */
  private static boolean holds(String cidr, @Nullable String address) {
    int slash = cidr.indexOf('/');
    String bits = bits(address);
    return bits != null
        && bits.startsWith(
            String.valueOf(bits(cidr.substring(0, slash)))
                .substring(0, Integer.parseInt(cidr.substring(slash + 1))));
  }

  private static @Nullable String bits(@Nullable String address) {
    if (address == null || !address.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}")) {
      return null;
    }
    StringBuilder bits = new StringBuilder();
    for (String octet : address.split("\\.", -1)) {
      bits.append(Integer.toBinaryString(256 + Integer.parseInt(octet)).substring(1));
    }
    return bits.toString();
  }

  // ---- payload

  private static @Nullable Reason checkPayload(@Nullable RequestRules rules, Inbound inbound) {
    if (rules == null) {
      return null;
    }
    List<String> types = inbound.headers().values("content-type");
    boolean nothing = types.isEmpty() && !mayHaveBody(inbound);
    if (!rules.contentTypes().isEmpty()
        && !nothing
        && (types.size() != 1 || !rules.contentTypes().contains(types.getFirst()))) {
      return Reason.CONTENT_TYPE_UNSUPPORTED;
    }
    for (String encoding : inbound.headers().values("content-encoding")) {
      if (!rules.contentEncodings().contains(encoding)) {
        return Reason.CONTENT_TYPE_UNSUPPORTED;
      }
    }
    if (rules.maxBytes() == null) {
      return null;
    }
    String length = inbound.headers().first("content-length");
    if (length == null) {
      return mayHaveBody(inbound) ? Reason.BODY_TRUNCATED : null;
    }
    return Long.parseLong(length) > rules.maxBytes() ? Reason.BODY_TOO_LARGE : null;
  }

  private static boolean mayHaveBody(Inbound inbound) {
    String length = inbound.headers().first("content-length");
    return length == null ? inbound.method().equals("POST") : !length.equals("0");
  }

  // ---- quota

  private boolean take(Policy policy, @Nullable Operation operation, Inbound inbound, Known known) {
    Map<String, RateLimitSpec> touched = new HashMap<>();
    for (RateLimitSpec limit : policy.spec.rateLimits()) {
      touched.put(bucket(policy, null, limit, inbound, known), limit);
    }
    if (operation != null) {
      for (RateLimitSpec limit : operation.rateLimits()) {
        touched.put(bucket(policy, operation, limit, inbound, known), limit);
      }
    }
    Map<String, Long> left = new HashMap<>();
    boolean denied = false;
    for (Map.Entry<String, RateLimitSpec> entry : touched.entrySet()) {
      RateLimitSpec limit = entry.getValue();
      long tokenNanos = tokenNanos(limit, counts.get(entry.getKey()), inbound.at());
      left.put(entry.getKey(), tokenNanos);
      denied |= tokenNanos < windowNanos(limit) && limit.enforcement() == Enforcement.Enforce;
      known.limitShadowed |=
          tokenNanos < windowNanos(limit) && limit.enforcement() == Enforcement.Shadow;
    }
    for (Map.Entry<String, Long> entry : left.entrySet()) {
      long window = windowNanos(touched.get(entry.getKey()));
      boolean taken = !denied && entry.getValue() >= window;
      counts.put(
          entry.getKey(),
          new Count(taken ? entry.getValue() - window : entry.getValue(), inbound.at()));
    }
    return !denied;
  }

  private static String bucket(
      Policy policy,
      @Nullable Operation operation,
      RateLimitSpec limit,
      Inbound inbound,
      Known known) {
    List<@Nullable Object> parts = new ArrayList<>();
    parts.add(policy.key);
    parts.add(operation == null ? null : operation.name());
    parts.add(limit.name());
    for (RateLimitSpec.Dimension dimension : RateLimitSpec.Dimension.values()) {
      if (limit.per().contains(dimension)) {
        parts.add(
            switch (dimension) {
              case IDENTITY -> known.holder == null ? known.unregistered : known.holder.key;
              case CREDENTIAL ->
                  known.holder == null || known.credential == null
                      ? known.unregistered
                      : known.holder.key + " " + known.credential.name();
              case SOURCE_ADDRESS -> bits(inbound.peerAddress());
              case OPERATION -> known.operation;
            });
      }
    }
    return parts.toString();
  }

  private static long tokenNanos(RateLimitSpec limit, @Nullable Count count, Instant now) {
    long full = burst(limit) * windowNanos(limit);
    if (count == null) {
      return full;
    }
    long refilled = Duration.between(count.at, now).toNanos() * requests(limit);
    return Math.min(full, count.tokenNanos + refilled);
  }

  private static long requests(RateLimitSpec limit) {
    return limit.requests() == null ? 0 : limit.requests();
  }

  private static long burst(RateLimitSpec limit) {
    return limit.burst() == null ? requests(limit) : limit.burst();
  }

  /** The worlds of the property have windows of whole seconds or minutes. */
  private static long windowNanos(@Nullable RateLimitSpec limit) {
    String window = limit == null ? "1m" : String.valueOf(limit.window());
    long count = Long.parseLong(window.substring(0, window.length() - 1));
    return (window.endsWith("m") ? Duration.ofMinutes(count) : Duration.ofSeconds(count)).toNanos();
  }

  // ---- what an allowed request loses

  /** The cookie line that is left; null where it stays as it is or goes. */
  private static @Nullable String strip(
      ApiPolicySpec spec, Inbound inbound, Set<String> headers, Set<String> parameters) {
    if (spec.authentication().credentials() == Credentials.Forward) {
      return null;
    }
    List<String> left = cookies(inbound);
    for (Method method : spec.authentication().methods()) {
      if (method.mtls() != null) {
        continue;
      }
      if (method.jwt() != null && inbound.headers().has("dpop")) {
        headers.add("dpop");
      }
      ApiKey place = place(method);
      if (place == null) {
        // "What looks like a credential of another method": a token of either scheme.
        if (!(inAuthorization(inbound, true) instanceof Found.Nothing)) {
          headers.add("authorization");
        }
        continue;
      }
      if (look(place, inbound) instanceof Found.Nothing) {
        continue;
      }
      if (place.header() != null) {
        headers.add(place.header().toLowerCase(Locale.ROOT));
      } else if (place.query() != null) {
        parameters.addAll(spelled(inbound, place.query()));
      } else {
        left.removeIf(cookie -> cookie.startsWith(place.cookie() + "="));
      }
    }
    if (left.equals(cookies(inbound))) {
      return null;
    }
    if (left.isEmpty()) {
      headers.add("cookie");
      return null;
    }
    return String.join("; ", left);
  }
}
