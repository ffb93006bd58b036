package dev.sallyport.engine;

import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.engine.authenticate.AuthenticationMethod;
import dev.sallyport.engine.authenticate.AuthenticationRules;
import dev.sallyport.engine.authenticate.Challenged;
import dev.sallyport.engine.authenticate.CredentialLocation.Presented;
import dev.sallyport.engine.authenticate.Scheme;
import dev.sallyport.engine.authenticate.SenderConstraint;
import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.conditions.Asked;
import dev.sallyport.engine.conditions.Conditions;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Outcome;
import dev.sallyport.engine.decision.Outcome.Deny;
import dev.sallyport.engine.decision.Outcome.Proceed;
import dev.sallyport.engine.decision.Outcome.Wait;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.decision.Verdict.Changes;
import dev.sallyport.engine.fields.FieldScope;
import dev.sallyport.engine.fields.FieldScope.Selection;
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.identity.Identity.Enrolled;
import dev.sallyport.engine.identity.Located;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.mcp.McpEndpoint;
import dev.sallyport.engine.mcp.McpEndpoint.Exchange;
import dev.sallyport.engine.operation.OperationIndex.Match;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.policy.CompiledPolicy;
import dev.sallyport.engine.policy.PolicyIndex.Search;
import dev.sallyport.engine.quota.Caller;
import dev.sallyport.engine.quota.Quota;
import dev.sallyport.engine.quota.QuotaResult;
import dev.sallyport.engine.quota.QuotaStore;
import dev.sallyport.engine.receive.Canonical.Malformed;
import dev.sallyport.engine.receive.Canonical.Read;
import dev.sallyport.engine.receive.Host;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.receive.Request;
import dev.sallyport.engine.receive.RequestPath;
import dev.sallyport.engine.snapshot.Snapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The eight stages of a decision, in their order: read from top to bottom.
 *
 * <p>Every stage takes what the one before it found, so that nothing can be authorised that was not
 * authenticated. The first stage that denies decides. Only the last one has effects, so a decision
 * that could not wait can be asked for again. Thread-safe.
 */
public final class Pipeline {
  private static final System.Logger LOG = System.getLogger(Pipeline.class.getName());

  private final Attempts credentials;
  private final SourceLocator sources;
  private final Quota quota;
  private final Request.Bounds bounds;

  /** A pipeline that reads requests within {@link Request.Bounds#DEFAULT}. */
  public Pipeline(Verifiers verifiers, SourceLocator sources, QuotaStore quotas) {
    this(verifiers, sources, quotas, Request.Bounds.DEFAULT);
  }

  /**
   * A pipeline.
   *
   * @param verifiers judge credentials
   * @param bounds of requests: one beyond them is denied
   */
  public Pipeline(
      Verifiers verifiers, SourceLocator sources, QuotaStore quotas, Request.Bounds bounds) {
    this(new CredentialCheck(verifiers), sources, quotas, bounds);
  }

  private Pipeline(
      Attempts credentials, SourceLocator sources, QuotaStore quotas, Request.Bounds bounds) {
    this.credentials = credentials;
    this.sources = sources;
    this.quota = new Quota(quotas);
    this.bounds = bounds;
  }

  /**
   * A pipeline that looks at no credential and takes everybody for one caller: for policy tests
   * alone, never for requests that somebody sent.
   */
  public static Pipeline assuming(
      Assumption caller, SourceLocator sources, QuotaStore quotas, Request.Bounds bounds) {
    return new Pipeline(new AssumedCredential(caller), sources, quotas, bounds);
  }

  /** What came of asking. */
  public sealed interface Answer {
    /** The decision. */
    record Decided(Decision decision) implements Answer {}

    /** It would have to wait, and may not; only with {@link Patience#NONE}. */
    record Waits() implements Answer {}
  }

