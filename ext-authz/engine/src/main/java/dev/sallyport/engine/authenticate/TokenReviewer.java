package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.decision.Patience;
import java.util.List;

/**
 * The port to the API server that service-account tokens are from (TokenReview of {@code
 * authentication.k8s.io/v1}): whoever implements it asks, and remembers answers for a while.
 */
public interface TokenReviewer {
  /**
   * Whether a token is good, for one of some audiences. Throws nothing.
   *
   * <p>With {@link Patience.None} it returns at once. With a deadline it may block until the API
   * server has answered.
   *
   * @param token not expired
   * @param audiences at least one; those of the authentication method
   */
  Answer review(ServiceAccountToken token, List<String> audiences, Patience patience);

  /** What a reviewer has to say. */
  sealed interface Answer {
    /**
     * It is good for one of the audiences, and its service account exists.
     *
     * @param account whose it is, as the API server says
     */
    record Authenticated(Subject.ServiceAccount account) implements Answer {}

    /**
     * It is not.
     *
     * @param why for the policy's author; never a token or a claim's value
     */
    record Refused(String why) implements Answer {}

    /** Nobody could be asked, or the answer did not come in time. */
    record Unavailable() implements Answer {}

    /** It would have to wait for the network, and may not. */
    record WouldWait() implements Answer {}
  }

  /** Has no API server to ask: no token is refused for that, and none is let through. */
  TokenReviewer NONE = (_, _, _) -> new Answer.Unavailable();
}
