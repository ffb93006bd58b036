package dev.sallyport.engine.identity;

import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.Identity.Credential;
import dev.sallyport.engine.identity.Identity.Enrolled;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.HashTreePSet;
import org.pcollections.PMap;
import org.pcollections.PSet;

/**
 * Finds whose credential it is: one hash look-up, whatever the number of identities.
 *
 * <p>Persistent: an edit shares all but the few nodes that it touches. When several identities
 * claim one credential, the oldest keeps it among those that a policy can see; one in the policy's
 * own namespace always goes before one elsewhere, so that a copy in another namespace never takes a
 * credential over.
 */
public final class IdentityIndex {
  public static final IdentityIndex EMPTY = empty(LookupHash.OPEN);

  private static final Comparator<Enrolled> AGE =
      Comparator.comparing((Enrolled enrolled) -> enrolled.identity().created())
          .thenComparing(enrolled -> enrolled.identity().key().namespace())
          .thenComparing(enrolled -> enrolled.identity().key().name());

  private final LookupHash hash;
  private final PMap<ObjectKey, Registration> registrations;
  private final PMap<Hashed, List<Enrolled>> holders;
  private final PMap<ObjectKey, Set<Lookup>> barred;
  private final PMap<Hashed, PSet<ObjectKey>> barring;

  private IdentityIndex(
      LookupHash hash,
      PMap<ObjectKey, Registration> registrations,
      PMap<Hashed, List<Enrolled>> holders,
      PMap<ObjectKey, Set<Lookup>> barred,
      PMap<Hashed, PSet<ObjectKey>> barring) {
    this.hash = hash;
    this.registrations = registrations;
    this.holders = holders;
    this.barred = barred;
    this.barring = barring;
  }

  /** Without identities; those to come are found by these hash codes. */
  public static IdentityIndex empty(LookupHash hash) {
    return new IdentityIndex(
        hash,
        HashTreePMap.empty(),
        HashTreePMap.empty(),
        HashTreePMap.empty(),
        HashTreePMap.empty());
  }

  /** A credential with its hash code. */
  private record Hashed(int hash, Lookup lookup) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Hashed(int otherHash, Lookup otherLookup)
          && hash == otherHash
          && lookup.equals(otherLookup);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  private Hashed hashed(Lookup lookup) {
    return new Hashed(hash.of(lookup), lookup);
  }

  /** An identity and its credentials. */
  public record Registration(Identity identity, List<Credential> credentials) {
    public Registration {
      credentials = List.copyOf(credentials);
    }

    /** What its credentials are recognised by. */
    public Set<Lookup> lookups() {
      return credentials.stream().map(Credential::lookup).collect(Collectors.toSet());
    }

    /** The same in another state. */
    public Registration in(State state) {
      return new Registration(
          new Identity(
              identity.key(),
              identity.created(),
              identity.type(),
              identity.environment(),
              state,
              identity.expiresAt(),
              identity.scopes(),
              identity.constraints()),
          credentials);
    }
  }

  /**
   * Whose credential it is, to a policy of a namespace.
   *
   * @param namespace the policy's
   * @param allNamespaces whether identities elsewhere may call it too
   * @return null where nobody's
   */
  public @Nullable Enrolled find(Lookup lookup, String namespace, boolean allNamespaces) {
    return find(lookup, namespace, allNamespaces, _ -> true);
  }

  /**
   * The same among some of the credentials that are recognised so.
   *
   * @param which those that it may be
   */
  public @Nullable Enrolled find(
      Lookup lookup, String namespace, boolean allNamespaces, Predicate<Credential> which) {
    @Nullable Enrolled elsewhere = null;
    for (Enrolled candidate : claimants(lookup)) {
      if (!which.test(candidate.credential())) {
        continue;
      }
      if (candidate.identity().key().namespace().equals(namespace)) {
        return candidate;
      }
      elsewhere = elsewhere == null ? candidate : elsewhere;
    }
    return allNamespaces ? elsewhere : null;
  }