  /** Decides one request. Throws nothing: what is unforeseen is a denial. */
  public Answer decide(Inbound inbound, Snapshot snapshot, Patience patience) {
    Verdict verdict;
    Facts facts;
    try {
      switch (run(inbound, snapshot, patience)) {
        case Wait<Admitted>() -> {
          return new Answer.Waits();
        }
        case Proceed<Admitted>(var admitted) -> {
          verdict = new Verdict.Allow(admitted.shadowed(), admitted.changes());
          facts = admitted.facts();
        }
        case Deny<Admitted>(var denial, var known) -> {
          // A policy's shadow is applied here and nowhere else.
          verdict =
              known.shadow() ? new Verdict.Allow(denial, Changes.NONE) : new Verdict.Deny(denial);
          facts = known;
        }
      }
    } catch (Throwable bug) { // INVARIANT: a bug is a denial, a StackOverflowError included.
      report(bug);
      verdict =
          new Verdict.Deny(Denial.of(Reason.INTERNAL_ERROR, "the request could not be decided"));
      facts = Facts.unknown(inbound.method(), inbound.host());
    }
    return new Answer.Decided(
        new Decision(inbound.id(), inbound.at(), verdict, facts, snapshot.version()));
  }

  private Outcome<Admitted> run(Inbound inbound, Snapshot snapshot, Patience patience) {
    return receive(inbound, snapshot)
        .then(Pipeline::findPolicy)
        .then(Pipeline::findOperation)
        .then(matched -> authenticate(matched, snapshot, patience))
        .then(Pipeline::checkIdentity)
        .then(Pipeline::authorize)
        .then(Pipeline::checkPayload)
        .then(this::takeQuota);
  }

  // An exception's message may hold what a caller sent; its class and where it was thrown do not.
  private static void report(Throwable bug) {
    StackTraceElement[] trace = bug.getStackTrace();
    LOG.log(
        System.Logger.Level.ERROR,
        "a decision failed and was denied: {0} at {1}",
        bug.getClass().getName(),
        trace.length == 0 ? "an unknown place" : trace[0]);
  }

  // ---- 1. receive: one canonical request, or why it is malformed

  private Outcome<Received> receive(Inbound inbound, Snapshot snapshot) {
    Located source = sources.locate(inbound.headers(), inbound.peerAddress());
    return switch (Request.readHost(inbound)) {
      case Malformed<Host>(var why) ->
          new Deny<>(
              Denial.of(Reason.REQUEST_MALFORMED, why),
              new Progress(inbound, inbound.host(), source).facts());
      case Read<Host>(var host) -> {
        Progress progress = new Progress(inbound, host.name(), source);
        // Looked up before the path is read, so that shadow covers a malformed path too.
        Search search = snapshot.policies().find(inbound, host);
        if (search instanceof Search.Found(var policy, var by)) {
          progress.policy = policy;
          progress.policyFoundBy = by;
        }
        yield switch (Request.read(inbound, host, bounds)) {
          case Malformed<Request>(var why) ->
              progress.deny(Denial.of(Reason.REQUEST_MALFORMED, why));
          case Read<Request>(var request) -> new Proceed<>(new Received(progress, request, search));
        };
      }
    };
  }

  // ---- 2. policy: by extension, route or host; then its own view of the path

  private static Outcome<Routed> findPolicy(Received received) {
    Progress progress = received.progress;
    return switch (received.search) {
      case Search.Missing() ->
          progress.deny(Denial.of(Reason.POLICY_MISSING, "no policy owns this host or route"));
      case Search.NotReady(var key, var by) -> {
        progress.unready = key;
        progress.policyFoundBy = by;
        yield progress.deny(
            Denial.of(Reason.POLICY_NOT_READY, "the policy of this host or route is not ready"));
      }
      case Search.Found(var policy, _) -> {
        RequestPath path = received.request.path();
        String objection = path == null ? null : policy.objection(path);
        yield objection == null
            ? new Proceed<>(new Routed(progress, received.request, policy))
            : progress.deny(Denial.of(Reason.REQUEST_MALFORMED, objection));
      }
    };
  }

  // ---- 3. operation: the most specific template, or what undeclared requests get

