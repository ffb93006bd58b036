package dev.sallyport.engine;

import dev.sallyport.engine.authenticate.Challenged;
import dev.sallyport.engine.authenticate.Challenged.Fault;
import dev.sallyport.engine.authenticate.Scheme;
import dev.sallyport.engine.authenticate.SenderConstraint;
import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.identity.Identity.Enrolled;
import org.jspecify.annotations.Nullable;

/** What came of one authentication method. */
sealed interface Tried {
  /** Its credential was not presented. */
  record Absent() implements Tried {}

  /** It can't be said without waiting, or costly work. */
  record Waits() implements Tried {}

  /** Its header stands twice (RFC 9110 section 5.3: it is no list). */
  record HeaderTwice() implements Tried {}

  /** More than one was presented. */
  record Ambiguous() implements Tried {}

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
     * good: 503 then, never a false 401. And a token that is of another method's issuer is no good
     * to this one: what that method says of it is what counts.
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

    /**
     * Whether no other method may take the credential for somebody's. It was revoked or is of a
     * broken identity; and where the other does not know the caller, whether this one does must not
     * stay open.
     *
     * @param unknown whether it is nobody's to the other method
     */
    boolean bars(boolean unknown) {
      return reason == Reason.CREDENTIAL_REVOKED
          || reason == Reason.IDENTITY_UNREGISTERED
          || (unknown && reason == Reason.DEPENDENCY_UNAVAILABLE);
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
