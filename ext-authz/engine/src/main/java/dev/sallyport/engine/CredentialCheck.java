package dev.sallyport.engine;

import dev.sallyport.engine.authenticate.AuthenticationMethod;
import dev.sallyport.engine.authenticate.AuthenticationMethod.Mtls.Admission;
import dev.sallyport.engine.authenticate.CertificateReader.Certified;
import dev.sallyport.engine.authenticate.Challenged;
import dev.sallyport.engine.authenticate.Challenged.Fault;
import dev.sallyport.engine.authenticate.ClientCertificate;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CredentialLocation.Presented;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.Possession;
import dev.sallyport.engine.authenticate.ServiceAccountToken;
import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.Verification;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.policy.CompiledPolicy;
import dev.sallyport.engine.receive.Request;
import dev.sallyport.engine.snapshot.Snapshot;
import java.time.Instant;

/** Tries one authentication method on what a request presents. Thread-safe. */
final class CredentialCheck implements Attempts {
  private final Verifiers verifiers;

  CredentialCheck(Verifiers verifiers) {
    this.verifiers = verifiers;
  }

  /** A request, and what it is judged by. */
  record Asked(Request request, CompiledPolicy policy, Snapshot snapshot) {
    Instant now() {
      return request.inbound().at();
    }

    Holders holders() {
      return new Holders(
          snapshot.identities(),
          policy.claim().key().namespace(),
          policy.authentication().allNamespaces(),
          now());
    }
  }

  @Override
  public Tried attempt(AuthenticationMethod method, Asked asked, Patience patience) {
    if (method instanceof AuthenticationMethod.Mtls mtls) {
      return certificate(mtls, asked);
    }
    return switch (method.location().find(asked.request)) {
      case Presented.Absent() -> new Tried.Absent();
      case Presented.HeaderTwice() -> new Tried.HeaderTwice();
      case Presented.Ambiguous() -> new Tried.Ambiguous();
      case Presented.Unreadable(var scheme) ->
          new Tried.Refused(
              Reason.CREDENTIAL_INVALID,
              "empty, too long, or of characters that it can't have",
              Challenged.token(scheme));
      case Presented.One presented ->
          switch (verify(presented, method, asked, patience)) {
            case Tried.Refused refused -> refused.under(presented.scheme());
            case Tried tried -> tried;
          };
    };
  }

  private Tried certificate(AuthenticationMethod.Mtls method, Asked asked) {
    return switch (verifiers.certificates().read(asked.request.inbound())) {
      case Certified.Absent() -> new Tried.Absent();
      case Certified.Expired() ->
          new Tried.Refused(Reason.CREDENTIAL_EXPIRED, "the certificate has expired");
      case Certified.Unusable(var why) -> new Tried.Refused(Reason.CREDENTIAL_INVALID, why);
      case Certified.Valid(var certificate) -> judge(certificate, method, asked);
    };
  }

  private static Tried judge(
      ClientCertificate certificate, AuthenticationMethod.Mtls method, Asked asked) {
    return switch (method.admit(certificate)) {
      case Admission.Refused(var why) -> new Tried.Refused(Reason.CREDENTIAL_INVALID, why);
      case Admission.Admitted(var id) ->
          asked.holders().judge(new Subject.CertificateHolder(certificate, id));
    };
  }

  private Tried verify(
      Presented.One presented, AuthenticationMethod method, Asked asked, Patience patience) {
    String credential = presented.credential();
    return switch (method) {
      case AuthenticationMethod.Mtls _ ->
          throw new IllegalStateException("a certificate is nowhere in a request");
      case AuthenticationMethod.ApiKey _ ->
          asked.holders().judge(new Subject.ApiKeyHolder(KeyDigest.of(credential)));
      case AuthenticationMethod.Jwt jwt -> {
        CompiledIssuer issuer = asked.snapshot.issuers().find(jwt.issuer()).orElse(null);
        if (issuer == null) {
          yield new Tried.Refused(
              Reason.POLICY_NOT_READY,
              "the TokenIssuer `" + jwt.issuer().name() + "` is not there");
        }
        yield switch (verifiers
            .tokens()
            .verify(credential, issuer, jwt.audiences(), asked.now(), patience)) {
          case Verification.Verified(var subject) ->
              // Revocation costs a look-up, a proof a signature.
              switch (asked.holders().judge(subject, issuer)) {
                case Tried.Accepted accepted ->
                    possession(accepted, subject, presented, asked, patience);
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
          switch (ServiceAccountToken.read(credential, accounts.audiences(), asked.now())) {
            case ServiceAccountToken.Reading.Plausible(var token) ->
                switch (verifiers.reviewer().review(token, accounts.audiences(), patience)) {
                  case TokenReviewer.Answer.Authenticated(var account) when token.isOf(account) ->
                      asked.holders().judge(account);
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
      Asked asked,
      Patience patience) {
    Possession.Result result =
        verifiers
            .possession()
            .judge(
                subject,
                presented.credential(),
                presented.scheme(),
                asked.request,
                () -> verifiers.certificates().read(asked.request.inbound()),
                asked.policy.authentication().proofs(),
                patience);
    return switch (result) {
      case Possession.Result.Shown(var constraint, var nonce) ->
          new Tried.Accepted(
              subject, accepted.enrolled(), presented.scheme(), constraint, nonce.orElse(null));
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
}