  private static Outcome<Matched> findOperation(Routed routed) {
    Progress progress = routed.progress;
    CompiledPolicy policy = routed.policy;
    Request request = routed.request;
    RequestPath path = request.path();
    if (path == null) {
      // CONNECT and OPTIONS * name no path; a tunnel can't be judged, whatever the policy allows.
      return progress.deny(undeclared());
    }
    List<String> segments = policy.matched(path);
    McpEndpoint<CompiledOperation> mcp = policy.mcp();
    if (mcp != null && mcp.serves(segments)) {
      return policy.preflightAllowed() && isPreflight(request)
          ? new Proceed<>(new Matched(routed, policy.preflight()))
          : findTool(routed, mcp);
    }
    if (mcp != null && mcp.mayServe(segments)) {
      // Nor may a template or `undeclaredOperations: Allow` let its messages pass unread.
      return progress.deny(undeclared());
    }
    return switch (policy.operations().match(request.method(), segments)) {
      case Match.Found<CompiledOperation>(var operation, var template) -> {
        progress.operation = operation.name();
        progress.template = template;
        progress.scopesNeeded = operation.scopes().named();
        yield new Proceed<>(new Matched(routed, operation));
      }
      case Match.Unmatched<CompiledOperation>() -> {
        if (policy.preflightAllowed()
            && isPreflight(request)
            && policy.operations().declares(segments)) {
          yield new Proceed<>(new Matched(routed, policy.preflight()));
        }
        yield policy.undeclaredAllowed()
            ? new Proceed<>(new Matched(routed, policy.undeclared()))
            : progress.deny(undeclared());
      }
      case Match.Barred<CompiledOperation>() ->
          progress.deny(
              Denial.of(
                  Reason.OPERATION_UNDECLARED,
                  "a server may take the path for one of another operation"));
    };
  }

  /** An MCP endpoint has one path; which operation a request is, its message says. */
  private static Outcome<Matched> findTool(Routed routed, McpEndpoint<CompiledOperation> endpoint) {
    Progress progress = routed.progress;
    progress.template = endpoint.path();
    return switch (endpoint.read(routed.request)) {
      case Exchange.Refused<CompiledOperation>(var denial, var rpc) -> {
        progress.rpc = rpc;
        yield progress.deny(denial);
      }
      case Exchange.Called<CompiledOperation> called -> {
        progress.rpc = called.rpc();
        progress.operation = called.name();
        progress.scopesNeeded = called.operation().scopes().named();
        yield new Proceed<>(new Matched(routed, called.operation(), called));
      }
    };
  }

  private static Denial undeclared() {
    return Denial.of(
        Reason.OPERATION_UNDECLARED, "no operation is declared for this method and path");
  }

  /** A CORS preflight (Fetch standard, section 4.8). */
  private static boolean isPreflight(Request request) {
    return request.method().equals("OPTIONS")
        && request.headers().has("origin")
        && request.headers().has("access-control-request-method");
  }

  // ---- 4. authenticate: the first method whose credential verifies