  /**
   * Whether a credential that nobody holds is claimed by an identity that can't be in force. Its
   * bearer must not pass as somebody unknown, whom no grants limit.
   *
   * @param namespace the policy's
   * @param allNamespaces whether identities elsewhere may call it too
   */
  public boolean isBarred(Lookup lookup, String namespace, boolean allNamespaces) {
    if (barring.isEmpty()) {
      return false;
    }
    PSet<ObjectKey> claimants = barring.get(hashed(lookup));
    return claimants != null
        && (allNamespaces || claimants.stream().anyMatch(key -> key.namespace().equals(namespace)));
  }

  /** Everyone who claims a credential, oldest first. */
  public List<Enrolled> claimants(Lookup lookup) {
    return holders.getOrDefault(hashed(lookup), List.of());
  }

  /** Everyone who shares a credential with another. Walks all credentials. */
  public Set<ObjectKey> contested() {
    return holders.values().stream()
        .filter(claimants -> claimants.size() > 1)
        .flatMap(List::stream)
        .map(enrolled -> enrolled.identity().key())
        .collect(Collectors.toSet());
  }

  public @Nullable Registration registration(ObjectKey key) {
    return registrations.get(key);
  }

  public Collection<Registration> registrations() {
    return registrations.values();
  }

  /** This index with one identity added or replaced. */
  public IdentityIndex with(Registration registration) {
    ObjectKey key = registration.identity().key();
    IdentityIndex base = without(key);
    PMap<Hashed, List<Enrolled>> added = base.holders;
    for (Credential credential : registration.credentials()) {
      Hashed lookup = hashed(credential.lookup());
      List<Enrolled> claimants = added.get(lookup);
      Enrolled enrolled = new Enrolled(registration.identity(), credential);
      added =
          added.plus(lookup, claimants == null ? List.of(enrolled) : inserted(claimants, enrolled));
    }
    return new IdentityIndex(
        hash, base.registrations.plus(key, registration), added, base.barred, base.barring);
  }

  /**
   * This index with credentials of an identity that nobody may call with, beside those in force.
   */
  public IdentityIndex barring(ObjectKey key, Set<Lookup> lookups) {
    if (lookups.isEmpty()) {
      return this;
    }
    PMap<Hashed, PSet<ObjectKey>> added = barring;
    for (Lookup each : lookups) {
      Hashed lookup = hashed(each);
      added = added.plus(lookup, added.getOrDefault(lookup, HashTreePSet.empty()).plus(key));
    }
    return new IdentityIndex(
        hash, registrations, holders, barred.plus(key, Set.copyOf(lookups)), added);
  }

  /** The credentials of an identity that nobody may call with. */
  public Set<Lookup> barred(ObjectKey key) {
    return barred.getOrDefault(key, Set.of());
  }

  private static List<Enrolled> inserted(List<Enrolled> claimants, Enrolled enrolled) {
    List<Enrolled> all = new ArrayList<>(claimants);
    all.add(enrolled);
    all.sort(AGE);
    return List.copyOf(all);
  }

  /** This index with one identity gone. */
  public IdentityIndex without(ObjectKey key) {
    Registration old = registrations.get(key);
    PMap<Hashed, PSet<ObjectKey>> leftBarring = barring;
    for (Lookup each : barred.getOrDefault(key, Set.of())) {
      Hashed lookup = hashed(each);
      PSet<ObjectKey> others = leftBarring.getOrDefault(lookup, HashTreePSet.empty()).minus(key);
      leftBarring = others.isEmpty() ? leftBarring.minus(lookup) : leftBarring.plus(lookup, others);
    }
    if (old == null) {
      return barred.containsKey(key)
          ? new IdentityIndex(hash, registrations, holders, barred.minus(key), leftBarring)
          : this;
    }
    PMap<Hashed, List<Enrolled>> left = holders;
    for (Credential credential : old.credentials()) {
      Hashed lookup = hashed(credential.lookup());
      List<Enrolled> others =
          left.getOrDefault(lookup, List.of()).stream()
              .filter(enrolled -> !enrolled.identity().key().equals(key))
              .toList();
      left = others.isEmpty() ? left.minus(lookup) : left.plus(lookup, others);
    }
    return new IdentityIndex(hash, registrations.minus(key), left, barred.minus(key), leftBarring);
  }
}
