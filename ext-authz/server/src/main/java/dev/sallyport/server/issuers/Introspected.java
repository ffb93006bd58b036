package dev.sallyport.server.issuers;

import dev.sallyport.engine.authenticate.StrictJson;
import dev.sallyport.engine.authenticate.TokenIntrospector.Answer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What an endpoint said of a token once (RFC 7662 section 2.2). */
sealed interface Introspected {
  /**
   * It is active.
   *
   * @param answer with its members, without {@code null}
   */
  record Active(Answer.Active answer) implements Introspected {
    /**
     * How long the answer may be believed: no longer than the token lives, where it says.
     *
     * @param cacheFor the longest
     */
    Duration lifetime(Instant now, Duration cacheFor) {
      if (!(answer.members().get("exp") instanceof Number exp)) {
        return cacheFor;
      }
      double left = exp.doubleValue() - now.toEpochMilli() / 1000.0;
      // Also false for what is not a number.
      return left < cacheFor.toMillis() / 1000.0
          ? Duration.ofMillis((long) Math.max(0, left * 1000))
          : cacheFor;
    }
  }

  /** It is not. */
  record Inactive() implements Introspected {}

  /**
   * Nothing.
   *
   * @param why for people; holds nothing of the answer or of the token
   */
  record Unknown(String why) implements Introspected {}

  /**
   * That it can't take the question: of this token nothing is known, of others it may say
   * something.
   *
   * @param why as for {@link Unknown}
   */
  record Objected(String why) implements Introspected {}

  /** Reads an answer. */
  static Introspected read(byte[] json) {
    Optional<Map<String, @Nullable Object>> answer = StrictJson.object(json);
    if (answer.isEmpty()) {
      return new Unknown("what it sent is not a JSON object with unique names");
    }
    if (!(answer.get().get("active") instanceof Boolean active)) {
      return new Unknown("its answer has no `active` that is true or false");
    }
    if (!active) {
      return new Inactive();
    }
    Map<String, Object> members = new HashMap<>();
    answer
        .get()
        .forEach((name, value) -> {
          if (value != null) {
            members.put(name, value);
          }
        });
    return new Active(new Answer.Active(members));
  }
}