  private Outcome<Authenticated> authenticate(
      Matched matched, Snapshot snapshot, Patience patience) {
    Progress progress = matched.progress();
    CompiledOperation operation = matched.operation;
    if (operation.authentication() == OperationAuthentication.None) {
      return new Proceed<>(Authenticated.anonymous(matched));
    }
    AuthenticationRules rules = matched.policy().authentication();
    CredentialCheck.Asked asked =
        new CredentialCheck.Asked(matched.request(), matched.policy(), snapshot);
    List<Refusal> refusals = List.of();
    for (int i = 0; i < rules.methods().size(); i++) {
      Attempt attempt = attempt(rules.methods().get(i), asked, patience);
      if (attempt.tried instanceof Tried.Accepted accepted) {
        attempt = confirmed(attempt.method, accepted, i + 1, refusals, asked, patience);
      }
      AuthenticationMethod method = attempt.method;
      switch (attempt.tried) {
        case Tried.Accepted accepted -> {
          progress.attempt(method, "verified", "");
          progress.use(method, accepted);
          return new Proceed<>(
              new Authenticated(
                  matched,
                  method,
                  accepted.scheme(),
                  accepted.subject(),
                  accepted.enrolled(),
                  accepted.constraint(),
                  accepted.nonce()));
        }
        case Tried.Absent() -> progress.attempt(method, "absent", "");
        case Tried.HeaderTwice() -> {
          return refuse(method, headerTwice(), progress);
        }
        case Tried.Ambiguous() -> {
          return refuse(method, twoValues(matched, method), progress);
        }
        case Tried.Refused refused -> {
          progress.attempt(method, refused.reason().code(), refused.why());
          if (refusals.isEmpty()) {
            refusals = new ArrayList<>(2);
          }
          refusals.add(new Refusal(method, refused));
        }
        case Tried.Waits() -> {
          // Not the next method: who the caller is must not depend on what is cached.
          return new Wait<>();
        }
      }
    }
    if (!refusals.isEmpty()) {
      return progress.deny(refusal(matched, weightiest(refusals)));
    }
    return operation.authentication() == OperationAuthentication.Optional
        ? new Proceed<>(Authenticated.anonymous(matched))
        : progress.deny(missing(matched));
  }

  /** A method, and what came of it. */
  private record Attempt(AuthenticationMethod method, Tried tried) {}

  /** A method that refused its credential. */
  private record Refusal(AuthenticationMethod method, Tried.Refused refused) {}

  private Attempt attempt(
      AuthenticationMethod method, CredentialCheck.Asked asked, Patience patience) {
    return new Attempt(method, credentials.attempt(method, asked, patience));
  }

  /**
   * What becomes of a credential that a method accepted once the others are heard: nothing that
   * stands twice is made up for, and nobody passes as unknown, or as somebody else, of whom another
   * method knows that he is barred.
   *
   * @param later the index of the first method that was not tried
   * @param refusals of the methods before
   */
  private Attempt confirmed(
      AuthenticationMethod method,
      Tried.Accepted accepted,
      int later,
      List<Refusal> refusals,
      CredentialCheck.Asked asked,
      Patience patience) {
    List<AuthenticationMethod> others = asked.policy().authentication().methods();
    others = others.subList(later, others.size());
    AuthenticationMethod contested = contested(others, asked.request());
    if (contested != null) {
      // The upstream might take the one that was not judged.
      return attempt(contested, asked, patience);
    }
    boolean unknown = accepted.enrolled() == null;
    for (Refusal refusal : refusals) {
      if (refusal.refused.bars(unknown) && isSame(method, refusal.method, asked.request())) {
        return new Attempt(method, refusal.refused);
      }
    }
    if (unknown) {
      for (AuthenticationMethod other : others) {
        if (isSame(method, other, asked.request())) {
          Attempt attempt = attempt(other, asked, patience);
          if (knowsMore(attempt.tried)) {
            return attempt;
          }
        }
      }
    }
    return new Attempt(method, accepted);
  }

  /** Whether it says of a caller more than that nobody knows him, or may with time. */
  private static boolean knowsMore(Tried tried) {
    return switch (tried) {
      case Tried.Accepted accepted -> accepted.enrolled() != null;
      case Tried.Refused refused -> refused.bars(true);
      case Tried.Waits() -> true;
      case Tried.Absent(), Tried.HeaderTwice(), Tried.Ambiguous() -> false;
    };
  }

  /** Whether one credential is there for both methods. */
  private static boolean isSame(
      AuthenticationMethod one, AuthenticationMethod other, Request request) {
    return one.location().find(request) instanceof Presented.One(var credential, _)
        && other.location().find(request) instanceof Presented.One(var same, _)
        && credential.equals(same);
  }

  /** The first of those that weigh most. */
  private static Refusal weightiest(List<Refusal> refusals) {
    Refusal weightiest = refusals.getFirst();
    for (Refusal refusal : refusals) {
      if (refusal.refused.weight() > weightiest.refused.weight()) {
        weightiest = refusal;
      }
    }
    return weightiest;
  }

