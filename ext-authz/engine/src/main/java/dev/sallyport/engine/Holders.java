package dev.sallyport.engine;

import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.engine.authenticate.ClientCertificate;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.Scheme;
import dev.sallyport.engine.authenticate.SenderConstraint;
import dev.sallyport.engine.authenticate.SpiffeId;
import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.identity.Identity.Enrolled;
import dev.sallyport.engine.identity.IdentityIndex;
import dev.sallyport.engine.identity.Lookup;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds whose a verified credential is, and whether it may still be used.
 *
 * @param identities all that are in force
 * @param namespace of the policy
 * @param allNamespaces whether identities elsewhere may call too
 * @param now the time of the decision
 */
record Holders(IdentityIndex identities, String namespace, boolean allNamespaces, Instant now) {
  /** Whose key it is; nobody's is no credential. */
  Tried judge(Subject.ApiKeyHolder holder) {
    Enrolled enrolled = find(new Lookup.ByKey(holder.digest()));
    return enrolled == null
        ? new Tried.Refused(Reason.CREDENTIAL_INVALID, "no identity has this key")
        : judge(holder, enrolled);
  }

  Tried judge(Subject.CertificateHolder holder) {
    List<List<Lookup>> bySpecificity = Lookup.of(holder);
    if (isRevoked(holder.certificate(), bySpecificity)) {
      return revoked();
    }
    for (List<Lookup> alike : bySpecificity) {
      @Nullable Enrolled named = null;
      for (Lookup lookup : alike) {
        Enrolled enrolled = find(lookup);
        if (enrolled == null && isBarred(lookup)) {
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
        return judge(holder, named);
      }
    }
    return accepted(holder, null);
  }

  /** Whether anybody with any of a certificate's names was revoked. */
  private boolean isRevoked(ClientCertificate certificate, List<List<Lookup>> bySpecificity) {
    for (List<Lookup> alike : bySpecificity) {
      for (Lookup lookup : alike) {
        if (isRevoked(lookup)) {
          return true;
        }
      }
    }
    // A SPIFFE ID that counts for nobody here counts against its bearer all the same.
    for (String uri : certificate.uris()) {
      SpiffeId id = SpiffeId.parse(uri).orElse(null);
      if (id != null && isRevoked(new Lookup.BySpiffeId(id))) {
        return true;
      }
    }
    return false;
  }

  Tried judge(Subject.ServiceAccount account) {
    Lookup lookup = new Lookup.ByServiceAccount(account.namespace(), account.name());
    Enrolled enrolled = find(lookup);
    if (enrolled == null) {
      return isBarred(lookup) ? barred() : accepted(account, null);
    }
    return judge(account, enrolled);
  }

  Tried judge(Subject.TokenSubject subject, CompiledIssuer issuer) {
    String trust = issuer.trust();
    Enrolled bySubject = null;
    if (subject.subject() != null) {
      Lookup lookup = new Lookup.BySubject(trust, subject.subject());
      bySubject = find(lookup, subject);
      if (bySubject == null && isBarred(lookup)) {
        return barred();
      }
    }
    Enrolled byClient = null;
    if (subject.client() != null) {
      Lookup lookup = new Lookup.ByClient(trust, subject.client());
      byClient = find(lookup, subject);
      if (bySubject == null && byClient == null && isBarred(lookup)) {
        return barred();
      }
    }
    if (byClient != null && isRevoked(byClient)) {
      // Whoever it acts for: the token was had with what was revoked.
      return revoked();
    }
    // The subject says more than the client that acts for it.
    Enrolled enrolled = bySubject == null ? byClient : bySubject;
    return enrolled == null ? accepted(subject, null) : judge(subject, enrolled);
  }

  private @Nullable Enrolled find(Lookup lookup) {
    return identities.find(lookup, namespace, allNamespaces);
  }

  /** Of those that are recognised so, the one whose own issuer would take the token too. */
  private @Nullable Enrolled find(Lookup lookup, Subject.TokenSubject subject) {
    return identities.find(
        lookup, namespace, allNamespaces, credential -> credential.pins().hold(subject));
  }

  /** Whether an identity that can't be in force claims what is nobody's. */
  private boolean isBarred(Lookup lookup) {
    return identities.isBarred(lookup, namespace, allNamespaces);
  }

  private static Tried barred() {
    return new Tried.Refused(
        Reason.IDENTITY_UNREGISTERED, "its NonHumanIdentity has a fault and is not in force");
  }

  /** Whether a credential whose holder is known may still be used. */
  Tried judge(Subject subject, Enrolled enrolled) {
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

  private boolean isRevoked(Lookup lookup) {
    Enrolled enrolled = find(lookup);
    return enrolled != null && isRevoked(enrolled);
  }

  private static boolean isRevoked(Enrolled enrolled) {
    return enrolled.credential().revoked() || enrolled.identity().state() == State.Revoked;
  }

  private static Tried revoked() {
    return new Tried.Refused(Reason.CREDENTIAL_REVOKED, "the credential was revoked");
  }
}
