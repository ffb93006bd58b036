package dev.sallyport.engine;

import dev.sallyport.engine.authenticate.SenderConstraint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who calls, said by whoever asks in place of a credential.
 *
 * <p>For policy tests and nothing else: it is given to {@link Pipeline#assuming} when a pipeline is
 * made, and nothing that a request, an object or the configuration says can bring one about.
 *
 * @param identity {@code namespace/name} of a NonHumanIdentity, or a name in the policy's
 *     namespace; null for a good credential that is nobody's
 * @param credential which of the identity's credentials is presented; null for the first one that
 *     the policy takes
 * @param scopes of the token that is presented; null for all that the identity was granted
 * @param constraint what the credential is bound to; null where the credential's kind says it
 */
public record Assumption(
    @Nullable String identity,
    @Nullable String credential,
    @Nullable List<String> scopes,
    @Nullable SenderConstraint constraint) {
  public Assumption {
    scopes = scopes == null ? null : List.copyOf(scopes);
  }
}
