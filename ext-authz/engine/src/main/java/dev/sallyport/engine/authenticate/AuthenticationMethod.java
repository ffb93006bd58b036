package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.authenticate.ClientCertificate.Svid;
import dev.sallyport.engine.decision.ObjectKey;
import java.util.List;
import java.util.Optional;

/** One way to authenticate, compiled. */
public sealed interface AuthenticationMethod {
  /** The method's name in the policy. */
  String name();

  /** Where its credential is. */
  CredentialLocation location();

  /** What kind of credential it takes, as a decision records it. */
  String kind();

  /**
   * What a caller is asked for (RFC 9110 section 11.6.1), before anything is said of what was
   * presented.
   */
  Challenge challenge();

  /** An API key. */
  record ApiKey(String name, CredentialLocation location, Challenge challenge)
      implements AuthenticationMethod {
    @Override
    public String kind() {
      return "apiKey";
    }
  }

  /** A token (RFC 6750), in {@code Authorization} unless its place is another. */
  sealed interface Bearer extends AuthenticationMethod {
    /** What its challenges name as the protection space. */
    String realm();

    @Override
    default Challenge challenge() {
      return Challenge.of("Bearer", realm()).at(location());
    }
  }

  /**
   * An access token (RFC 6750, RFC 9449).
   *
   * @param issuer the {@code TokenIssuer}
   * @param audiences the method's own; the issuer's count where it is empty
   */
  record Jwt(
      String name,
      CredentialLocation location,
      ObjectKey issuer,
      List<String> audiences,
      String realm)
      implements Bearer {
    public Jwt {
      audiences = List.copyOf(audiences);
    }

    @Override
    public String kind() {
      return "jwt";
    }
  }

  /**
   * A Kubernetes service-account token as a Bearer token, reviewed by the API server.
   *
   * @param audiences at least one: without any, tokens for the API server itself would be taken
   */
  record ServiceAccount(String name, List<String> audiences, String realm) implements Bearer {
    public ServiceAccount {
      audiences = List.copyOf(audiences);
      if (audiences.isEmpty()) {
        throw new IllegalArgumentException("a token review needs an audience");
      }
    }

    @Override
    public CredentialLocation location() {
      return CredentialLocation.BEARER;
    }

    @Override
    public String kind() {
      return "serviceAccount";
    }
  }

  /**
   * The certificate of the connection.
   *
   * @param trustDomains SPIFFE trust domains, of one of which the certificate must be; empty where
   *     any certificate will do, and then no SPIFFE ID counts
   */
  record Mtls(String name, List<String> trustDomains, String realm)
      implements AuthenticationMethod {
    public Mtls {
      trustDomains = List.copyOf(trustDomains);
    }

    /** Whether a certificate may be used. */
    public sealed interface Admission {
      /**
       * It may.
       *
       * @param id the SPIFFE ID that it counts for; empty where none counts
       */
      record Admitted(Optional<SpiffeId> id) implements Admission {}

      /**
       * It may not.
       *
       * @param why for the policy's author; nothing of the certificate
       */
      record Refused(String why) implements Admission {}
    }

    /** Judges a valid certificate. */
    public Admission admit(ClientCertificate certificate) {
      if (trustDomains.isEmpty()) {
        // Any authority of Envoy's may have written any SPIFFE ID into it.
        return new Admission.Admitted(Optional.empty());
      }
      return switch (certificate.svid()) {
        case Svid.None(var why) -> new Admission.Refused(why);
        case Svid.Of(var id) when trustDomains.contains(id.trustDomain()) ->
            new Admission.Admitted(Optional.of(id));
        case Svid.Of _ -> new Admission.Refused("the certificate is of another trust domain");
      };
    }

    @Override
    public String kind() {
      return "mtls";
    }

    @Override
    public CredentialLocation location() {
      return CredentialLocation.CONNECTION;
    }

    @Override
    public Challenge challenge() {
      return Challenge.of("Certificate", realm);
    }
  }
}
