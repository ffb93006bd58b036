package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.authenticate.Subject.TokenSubject;
import java.util.List;
import java.util.Map;

/**
 * What an issuer asks of a token before it is somebody's, beyond its {@code iss} and its keys. Of
 * two issuers with the same ones, one may take what the other refuses, and each may find the client
 * in a claim of its own.
 *
 * @param requiredClaims as {@link CompiledIssuer} has them
 * @param identityClaims as {@link CompiledIssuer} has them; empty where the client does not matter
 */
public record Pins(Map<String, String> requiredClaims, List<String> identityClaims) {
  /** None. */
  public static final Pins NONE = new Pins(Map.of(), List.of());

  public Pins {
    requiredClaims = Map.copyOf(requiredClaims);
    identityClaims = List.copyOf(identityClaims);
  }

  /** Whether the issuer would take whatever one with other pins takes. */
  public boolean cover(Pins other) {
    return other.requiredClaims.entrySet().containsAll(requiredClaims.entrySet())
        && other.identityClaims.equals(identityClaims);
  }

  /** Whether the issuer would take a token that another verified, for the same client. */
  public boolean hold(TokenSubject subject) {
    Claims claims = new Claims(subject.claims());
    return requiredClaims.entrySet().stream()
            .allMatch(required -> claims.says(required.getKey(), required.getValue()))
        && (identityClaims.isEmpty()
            || claims
                .first(identityClaims)
                .filter(client -> client.equals(subject.client()))
                .isPresent());
  }
}
