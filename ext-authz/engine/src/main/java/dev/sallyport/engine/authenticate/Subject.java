package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.decision.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who a credential says its holder is, once the credential itself is verified. */
public sealed interface Subject {
  /** Text that names this subject and no other; a key for counters. */
  String id();

  /** The holder of an API key; known by the key's digest alone. */
  record ApiKeyHolder(KeyDigest digest) implements Subject {
    @Override
    public String id() {
      return "key:" + digest.hex();
    }
  }

  /**
   * A Kubernetes service account, by a token of it that its API server holds for good.
   *
   * @param uid of the object: another of the same name is another service account
   */
  record ServiceAccount(String namespace, String name, String uid) implements Subject {
    @Override
    public String id() {
      // Without the uid: made anew under its name, it has no fresh counters.
      return "serviceaccount:" + namespace + '/' + name;
    }
  }

  /**
   * The holder of a certificate's key, as the connection showed.
   *
   * @param spiffeId that it counts for; empty where none counts
   */
  record CertificateHolder(ClientCertificate certificate, Optional<SpiffeId> spiffeId)
      implements Subject {
    @Override
    public String id() {
      // A workload gets a new certificate every hour, and no fresh counters by it.
      return spiffeId.map(SpiffeId::text).orElse("certificate:" + certificate.digest().hex());
    }
  }

  /**
   * The subject of a verified token.
   *
   * @param issuer the {@code TokenIssuer}
   * @param subject {@code sub}; null where the token has none
   * @param client the client, from the issuer's identity claims ({@code azp}, {@code client_id},
   *     {@code sub} by default); null where the token has none of them
   * @param scopes the token's own scopes
   * @param expiresAt {@code exp}
   * @param confirmation what it is bound to
   * @param claims the token's claims, as parsed; must not be changed or logged
   */
  record TokenSubject(
      ObjectKey issuer,
      @Nullable String subject,
      @Nullable String client,
      List<String> scopes,
      Instant expiresAt,
      Confirmation confirmation,
      Map<String, Object> claims)
      implements Subject {
    @Override
    public String id() {
      // INVARIANT: no space in a client can make it and its subject another pair.
      return "token:"
          + issuer.qualifiedName()
          + ' '
          + (client == null ? "-" : client.length() + ":" + client)
          + ' '
          + (subject == null ? "-" : subject.length() + ":" + subject);
    }

    /** Never prints a claim. */
    @Override
    public String toString() {
      return "TokenSubject[" + issuer + ", redacted]";
    }
  }
}