  private static Outcome<Authenticated> refuse(
      AuthenticationMethod method, Denial denial, Progress progress) {
    progress.attempt(method, denial.reason().code(), denial.detail());
    return progress.deny(denial);
  }

  /** The first of these methods whose credential stands twice; null for none. */
  private static @Nullable AuthenticationMethod contested(
      List<AuthenticationMethod> methods, Request request) {
    for (AuthenticationMethod method : methods) {
      switch (method.location().find(request)) {
        case Presented.HeaderTwice(), Presented.Ambiguous() -> {
          return method;
        }
        case Presented.Absent(), Presented.One _, Presented.Unreadable _ -> {}
      }
    }
    return null;
  }

  private static Denial headerTwice() {
    return Denial.of(Reason.REQUEST_MALFORMED, "a credential header stands twice");
  }

  private static Denial twoValues(Matched matched, AuthenticationMethod method) {
    return unauthorized(
        Reason.CREDENTIAL_AMBIGUOUS,
        "more than one credential was presented",
        method,
        Challenged.REPEATED,
        matched);
  }

  private static Denial missing(Matched matched) {
    return unauthorized(
        Reason.CREDENTIAL_MISSING,
        "the operation needs a credential",
        null,
        Challenged.token(Scheme.OWN),
        matched);
  }

  private static Denial refusal(Matched matched, Refusal refusal) {
    Tried.Refused refused = refusal.refused;
    Reason reason = refused.reason();
    // One sentence a reason: why a credential failed is for the policy's author, not the caller.
    return reason.httpStatus() == 401
        ? unauthorized(
            reason,
            "the credential was not accepted",
            refusal.method,
            refused.challenged(),
            matched)
        : Denial.of(
            reason,
            reason.title().substring(0, 1).toLowerCase(Locale.ROOT) + reason.title().substring(1));
  }

  private static Denial unauthorized(
      Reason reason,
      String detail,
      @Nullable AuthenticationMethod refused,
      Challenged challenged,
      Matched matched) {
    return matched
        .policy()
        .authentication()
        .unauthorized(reason, detail, refused, challenged, matched.operation.scopes().named());
  }

  // ---- 5. identity: whether it may call, now, from there

  private static Outcome<Identified> checkIdentity(Authenticated authenticated) {
    Progress progress = authenticated.matched.progress();
    CompiledPolicy policy = authenticated.matched.policy();
    if (authenticated.subject == null) {
      return new Proceed<>(new Identified(authenticated));
    }
    if (authenticated.enrolled == null) {
      return policy.authentication().registered()
          ? progress.deny(
              Denial.of(
                  Reason.IDENTITY_UNREGISTERED, "the credential belongs to no registered identity"))
          : new Proceed<>(new Identified(authenticated));
    }
    Identity identity = authenticated.enrolled.identity();
    if (identity.state() != State.Active) {
      return progress.deny(Denial.of(Reason.IDENTITY_SUSPENDED, "the identity is suspended"));
    }
    if (identity.expiresAt() != null
        && !authenticated.matched.now().isBefore(identity.expiresAt())) {
      return progress.deny(Denial.of(Reason.IDENTITY_EXPIRED, "the identity has expired"));
    }
    if (policy.environment() != null && !policy.environment().equals(identity.environment())) {
      return progress.deny(
          Denial.of(Reason.ENVIRONMENT_MISMATCH, "the identity belongs to another environment"));
    }
    Set<Reason> violations =
        violations(identity.constraints(), progress.source, authenticated.constraint);
    if (violations.isEmpty()) {
      return new Proceed<>(new Identified(authenticated));
    }
    progress.violations = List.copyOf(violations);
    if (identity.constraints().flagOnly()) {
      return new Proceed<>(new Identified(authenticated));
    }
    Reason reason = violations.iterator().next();
    return progress.deny(
        Denial.of(
            reason,
            switch (reason) {
              case REGION_UNAPPROVED -> "the identity may not call from this region";
              case NETWORK_UNAPPROVED -> "the identity may not call from this network";
              default -> "the identity needs a sender-constrained credential";
            }));
  }

