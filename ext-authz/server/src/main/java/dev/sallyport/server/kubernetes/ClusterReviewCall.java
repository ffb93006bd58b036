package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.authenticate.Subject;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.http.HttpTimeoutException;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Creates a {@code TokenReview} (authentication.k8s.io/v1), and reads its status. Thread-safe. */
final class ClusterReviewCall implements ReviewCall {
  private static final String USER = "system:serviceaccount:";

  /**
   * An API server that could not look at the service account says so in the very place where it
   * says why a token is no good. Its texts are no interface, so more of them count than it has.
   */
  private static final Pattern OUTAGE =
      Pattern.compile(
          "(?i)time[d-]? ?out|deadline exceeded|cancell?ed|connection|unavailable|unreachable"
              + "|etcdserver|internal error|too many requests|unable to return|no route|\\beof\\b"
              + "|\\bget \"");

  /**
   * So many in a row, and the connection counts as dead: one that nobody closed would be used again
   * and again, for a quarter of an hour.
   */
  private static final int MOST_TIMEOUTS = 2;

  private final Supplier<KubernetesClient> clients;
  private final AtomicReference<KubernetesClient> client;
  private final AtomicInteger timeouts = new AtomicInteger();

  /**
   * Nothing is sent yet.
   *
   * @param clients makes a client with connections of its own
   */
  ClusterReviewCall(Supplier<KubernetesClient> clients) {
    this.clients = clients;
    this.client = new AtomicReference<>(clients.get());
  }

  @Override
  public Reply create(String token, List<String> audiences) {
    TokenReview review =
        new TokenReviewBuilder()
            .withNewMetadata()
            .endMetadata()
            .withNewSpec()
            .withToken(token)
            .withAudiences(audiences)
            .endSpec()
            .build();
    KubernetesClient asked = client.get();
    try {
      TokenReview answer = asked.authentication().v1().tokenReviews().create(review);
      timeouts.set(0);
      return read(answer == null ? null : answer.getStatus(), audiences);
    } catch (KubernetesClientException e) {
      Reply.Failed failed = failed(e);
      if (failed.failure() == Failure.TIMEOUT) {
        timedOut(asked);
      } else {
        timeouts.set(0);
      }
      return failed;
    } catch (RuntimeException e) {
      // The client's own; its message may quote what it could not read, and that the token.
      return new Reply.Failed(Failure.FAILURE, "the answer could not be read");
    }
  }

  private void timedOut(KubernetesClient asked) {
    // One that was given up by then says nothing of the next.
    if (asked.equals(client.get()) && timeouts.incrementAndGet() >= MOST_TIMEOUTS) {
      KubernetesClient fresh = clients.get();
      if (client.compareAndSet(asked, fresh)) {
        timeouts.set(0);
        asked.close();
      } else {
        fresh.close();
      }
    }
  }

  @Override
  public void close() {
    client.get().close();
  }

  /**
   * Reads what the API server says of a token.
   *
   * @param asked the audiences that were asked for
   */
  static Reply read(@Nullable TokenReviewStatus status, List<String> asked) {
    if (status == null) {
      return new Reply.Failed(Failure.FAILURE, "the answer has no status");
    }
    String error = status.getError();
    if (!Boolean.TRUE.equals(status.getAuthenticated())) {
      return error != null && OUTAGE.matcher(error).find()
          ? new Reply.Failed(Failure.FAILURE, "it could not look at a service account")
          : new Reply.Refused("the API server does not accept the token");
    }
    if (error != null && !error.isEmpty()) {
      return new Reply.Failed(Failure.FAILURE, "it accepts a token and names an error");
    }
    List<String> audiences = status.getAudiences();
    if (audiences == null || Collections.disjoint(audiences, asked)) {
      // An API server that knows no audiences returns none, and would accept any token.
      return new Reply.Refused("the API server did not compare the token's audience");
    }
    return read(status.getUser());
  }

  private static Reply read(@Nullable UserInfo user) {
    if (user == null || user.getUsername() == null || !user.getUsername().startsWith(USER)) {
      return new Reply.Refused("the token is not of a service account");
    }
    String[] parts = user.getUsername().substring(USER.length()).split(":", -1);
    if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      return new Reply.Refused("the token is not of a service account");
    }
    if (user.getUid() == null || user.getUid().isEmpty()) {
      // Without it nobody could tell a deleted service account from a new one of its name.
      return new Reply.Refused("the API server did not say which service account it is");
    }
    return new Reply.Authenticated(new Subject.ServiceAccount(parts[0], parts[1], user.getUid()));
  }

  private static Reply.Failed failed(KubernetesClientException e) {
    return switch (e.getCode()) {
      case 401 ->
          new Reply.Failed(
              Failure.FORBIDDEN, "it does not accept the credential of Sallyport itself (401)");
      case 403 ->
          new Reply.Failed(
              Failure.FORBIDDEN,
              "it does not let Sallyport ask (403): grant `create` on `tokenreviews` of"
                  + " `authentication.k8s.io`, by a ClusterRole and a ClusterRoleBinding");
      case 429 -> new Reply.Failed(Failure.THROTTLED, "it is asked too often (429)");
      default ->
          // The client has no code where nothing was answered.
          e.getCode() <= 0
              ? unreachable(e)
              : new Reply.Failed(Failure.FAILURE, "it answers " + e.getCode());
    };
  }

  private static Reply.Failed unreachable(KubernetesClientException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof HttpTimeoutException || cause instanceof TimeoutException) {
        return new Reply.Failed(Failure.TIMEOUT, "it does not answer in time");
      }
    }
    return new Reply.Failed(Failure.FAILURE, "it can't be reached");
  }
}
