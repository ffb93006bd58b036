package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.authenticate.Subject;
import java.util.List;
import java.util.Locale;

/** One call of the TokenReview API, and nothing around it. */
@FunctionalInterface
interface ReviewCall extends AutoCloseable {
  /** Asks, and blocks until there is an answer or a time-out. Throws nothing. */
  Reply create(String token, List<String> audiences);

  /** Ends calls under way. */
  @Override
  default void close() {}

  /** What came of a call. */
  sealed interface Reply {
    /**
     * The token is good for one of the audiences.
     *
     * @param account whose it is
     */
    record Authenticated(Subject.ServiceAccount account) implements Reply {}

    /**
     * The token is not good.
     *
     * @param why for the policy's author; never a claim's value
     */
    record Refused(String why) implements Reply {}

    /**
     * Nothing is known of the token.
     *
     * @param message for the log; never a token
     */
    record Failed(Failure failure, String message) implements Reply {}
  }

  /** Why nothing is known. */
  enum Failure {
    /** We may not ask. */
    FORBIDDEN,

    /** Asked too often. */
    THROTTLED,

    /** No answer in time. */
    TIMEOUT,

    /** Anything else. */
    FAILURE;

    /** As metrics name it. */
    String outcome() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