  /** The constraints that are not met, in the order in which they are judged. */
  private static Set<Reason> violations(
      Identity.Constraints constraints, Located source, SenderConstraint constraint) {
    if (constraints.equals(Identity.Constraints.NONE)) {
      return Set.of();
    }
    Set<Reason> violations = EnumSet.noneOf(Reason.class);
    if (!constraints.regions().isEmpty()) {
      String region = source.region();
      if (region == null || !constraints.regions().contains(region)) {
        violations.add(Reason.REGION_UNAPPROVED);
      }
    }
    if (constraints.networks() != null) {
      var address = source.address();
      if (address == null || !constraints.networks().contains(address)) {
        violations.add(Reason.NETWORK_UNAPPROVED);
      }
    }
    if (constraints.senderConstrained() && constraint == SenderConstraint.NONE) {
      violations.add(Reason.SENDER_CONSTRAINT_FAILED);
    }
    return violations;
  }

  // ---- 6. authorize: scopes, fields, conditions

  private static Outcome<Authorized> authorize(Identified identified) {
    Authenticated authenticated = identified.authenticated;
    Matched matched = authenticated.matched;
    Progress progress = matched.progress();
    List<String> held = scopes(authenticated.subject, authenticated.enrolled);
    progress.scopesHeld = held;
    ScopeRule needed = matched.operation.scopes();
    if (!needed.suffices(held)) {
      return progress.deny(
          insufficient(
              authenticated,
              Reason.SCOPE_INSUFFICIENT,
              "the operation needs scopes that the caller does not hold",
              needed.named()));
    }
    FieldScope fields = matched.operation.fields();
    Conditions conditions = matched.operation.conditions();
    if (fields == null && conditions.isEmpty()) {
      return new Proceed<>(new Authorized(identified, null));
    }
    boolean reads = conditions.readsContent() || (fields != null && fields.readsContent());
    Content content = reads ? matched.content() : new Content.Unread();
    if (content instanceof Content.Refused(var denial)) {
      // What they look at can't be told, and the reason of the later stage says why.
      return progress.deny(denial);
    }
    String query = null;
    if (fields != null) {
      switch (fields.check(matched.request(), content, held)) {
        case Selection.Within(var narrowed) -> query = narrowed;
        case Selection.Unreadable(var denial) -> {
          return progress.deny(denial);
        }
        case Selection.Beyond beyond -> {
          progress.fieldsDenied = beyond.fields();
          return progress.deny(beyond(authenticated, beyond));
        }
      }
    }
    if (!conditions.isEmpty()) {
      progress.conditions = conditions.evaluate(asked(authenticated, progress, content, held));
      for (Facts.ConditionUse condition : progress.conditions) {
        if (!condition.met()) {
          return progress.deny(
              Denial.of(
                  Reason.CONDITION_FAILED, "the condition " + condition.name() + " is not met"));
        }
      }
    }
    return new Proceed<>(new Authorized(identified, query));
  }

  private static Denial insufficient(
      Authenticated authenticated, Reason reason, String detail, List<String> scopes) {
    return authenticated.method == null
        ? missing(authenticated.matched)
        : authenticated
            .matched
            .policy()
            .authentication()
            .forbidden(reason, detail, authenticated.method, authenticated.scheme, scopes);
  }

  private static Denial beyond(Authenticated authenticated, Selection.Beyond beyond) {
    if (beyond.scopes().isEmpty()) {
      // No scope would help, so none is asked for.
      return Denial.of(Reason.FIELD_OUT_OF_SCOPE, beyond.detail());
    }
    Set<String> scopes = new LinkedHashSet<>(authenticated.matched.operation.scopes().named());
    scopes.addAll(beyond.scopes());
    return insufficient(
        authenticated, Reason.FIELD_OUT_OF_SCOPE, beyond.detail(), List.copyOf(scopes));
  }

