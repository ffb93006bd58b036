package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.authenticate.ServiceAccountToken;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.server.kubernetes.ReviewCall.Reply;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Asks the API server about each token and believes what it says: for one decision by hand, where
 * nobody watches service accounts. Blocks, whatever the patience.
 */
public final class DirectReviewer implements TokenReviewer, AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final ReviewCall api;
  private final Consumer<String> trouble;

  private DirectReviewer(ReviewCall api, Consumer<String> trouble) {
    this.api = api;
    this.trouble = trouble;
  }

  /**
   * Asks the API server of a cluster.
   *
   * @param trouble hears, for people, why it could not be asked
   */
  public static DirectReviewer of(Cluster cluster, Consumer<String> trouble) {
    return new DirectReviewer(
        new ClusterReviewCall(() -> cluster.impatientClient(TIMEOUT)), trouble);
  }

  @Override
  public Answer review(ServiceAccountToken token, List<String> audiences, Patience patience) {
    return switch (api.create(token.text(), audiences)) {
      case Reply.Authenticated(var account) -> new Answer.Authenticated(account);
      case Reply.Refused(var why) -> new Answer.Refused(why);
      case Reply.Failed(_, var message) -> {
        trouble.accept("the token can't be reviewed: of the API server: " + message);
        yield new Answer.Unavailable();
      }
    };
  }

  @Override
  public void close() {
    api.close();
  }
}
