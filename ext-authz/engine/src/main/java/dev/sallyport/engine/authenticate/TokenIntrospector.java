package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.decision.Patience;
import java.util.Map;

/**
 * The port to introspection endpoints (RFC 7662): whoever implements it asks, and remembers answers
 * for as long as the issuer's settings and the answer's {@code exp} let it.
 */
public interface TokenIntrospector {
  /**
   * What an issuer says of a token. Throws nothing.
   *
   * <p>With {@link Patience.None} it returns at once. With a deadline it may block until the
   * endpoint has answered.
   *
   * @param issuer whose authority is {@code by}
   * @param token of visible ASCII, at most {@link CredentialLocation#LONGEST} characters
   */
  Answer introspect(
      CompiledIssuer issuer, CompiledIssuer.Introspection by, String token, Patience patience);

  /** What an issuer says. */
  sealed interface Answer {
    /**
     * The token is active; whether it is for us and holds now, the caller judges.
     *
     * @param members of the answer (RFC 7662 section 2.2), each name once; may not be logged
     */
    record Active(Map<String, Object> members) implements Answer {
      public Active {
        members = Map.copyOf(members);
      }

      /** About how many bytes it takes, and not less: for who remembers it. */
      public long bytes() {
        return new Claims(members).bytes();
      }

      /** Never prints a member. */
      @Override
      public String toString() {
        return "Active[redacted]";
      }
    }

    /** It is not: expired, revoked, never issued, or not for us to know. */
    record Inactive() implements Answer {}

    /** Nobody could be asked, or what came is no answer: nothing is known of the token. */
    record Unavailable() implements Answer {}

    /** It would have to wait for the network, and may not. */
    record WouldWait() implements Answer {}
  }

  /** Has nobody to ask: no token is refused for that, and none is let through. */
  TokenIntrospector NONE = (_, _, _, _) -> new Answer.Unavailable();
}
