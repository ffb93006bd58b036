package dev.sallyport.engine;

import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.engine.authenticate.AuthenticationMethod;
import dev.sallyport.engine.authenticate.AuthenticationMethod.Mtls.Admission;
import dev.sallyport.engine.authenticate.AuthenticationRules;
import dev.sallyport.engine.authenticate.CertificateReader.Certified;
import dev.sallyport.engine.authenticate.Challenged;
import dev.sallyport.engine.authenticate.Challenged.Fault;
import dev.sallyport.engine.authenticate.ClientCertificate;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CredentialLocation.Presented;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.Possession;
import dev.sallyport.engine.authenticate.Scheme;
import dev.sallyport.engine.authenticate.SenderConstraint;
import dev.sallyport.engine.authenticate.ServiceAccountToken;
import dev.sallyport.engine.authenticate.SpiffeId;
import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.Verification;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.authorize.ScopeRule;
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
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.identity.Identity.Enrolled;
import dev.sallyport.engine.identity.Located;
import dev.sallyport.engine.identity.Lookup;
import dev.sallyport.engine.identity.SourceLocator;
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
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The eight stages of a decision, in their order: read from top to bottom.
 *
 * <p>Every stage takes what the one before it found, so that nothing can be authorised that was not
 * authenticated. The first stage that denies decides. Only the last one has effects, so a decision
 * that could not wait can be asked for again. Thread-safe.
 */
public final class Pipeline {
  private static final System.Logger LOG = System.getLogger(Pipeline.class.getName());

  private final Verifiers verifiers;
  private final SourceLocator sources;
  private final Quota quota;

