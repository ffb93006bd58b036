package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.decision.ObjectKey;
import java.util.Collection;
import java.util.Optional;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/**
 * The issuers that are in force, by object. Immutable; a changed one shares what did not change.
 */
public final class IssuerIndex {
  /** No token is believed. */
  public static final IssuerIndex EMPTY = new IssuerIndex(HashTreePMap.empty());

  private final PMap<ObjectKey, CompiledIssuer> issuers;

  private IssuerIndex(PMap<ObjectKey, CompiledIssuer> issuers) {
    this.issuers = issuers;
  }

  /** The issuer that an object declares. */
  public Optional<CompiledIssuer> find(ObjectKey key) {
    return Optional.ofNullable(issuers.get(key));
  }

  /** All of them, in no order; can't be changed. */
  public Collection<CompiledIssuer> all() {
    return issuers.values();
  }

  /** This index with an issuer added, or put in the place of its previous form. */
  public IssuerIndex with(CompiledIssuer issuer) {
    return new IssuerIndex(issuers.plus(issuer.key(), issuer));
  }

  /** This index without what an object declared. */
  public IssuerIndex without(ObjectKey key) {
    return issuers.containsKey(key) ? new IssuerIndex(issuers.minus(key)) : this;
  }
}