  private static Asked asked(
      Authenticated authenticated, Progress progress, Content content, List<String> held) {
    Matched matched = authenticated.matched;
    return new Asked(
        matched.request(),
        matched.operation.name(),
        progress.template,
        content,
        matched.called == null ? null : matched.called.tool(),
        matched.arguments(),
        authenticated.subject,
        authenticated.enrolled == null ? null : authenticated.enrolled.identity(),
        progress.credential,
        progress.source,
        held,
        matched.now());
  }

  private static List<String> scopes(@Nullable Subject subject, @Nullable Enrolled enrolled) {
    return switch (subject) {
      case null -> List.of();
      case Subject.ApiKeyHolder _, Subject.ServiceAccount _, Subject.CertificateHolder _ ->
          enrolled == null ? List.of() : enrolled.identity().scopes();
      case Subject.TokenSubject token ->
          enrolled == null
              ? token.scopes()
              : ScopeRule.effective(token.scopes(), enrolled.identity().scopes());
    };
  }

  // ---- 7. payload: content type, encoding, size, schemas, tool arguments

  private static Outcome<Authorized> checkPayload(Authorized authorized) {
    Matched matched = authorized.identified.authenticated.matched;
    Denial denial =
        matched
            .operation
            .payload()
            .check(matched.request(), matched.content(), matched.arguments());
    return denial == null ? new Proceed<>(authorized) : matched.progress().deny(denial);
  }

  // ---- 8. quota: the only stage with effects

  private Outcome<Admitted> takeQuota(Authorized authorized) {
    Authenticated authenticated = authorized.identified.authenticated;
    Matched matched = authenticated.matched;
    Progress progress = matched.progress();
    QuotaResult result = quota.take(matched.operation.limits(), caller(authenticated));
    progress.limits = result.limits();
    if (result.denial() != null) {
      return progress.deny(result.denial());
    }
    CompiledPolicy policy = matched.policy();
    // A shadow policy changes nothing of what passes.
    Changes changes =
        policy.shadow()
            ? Changes.NONE
            : policy
                .authentication()
                .stripped(matched.request())
                .asking(narrowed(matched.request(), authorized.query))
                .responding(fields(result.fields(), authenticated.nonce));
    return new Proceed<>(new Admitted(progress, changes, shadowed(result)));
  }

  /** The request's path with another query; null where the query stays. */
  private static @Nullable String narrowed(Request request, @Nullable String query) {
    if (query == null) {
      return null;
    }
    String target = request.inbound().path();
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    return query.isEmpty() ? path : path + '?' + query;
  }

  private static List<HttpField> fields(List<HttpField> limits, @Nullable String nonce) {
    if (nonce == null) {
      return limits;
    }
    List<HttpField> fields = new ArrayList<>(limits);
    fields.add(new HttpField("dpop-nonce", nonce));
    return fields;
  }

  private static @Nullable Denial shadowed(QuotaResult result) {
    for (Facts.LimitUse limit : result.limits()) {
      if (limit.exceeded() && limit.shadow()) {
        return Denial.of(Reason.RATE_LIMITED, "the limit " + limit.name() + " would be used up");
      }
    }
    return null;
  }

  private static Caller caller(Authenticated authenticated) {
    Progress progress = authenticated.matched.progress();
    Enrolled enrolled = authenticated.enrolled;
    Subject subject = authenticated.subject;
    String identity =
        enrolled == null
            ? (subject == null ? null : subject.id())
            : enrolled.identity().key().qualifiedName();
    String credential = enrolled == null ? identity : identity + '/' + enrolled.credential().name();
    return new Caller(identity, credential, progress.source.address(), progress.operation);
  }

  // ---- what each stage hands to the next

  private record Received(Progress progress, Request request, Search search) {}

  private record Routed(Progress progress, Request request, CompiledPolicy policy) {}