  /**
   * A pipeline.
   *
   * @param verifiers judge credentials
   */
  public Pipeline(Verifiers verifiers, SourceLocator sources, QuotaStore quotas) {
    this.verifiers = verifiers;
    this.sources = sources;
    this.quota = new Quota(quotas);
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
        .then(this::findPolicy)
        .then(this::findOperation)
        .then(matched -> authenticate(matched, snapshot, patience))
        .then(this::checkIdentity)
        .then(this::authorize)
        .then(this::checkPayload)
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
        yield switch (Request.read(inbound, host, Request.Bounds.DEFAULT)) {
          case Malformed<Request>(var why) ->
              progress.deny(Denial.of(Reason.REQUEST_MALFORMED, why));
          case Read<Request>(var request) -> new Proceed<>(new Received(progress, request, search));
        };
      }
    };
  }

  // ---- 2. policy: by extension, route or host; then its own view of the path

  private Outcome<Routed> findPolicy(Received received) {
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

  private Outcome<Matched> findOperation(Routed routed) {
    Progress progress = routed.progress;
    CompiledPolicy policy = routed.policy;
    Request request = routed.request;
    RequestPath path = request.path();
    if (path == null) {
      // CONNECT and OPTIONS * name no path; a tunnel can't be judged, whatever the policy allows.
      return progress.deny(undeclared());
    }
    List<String> segments = policy.matched(path);
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
    @Nullable AuthenticationMethod refusedBy = null;
    Tried.@Nullable Refused refusal = null;
    @Nullable AuthenticationMethod barredBy = null;
    Tried.@Nullable Refused bar = null;
    for (int i = 0; i < rules.methods().size(); i++) {
      AuthenticationMethod method = rules.methods().get(i);
      Tried tried = attempt(method, matched, snapshot, patience);
      if (tried instanceof Tried.Accepted) {
        // Never made up for by another method: the upstream might take the one that was not judged.
        tried = contested(i + 1, matched).orElse(tried);
      }
      if (tried instanceof Tried.Accepted
          && barredBy != null
          && bar != null
          && present(method, barredBy, matched)) {
        // This one may not know whose it is.
        tried = bar;
      }
      switch (tried) {
        case Tried.Accepted accepted -> {
          progress.attempt(method, "verified", "");
          progress.use(method, accepted);
          return new Proceed<>(
              new Authenticated(
                  matched,
                  method,
                  accepted.scheme,
                  accepted.subject,
                  accepted.enrolled,
                  accepted.constraint,
                  accepted.nonce));
        }
        case Tried.Absent() -> progress.attempt(method, "absent", "");
        case Tried.Ambiguous(var twice, var denial) -> {
          progress.attempt(twice, denial.reason().code(), denial.detail());
          return progress.deny(denial);
        }
        case Tried.Refused refused -> {
          progress.attempt(method, refused.reason.code(), refused.why);
          if (refused.isFinal()) {
            barredBy = method;
            bar = refused;
          }
          if (refusal == null || refused.weight() > refusal.weight()) {
            refusedBy = method;
            refusal = refused;
          }
        }
        case Tried.Waits() -> {
          // Not the next method: who the caller is must not depend on what is cached.
          return new Wait<>();
        }
      }
    }
    if (refusedBy != null && refusal != null) {
      return progress.deny(refusal(matched, refusedBy, refusal));
    }
    return operation.authentication() == OperationAuthentication.Optional
        ? new Proceed<>(Authenticated.anonymous(matched))
        : progress.deny(missing(matched));
  }

  /** Whether one credential is there for both methods. */
  private static boolean present(
      AuthenticationMethod one, AuthenticationMethod other, Matched matched) {
    return one.location().find(matched.request()) instanceof Presented.One(var credential, _)
        && other.location().find(matched.request()) instanceof Presented.One(var same, _)
        && credential.equals(same);
  }

  /** What stands twice for one of the methods from an index on. */
  private static Optional<Tried> contested(int from, Matched matched) {
    List<AuthenticationMethod> methods = matched.policy().authentication().methods();
    for (AuthenticationMethod method : methods.subList(from, methods.size())) {
      switch (method.location().find(matched.request())) {
        case Presented.HeaderTwice() -> {
          return Optional.of(new Tried.Ambiguous(method, headerTwice()));
        }
        case Presented.Ambiguous() -> {
          return Optional.of(new Tried.Ambiguous(method, twoValues(matched, method)));
        }
        case Presented.Absent(), Presented.One _, Presented.Unreadable _ -> {}
      }
    }
    return Optional.empty();
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

  private static Denial refusal(
      Matched matched, AuthenticationMethod method, Tried.Refused refused) {
    Reason reason = refused.reason;
    // One sentence a reason: why a credential failed is for the policy's author, not the caller.
    return reason.httpStatus() == 401
        ? unauthorized(
            reason, "the credential was not accepted", method, refused.challenged, matched)
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

  /** What came of one method. */
  private sealed interface Tried {
    record Absent() implements Tried {}

    record Waits() implements Tried {}

    record Ambiguous(AuthenticationMethod method, Denial denial) implements Tried {}

    /**
     * Its credential was refused.
     *
     * @param challenged what a challenge says of it beside the error
     */
    record Refused(Reason reason, String why, Challenged challenged) implements Tried {
      Refused(Reason reason, String why) {
        this(reason, why, Challenged.token(Scheme.OWN));
      }

      /**
       * Of several refusals the weightiest is the answer. An outage hides whether the credential is
       * good: 503 then, never a false 401. And a token that is of another method's issuer is no
       * good to this one: what that method says of it is what counts.
       */
      int weight() {
        if (reason.httpStatus() == 503) {
          return 3;
        }
        if (reason != Reason.CREDENTIAL_INVALID) {
          return 2;
        }
        return challenged.fault() == Fault.INVALID_TOKEN ? 0 : 1;
      }

      /** Whether its credential is good and its bearer is barred, whoever else would take it. */
      boolean isFinal() {
        return reason == Reason.CREDENTIAL_REVOKED || reason == Reason.IDENTITY_UNREGISTERED;
      }

      /** The same of a credential that was presented so. */
      Refused under(Scheme scheme) {
        return new Refused(
            reason, why, new Challenged(scheme, challenged.fault(), challenged.nonce()));
      }
    }

    /**
     * Its credential is good.
     *
     * @param scheme as it was presented
     * @param constraint what shows that it is its bearer's
     * @param nonce for the next proof; null where none is to be given
     */
    record Accepted(
        Subject subject,
        @Nullable Enrolled enrolled,
        Scheme scheme,
        SenderConstraint constraint,
        @Nullable String nonce)
        implements Tried {}
  }

  private Tried attempt(
      AuthenticationMethod method, Matched matched, Snapshot snapshot, Patience patience) {
    if (method instanceof AuthenticationMethod.Mtls mtls) {
      return certificate(mtls, matched, snapshot);
    }
    return switch (method.location().find(matched.request())) {
      case Presented.Absent() -> new Tried.Absent();
      case Presented.HeaderTwice() -> new Tried.Ambiguous(method, headerTwice());
      case Presented.Ambiguous() -> new Tried.Ambiguous(method, twoValues(matched, method));
      case Presented.Unreadable(var scheme) ->
          new Tried.Refused(
              Reason.CREDENTIAL_INVALID,
              "empty, too long, or of characters that it can't have",
              Challenged.token(scheme));
      case Presented.One presented ->
          switch (verify(presented, method, matched, snapshot, patience)) {
            case Tried.Refused refused -> refused.under(presented.scheme());
            case Tried tried -> tried;
          };
    };
  }

  private Tried certificate(AuthenticationMethod.Mtls method, Matched matched, Snapshot snapshot) {
    return switch (verifiers.certificates().read(matched.request().inbound())) {
      case Certified.Absent() -> new Tried.Absent();
      case Certified.Expired() ->
          new Tried.Refused(Reason.CREDENTIAL_EXPIRED, "the certificate has expired");
      case Certified.Unusable(var why) -> new Tried.Refused(Reason.CREDENTIAL_INVALID, why);
      case Certified.Valid(var certificate) -> judge(certificate, method, matched, snapshot);
    };
  }

  private static Tried judge(
      ClientCertificate certificate,
      AuthenticationMethod.Mtls method,
      Matched matched,
      Snapshot snapshot) {
    return switch (method.admit(certificate)) {
      case Admission.Refused(var why) -> new Tried.Refused(Reason.CREDENTIAL_INVALID, why);
      case Admission.Admitted(var id) ->
          judge(new Subject.CertificateHolder(certificate, id), matched, snapshot);
    };
  }

  private static Tried judge(Subject.CertificateHolder holder, Matched matched, Snapshot snapshot) {
    List<List<Lookup>> bySpecificity = Lookup.of(holder);
    if (isRevoked(holder.certificate(), bySpecificity, matched, snapshot)) {
      return revoked();
    }
    for (List<Lookup> alike : bySpecificity) {
      @Nullable Enrolled named = null;
      for (Lookup lookup : alike) {
        Enrolled enrolled = find(lookup, matched, snapshot);
        if (enrolled == null && isBarred(lookup, matched, snapshot)) {
          return barred();
        }
        if (enrolled == null || named == null) {
          named = enrolled == null ? named : enrolled;
          continue;
        }
        if (!enrolled.identity().key().equals(named.identity().key())) {
          return new Tried.Refused(
              Reason.CREDENTIAL_AMBIGUOUS, "the certificate names more than one identity");
        }
      }
      if (named != null) {
        return judge(holder, named, matched.now());
      }
    }
    return accepted(holder, null);
  }

  /** Whether anybody with any of a certificate's names was revoked. */
  private static boolean isRevoked(
      ClientCertificate certificate,
      List<List<Lookup>> bySpecificity,
      Matched matched,
      Snapshot snapshot) {
    for (List<Lookup> alike : bySpecificity) {
      for (Lookup lookup : alike) {
        if (isRevoked(lookup, matched, snapshot)) {
          return true;
        }
      }
    }
    // A SPIFFE ID that counts for nobody here counts against its bearer all the same.
    for (String uri : certificate.uris()) {
      SpiffeId id = SpiffeId.parse(uri).orElse(null);
      if (id != null && isRevoked(new Lookup.BySpiffeId(id), matched, snapshot)) {
        return true;
      }
    }
    return false;
  }

  private Tried verify(
      Presented.One presented,
      AuthenticationMethod method,
      Matched matched,
      Snapshot snapshot,
      Patience patience) {
    String credential = presented.credential();
    return switch (method) {
      case AuthenticationMethod.Mtls _ ->
          throw new IllegalStateException("a certificate is nowhere in a request");
      case AuthenticationMethod.ApiKey _ -> {
        Subject.ApiKeyHolder holder = new Subject.ApiKeyHolder(KeyDigest.of(credential));
        Enrolled enrolled = find(new Lookup.ByKey(holder.digest()), matched, snapshot);
        yield enrolled == null
            ? new Tried.Refused(Reason.CREDENTIAL_INVALID, "no identity has this key")
            : judge(holder, enrolled, matched.now());
      }
      case AuthenticationMethod.Jwt jwt -> {
        CompiledIssuer issuer = snapshot.issuers().find(jwt.issuer()).orElse(null);
        if (issuer == null) {
          yield new Tried.Refused(
              Reason.POLICY_NOT_READY,
              "the TokenIssuer `" + jwt.issuer().name() + "` is not there");
        }
        yield switch (verifiers
            .tokens()
            .verify(credential, issuer, jwt.audiences(), matched.now(), patience)) {
          case Verification.Verified(var subject) ->
              // Revocation costs a look-up, a proof a signature.
              switch (judge(subject, issuer, matched, snapshot)) {
                case Tried.Accepted accepted ->
                    possession(accepted, subject, presented, matched, patience);
                case Tried refused -> refused;
              };
          case Verification.Expired() ->
              new Tried.Refused(Reason.CREDENTIAL_EXPIRED, "the token has expired");
          case Verification.Untrusted(var why) -> new Tried.Refused(Reason.CREDENTIAL_INVALID, why);
          case Verification.Unavailable() ->
              new Tried.Refused(
                  Reason.DEPENDENCY_UNAVAILABLE, "the issuer could not be asked in time");
          case Verification.WouldWait() -> new Tried.Waits();
        };
      }
      case AuthenticationMethod.ServiceAccount accounts ->
          switch (ServiceAccountToken.read(credential, accounts.audiences(), matched.now())) {
            case ServiceAccountToken.Reading.Plausible(var token) ->
                switch (verifiers.reviewer().review(token, accounts.audiences(), patience)) {
                  case TokenReviewer.Answer.Authenticated(var account) when token.isOf(account) ->
                      judge(account, matched, snapshot);
                  case TokenReviewer.Answer.Authenticated _ ->
                      new Tried.Refused(
                          Reason.CREDENTIAL_INVALID,
                          "the API server says that the token is of another service account");
                  case TokenReviewer.Answer.Refused(var why) ->
                      new Tried.Refused(Reason.CREDENTIAL_INVALID, why);
                  case TokenReviewer.Answer.Unavailable() ->
                      new Tried.Refused(
                          Reason.DEPENDENCY_UNAVAILABLE, "the API server could not be asked");
                  case TokenReviewer.Answer.WouldWait() -> new Tried.Waits();
                };
            case ServiceAccountToken.Reading.Expired() ->
                new Tried.Refused(Reason.CREDENTIAL_EXPIRED, "the token has expired");
            case ServiceAccountToken.Reading.Refused(var why) ->
                new Tried.Refused(Reason.CREDENTIAL_INVALID, why);
          };
    };
  }

  /** Whether a good token was presented by whom it is bound to. */
  private Tried possession(
      Tried.Accepted accepted,
      Subject.TokenSubject subject,
      Presented.One presented,
      Matched matched,
      Patience patience) {
    Possession.Result result =
        verifiers
            .possession()
            .judge(
                subject,
                presented.credential(),
                presented.scheme(),
                matched.request(),
                () -> verifiers.certificates().read(matched.request().inbound()),
                matched.policy().authentication().proofs(),
                patience);
    return switch (result) {
      case Possession.Result.Shown(var constraint, var nonce) ->
          new Tried.Accepted(
              subject, accepted.enrolled, presented.scheme(), constraint, nonce.orElse(null));
      case Possession.Result.Refused(var fault, var why) ->
          new Tried.Refused(
              Reason.CREDENTIAL_INVALID, why, new Challenged(presented.scheme(), fault, null));
      case Possession.Result.NeedsNonce(var nonce) ->
          new Tried.Refused(
              Reason.CREDENTIAL_INVALID,
              "the proof needs a nonce",
              new Challenged(presented.scheme(), Fault.USE_DPOP_NONCE, nonce));
      case Possession.Result.Unavailable() ->
          new Tried.Refused(
              Reason.DEPENDENCY_UNAVAILABLE, "there is no room to remember another proof");
      case Possession.Result.WouldWait() -> new Tried.Waits();
    };
  }

  private static Tried judge(Subject.ServiceAccount account, Matched matched, Snapshot snapshot) {
    Lookup lookup = new Lookup.ByServiceAccount(account.namespace(), account.name());
    Enrolled enrolled = find(lookup, matched, snapshot);
    if (enrolled == null) {
      return unregistered(account, List.of(lookup), matched, snapshot);
    }
    return judge(account, enrolled, matched.now());
  }

  private static Tried judge(
      Subject.TokenSubject subject, CompiledIssuer issuer, Matched matched, Snapshot snapshot) {
    String trust = issuer.trust();
    List<Lookup> lookups = new ArrayList<>(2);
    Enrolled bySubject = null;
    if (subject.subject() != null) {
      lookups.add(new Lookup.BySubject(trust, subject.subject()));
      bySubject = find(lookups.getLast(), subject, matched, snapshot);
      if (bySubject == null && isBarred(lookups.getLast(), matched, snapshot)) {
        return barred();
      }
    }
    Enrolled byClient = null;
    if (subject.client() != null) {
      lookups.add(new Lookup.ByClient(trust, subject.client()));
      byClient = find(lookups.getLast(), subject, matched, snapshot);
    }
    if (byClient != null && isRevoked(byClient)) {
      // Whoever it acts for: the token was had with what was revoked.
      return revoked();
    }
    // The subject says more than the client that acts for it.
    Enrolled enrolled = bySubject == null ? byClient : bySubject;
    return enrolled == null
        ? unregistered(subject, lookups, matched, snapshot)
        : judge(subject, enrolled, matched.now());
  }

  private static @Nullable Enrolled find(Lookup lookup, Matched matched, Snapshot snapshot) {
    CompiledPolicy policy = matched.policy();
    return snapshot
        .identities()
        .find(lookup, policy.claim().key().namespace(), policy.authentication().allNamespaces());
  }

  /** Of those that are recognised so, the one whose own issuer would take the token too. */
  private static @Nullable Enrolled find(
      Lookup lookup, Subject.TokenSubject subject, Matched matched, Snapshot snapshot) {
    CompiledPolicy policy = matched.policy();
    return snapshot
        .identities()
        .find(
            lookup,
            policy.claim().key().namespace(),
            policy.authentication().allNamespaces(),
            credential -> credential.pins().hold(subject));
  }

  /** A subject that is nobody's, unless an identity that can't be in force claims it. */
  private static Tried unregistered(
      Subject subject, List<Lookup> lookups, Matched matched, Snapshot snapshot) {
    for (Lookup lookup : lookups) {
      if (isBarred(lookup, matched, snapshot)) {
        return barred();
      }
    }
    return accepted(subject, null);
  }

  private static boolean isBarred(Lookup lookup, Matched matched, Snapshot snapshot) {
    CompiledPolicy policy = matched.policy();
    return snapshot
        .identities()
        .isBarred(
            lookup, policy.claim().key().namespace(), policy.authentication().allNamespaces());
  }

  private static Tried barred() {
    return new Tried.Refused(
        Reason.IDENTITY_UNREGISTERED, "its NonHumanIdentity has a fault and is not in force");
  }

  private static Tried judge(Subject subject, Enrolled enrolled, Instant now) {
    Identity.Credential credential = enrolled.credential();
    if (isRevoked(enrolled)) {
      return revoked();
    }
    if (credential.expiresAt() != null && !now.isBefore(credential.expiresAt())) {
      return new Tried.Refused(Reason.CREDENTIAL_EXPIRED, "the credential has expired");
    }
    if (credential.notBefore() != null && now.isBefore(credential.notBefore())) {
      return new Tried.Refused(Reason.CREDENTIAL_INVALID, "the credential is not valid yet");
    }
    return accepted(subject, enrolled);
  }

  private static Tried accepted(Subject subject, @Nullable Enrolled enrolled) {
    return new Tried.Accepted(
        subject,
        enrolled,
        Scheme.OWN,
        subject instanceof Subject.CertificateHolder
            ? SenderConstraint.CERTIFICATE
            : SenderConstraint.NONE,
        null);
  }

  private static boolean isRevoked(Lookup lookup, Matched matched, Snapshot snapshot) {
    Enrolled enrolled = find(lookup, matched, snapshot);
    return enrolled != null && isRevoked(enrolled);
  }

  private static boolean isRevoked(Enrolled enrolled) {
    return enrolled.credential().revoked() || enrolled.identity().state() == State.Revoked;
  }

  private static Tried revoked() {
    return new Tried.Refused(Reason.CREDENTIAL_REVOKED, "the credential was revoked");
  }

  // ---- 5. identity: whether it may call, now, from there

  private Outcome<Identified> checkIdentity(Authenticated authenticated) {
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

  // ---- 6. authorize: scopes

  private Outcome<Authorized> authorize(Identified identified) {
    Authenticated authenticated = identified.authenticated;
    Progress progress = authenticated.matched.progress();
    List<String> held = scopes(authenticated.subject, authenticated.enrolled);
    progress.scopesHeld = held;
    ScopeRule needed = authenticated.matched.operation.scopes();
    if (needed.suffices(held)) {
      return new Proceed<>(new Authorized(identified));
    }
    return progress.deny(
        authenticated.method == null
            ? missing(authenticated.matched)
            : authenticated
                .matched
                .policy()
                .authentication()
                .forbidden(
                    "the operation needs scopes that the caller does not hold",
                    authenticated.method,
                    authenticated.scheme,
                    needed.named()));
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

  // ---- 7. payload: content type, encoding, size

  private Outcome<Authorized> checkPayload(Authorized authorized) {
    Matched matched = authorized.identified.authenticated.matched;
    Denial denial = matched.operation.payload().check(matched.request());
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
                .responding(fields(result.fields(), authenticated.nonce));
    return new Proceed<>(new Admitted(progress, changes, shadowed(result)));
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

  private record Matched(Routed routed, CompiledOperation operation) {
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

  private record Authorized(Identified identified) {}

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
      Enrolled enrolled = accepted.enrolled;
      credential =
          new Facts.CredentialUse(
              method.name(),
              method.kind(),
              accepted.constraint.code(),
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
          limits);
    }
  }
}
