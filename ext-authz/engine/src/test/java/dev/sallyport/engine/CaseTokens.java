package dev.sallyport.engine;

import dev.sallyport.engine.authenticate.ServiceAccountToken;
import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.decision.Patience;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** The service-account tokens of a case file, and an API server that knows no others. */
record CaseTokens(List<Token> tokens) implements TokenReviewer {
  static final CaseTokens NONE = new CaseTokens(List.of());

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** What the API server says of a token. */
  enum Says {
    Authenticated,
    Refused,
    Unavailable,
    /** The case fails if it is asked. */
    NotAsked
  }

  /**
   * A token.
   *
   * @param name by which requests name it
   * @param account whose it is, to the API server
   */
  record Token(
      String name,
      String text,
      List<String> audiences,
      Subject.ServiceAccount account,
      Says says) {}

  /** A token that the API server signed, as far as anyone can tell who does not ask it. */
  static Token token(
      String name,
      String account,
      List<String> audiences,
      Instant expires,
      Map<String, ? extends @Nullable Object> others,
      String as,
      Says says) {
    Map<String, @Nullable Object> claims = new LinkedHashMap<>();
    claims.put("iss", "https://kubernetes.default.svc");
    claims.put("sub", "system:serviceaccount:" + account.replace('/', ':'));
    claims.put("aud", audiences);
    claims.put("exp", expires.getEpochSecond());
    claims.putAll(others);
    String text =
        base64("{\"alg\":\"RS256\",\"kid\":\"k\"}")
            + '.'
            + base64(JSON.writeValueAsString(claims))
            + '.'
            + base64("signature of " + name);
    String[] named = as.split("/", -1);
    return new Token(
        name,
        text,
        audiences,
        new Subject.ServiceAccount(named[0], named[1], "uid of " + as),
        says);
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A header's value with tokens for their names. */
  String written(String value) {
    String written = value;
    for (Token token : tokens) {
      written = written.replace('<' + token.name + '>', token.text);
    }
    return written;
  }

  @Override
  public Answer review(ServiceAccountToken asked, List<String> audiences, Patience patience) {
    for (Token token : tokens) {
      if (token.text.equals(asked.text())) {
        return switch (token.says) {
          case Authenticated -> new Answer.Authenticated(token.account);
          case Refused -> new Answer.Refused("the API server refused the token");
          case Unavailable -> new Answer.Unavailable();
          case NotAsked -> throw new AssertionError("asked of " + token.name);
        };
      }
    }
    throw new AssertionError("asked of a token that no review is of");
  }
}
