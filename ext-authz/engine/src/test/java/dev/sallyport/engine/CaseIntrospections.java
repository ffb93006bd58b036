package dev.sallyport.engine;

import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.TokenIntrospector;
import dev.sallyport.engine.decision.Patience;
import java.util.List;
import java.util.Map;

/** Tokens of a case file that their issuers are asked about; of others nothing is known. */
record CaseIntrospections(List<Asked> asked) implements TokenIntrospector {
  /** What an issuer says of a token. */
  enum Says {
    Active,
    Inactive,
    Unavailable,
    /** Active, but only to whom can wait. */
    Late,
    /** The case fails if it is asked. */
    NotAsked
  }

  /**
   * A token.
   *
   * @param issuer whose it is, as {@code namespace/name}
   * @param members of the answer where it is active
   */
  record Asked(String text, String issuer, Says says, Map<String, Object> members) {}

  @Override
  public Answer introspect(
      CompiledIssuer issuer, CompiledIssuer.Introspection by, String token, Patience patience) {
    for (Asked each : asked) {
      if (each.text.equals(token) && each.issuer.equals(issuer.key().qualifiedName())) {
        return switch (each.says) {
          case Active -> new Answer.Active(each.members);
          case Late ->
              patience instanceof Patience.None
                  ? new Answer.WouldWait()
                  : new Answer.Active(each.members);
          case Inactive -> new Answer.Inactive();
          case Unavailable -> new Answer.Unavailable();
          case NotAsked -> throw new AssertionError("asked about " + token);
        };
      }
    }
    return new Answer.Inactive();
  }
}
