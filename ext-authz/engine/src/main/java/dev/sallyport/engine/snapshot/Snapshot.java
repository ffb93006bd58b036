package dev.sallyport.engine.snapshot;

import dev.sallyport.engine.authenticate.IssuerIndex;
import dev.sallyport.engine.identity.IdentityIndex;
import dev.sallyport.engine.policy.PolicyIndex;

/**
 * Everything that requests are decided with.
 *
 * @param version counts compilations; zero is {@link #EMPTY}
 */
public record Snapshot(
    long version, PolicyIndex policies, IdentityIndex identities, IssuerIndex issuers) {
  /** Nothing is declared: every request is denied. */
  public static final Snapshot EMPTY =
      new Snapshot(0, PolicyIndex.EMPTY, IdentityIndex.EMPTY, IssuerIndex.EMPTY);
}
