package dev.sallyport.server.issuers;

import dev.sallyport.engine.identity.IpAddress;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.hc.client5.http.ClientProtocolException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.NoHttpResponseException;

/** What came of a call to an issuer. */
sealed interface Reply {
  /** Status 200 and a body that calls itself JSON; nobody has read it yet. */
  final class Arrived implements Reply {
    private final byte[] body;
    private final String etag;
    private final Optional<Duration> maxAge;

    Arrived(byte[] body, String etag, Optional<Duration> maxAge) {
      this.body = body;
      this.etag = etag;
      this.maxAge = maxAge;
    }

    /** The bytes as they came; not to be changed. */
    byte[] body() {
      return body;
    }

    /** Its version; empty where the server names none. */
    String etag() {
      return etag;
    }

    /** How long it is fresh (RFC 9111 section 5.2.2.1), where the server says. */
    Optional<Duration> maxAge() {
      return maxAge;
    }
  }

  /** What is held is still the newest (RFC 9110 section 15.4.5). */
  record Unchanged(Optional<Duration> maxAge) implements Reply {}

  /** Another status than 200; its body was not read. */
  record Refused(int status) implements Reply {
    String why() {
      return "it answered with status " + status;
    }
  }

  /**
   * No answer that is of use.
   *
   * @param why for people; goes on after "it" or "its", and holds nothing of what was received
   */
  record Failed(String why) implements Reply {
    /** Never a message of another library: it may quote what was received. */
    static Failed of(Exception failure, boolean proxied) {
      String peer = proxied ? "its proxy" : "it";
      return new Failed(
          switch (failure) {
            case CheckedNames.Unreachable unreachable -> forbidden(unreachable.address());
            case UnknownHostException _ ->
                proxied ? "its proxy's name is not known" : "its host name is not known";
            case ConnectException _, NoRouteToHostException _ -> peer + " can't be reached";
            case SocketTimeoutException _ -> "no connection to " + peer + " came about in time";
            case InterruptedIOException _ -> "too many calls to it are under way";
            case SSLException e -> tls(e);
            case ClientProtocolException _ -> "its answer is no HTTP";
            case NoHttpResponseException _ -> "it closed the connection without an answer";
            case MessageConstraintException _ ->
                "its answer has too many headers, or too long ones";
            case IOException _ -> "its answer broke off";
            default -> "the request could not be made";
          });
    }

    /** An address that may not be called. */
    static String forbidden(IpAddress address) {
      return "its address `"
          + address
          + "` is private or reserved; if that is meant, name its network in"
          + " `issuers.allowedNetworks`";
    }

    private static String tls(SSLException failure) {
      List<Throwable> causes = new ArrayList<>();
      for (Throwable cause = failure;
          cause != null && causes.size() < 10;
          cause = cause.getCause()) {
        causes.add(cause);
      }
      if (causes.stream().anyMatch(CertificateExpiredException.class::isInstance)) {
        return "its certificate has expired";
      }
      if (causes.stream().anyMatch(CertificateNotYetValidException.class::isInstance)) {
        return "its certificate is not valid yet";
      }
      if (causes.stream()
          .anyMatch(cause ->
              cause instanceof CertPathBuilderException
                  || cause instanceof CertPathValidatorException)) {
        return "its certificate is not from an authority that is trusted";
      }
      return causes.stream()
              .anyMatch(cause ->
                  cause instanceof SSLPeerUnverifiedException
                      || cause instanceof CertificateException)
          ? "its certificate is not for its host"
          : "TLS with it failed";
    }
  }
}