  /**
   * A request with its operation.
   *
   * @param called the MCP message that it is; null where it is none
   */
  private record Matched(
      Routed routed,
      CompiledOperation operation,
      Exchange.@Nullable Called<CompiledOperation> called) {
    Matched(Routed routed, CompiledOperation operation) {
      this(routed, operation, null);
    }

    /** The arguments of the tool that it calls; null where it calls none, or without. */
    @Nullable JsonNode arguments() {
      return called == null ? null : called.arguments();
    }

    /** The content, read when it is first asked for. */
    Content content() {
      Content content = routed.progress.content;
      if (content == null) {
        content = operation.payload().content().read(routed.request);
        routed.progress.content = content;
      }
      return content;
    }

    Progress progress() {
      return routed.progress;
    }

    Request request() {
      return routed.request;
    }

    CompiledPolicy policy() {
      return routed.policy;
    }

    Instant now() {
      return routed.request.inbound().at();
    }
  }

  /**
   * A caller; without a method and a subject it is anonymous, without an enrolment it is
   * unregistered.
   */
  private record Authenticated(
      Matched matched,
      @Nullable AuthenticationMethod method,
      Scheme scheme,
      @Nullable Subject subject,
      @Nullable Enrolled enrolled,
      SenderConstraint constraint,
      @Nullable String nonce) {
    static Authenticated anonymous(Matched matched) {
      return new Authenticated(matched, null, Scheme.OWN, null, null, SenderConstraint.NONE, null);
    }
  }

  private record Identified(Authenticated authenticated) {}

  /**
   * A caller who may.
   *
   * @param query narrowed to what he may see; null where it stays
   */
  private record Authorized(Identified identified, @Nullable String query) {}

  /**
   * A request that may go on.
   *
   * @param shadowed what a limit that only records would have denied it with; null where none would
   */
  private record Admitted(Progress progress, Changes changes, @Nullable Denial shadowed) {
    Facts facts() {
      return progress.facts();
    }
  }

  /** What is known so far; seen by one decision on one thread, and never read by a verdict. */
  private static final class Progress {
    final Inbound inbound;
    final String host;
    final Located source;
    @Nullable CompiledPolicy policy;
    @Nullable ObjectKey unready;
    @Nullable String policyFoundBy;
    @Nullable String operation;
    @Nullable String template;
    List<Facts.Attempt> attempts = List.of();
    Facts.@Nullable CredentialUse credential;
    Facts.@Nullable IdentityUse identity;
    List<Reason> violations = List.of();
    List<String> scopesNeeded = List.of();
    List<String> scopesHeld = List.of();
    List<Facts.LimitUse> limits = List.of();
    @Nullable Content content;
    Facts.@Nullable Rpc rpc;
    List<String> fieldsDenied = List.of();
    List<Facts.ConditionUse> conditions = List.of();

    Progress(Inbound inbound, String host, Located source) {
      this.inbound = inbound;
      this.host = host;
      this.source = source;
    }

    <T> Outcome<T> deny(Denial denial) {
      return new Deny<>(denial, facts());
    }

    void attempt(AuthenticationMethod method, String result, String detail) {
      if (attempts.isEmpty()) {
        attempts = new ArrayList<>(2);
      }
      attempts.add(new Facts.Attempt(method.name(), result, detail));
    }

    void use(AuthenticationMethod method, Tried.Accepted accepted) {
      Enrolled enrolled = accepted.enrolled();
      credential =
          new Facts.CredentialUse(
              method.name(),
              method.kind(),
              accepted.constraint().code(),
              enrolled == null ? null : enrolled.credential().name());
      identity =
          enrolled == null
              ? new Facts.IdentityUse(null, null)
              : new Facts.IdentityUse(enrolled.identity().key(), enrolled.identity().type());
    }

    Facts facts() {
      return new Facts(
          inbound.method(),
          host,
          policy == null ? unready : policy.claim().key(),
          policyFoundBy,
          policy != null && policy.shadow(),
          operation,
          template,
          attempts,
          credential,
          identity,
          source.facts(),
          violations,
          scopesNeeded,
          scopesHeld,
          limits,
          rpc,
          fieldsDenied,
          conditions);
    }
  }
}
