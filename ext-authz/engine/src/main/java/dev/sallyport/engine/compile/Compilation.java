package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.engine.authenticate.IssuerIndex;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.identity.Identity.Enrolled;
import dev.sallyport.engine.identity.IdentityIndex;
import dev.sallyport.engine.identity.IdentityIndex.Registration;
import dev.sallyport.engine.identity.LookupHash;
import dev.sallyport.engine.policy.PolicyIndex;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import dev.sallyport.engine.snapshot.Snapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;
import org.pcollections.PSet;

/**
 * A snapshot, what was wrong with the objects that it was made of, and what the next compilation
 * needs to know. Immutable; shares with its predecessor all that did not change.
 */
public final class Compilation {
  /** Nothing is declared. */
  public static final Compilation EMPTY = empty(Snapshot.EMPTY);

  private static final Comparator<Diagnostic> ORDER =
      Comparator.comparing((Diagnostic diagnostic) -> diagnostic.object().kind())
          .thenComparing(diagnostic -> diagnostic.object().qualifiedName())
          .thenComparing(Diagnostic::field)
          .thenComparing(Diagnostic::message);

  private final Snapshot snapshot;
  private final PMap<ObjectKey, Declared> objects;
  private final PMap<ObjectKey, List<Diagnostic>> own;
  private final PMap<ObjectKey, Set<ObjectKey>> referred;
  private final PMap<ObjectKey, PSet<ObjectKey>> dependents;
  private final PMap<ObjectKey, Shelf.Kept> documents;
  private final Set<ObjectKey> affected;

  /** Nothing is declared; what will be is found by these hash codes. */
  public static Compilation empty(LookupHash hash) {
    return empty(new Snapshot(0, PolicyIndex.EMPTY, IdentityIndex.empty(hash), IssuerIndex.EMPTY));
  }

  private static Compilation empty(Snapshot snapshot) {
    return new Compilation(
        snapshot,
        HashTreePMap.empty(),
        HashTreePMap.empty(),
        HashTreePMap.empty(),
        HashTreePMap.empty(),
        Shelf.EMPTY,
        Set.of());
  }

  Compilation(
      Snapshot snapshot,
      PMap<ObjectKey, Declared> objects,
      PMap<ObjectKey, List<Diagnostic>> own,
      PMap<ObjectKey, Set<ObjectKey>> referred,
      PMap<ObjectKey, PSet<ObjectKey>> dependents,
      PMap<ObjectKey, Shelf.Kept> documents,
      Set<ObjectKey> affected) {
    this.snapshot = snapshot;
    this.objects = objects;
    this.own = own;
    this.referred = referred;
    this.dependents = dependents;
    this.documents = documents;
    this.affected = Set.copyOf(affected);
  }

  public Snapshot snapshot() {
    return snapshot;
  }

  /** Every object as its source last gave it. Not to be changed. */
  public PMap<ObjectKey, Declared> objects() {
    return objects;
  }

  PMap<ObjectKey, List<Diagnostic>> own() {
    return own;
  }

  /** What each object refers to, found or not. */
  PMap<ObjectKey, Set<ObjectKey>> referred() {
    return referred;
  }

  /** The reverse: who refers to an object. */
  PMap<ObjectKey, PSet<ObjectKey>> dependents() {
    return dependents;
  }

  /** What was made of the documents that objects refer to. */
  PMap<ObjectKey, Shelf.Kept> documents() {
    return documents;
  }

  /** The objects whose form or diagnostics this compilation may have changed. */
  public Set<ObjectKey> affected() {
    return affected;
  }

  /** Every diagnostic, by kind, name and field. Costs a walk over all objects. */
  public List<Diagnostic> diagnostics() {
    return objects.keySet().stream()
        .flatMap(key -> diagnostics(key).stream())
        .sorted(ORDER)
        .toList();
  }

  /** What is wrong with one object, conflicts with others included. */
  public List<Diagnostic> diagnostics(ObjectKey key) {
    List<Diagnostic> all = new ArrayList<>(own.getOrDefault(key, List.of()));
    Entry entry = snapshot.policies().entry(key);
    if (entry != null) {
      addLostHosts(entry, all);
    }
    Registration registration = snapshot.identities().registration(key);
    if (registration != null) {
      addTakenCredentials(registration, all);
    }
    return all;
  }

  private void addLostHosts(Entry entry, List<Diagnostic> all) {
    ObjectKey key = entry.claim().key();
    for (String host : entry.claim().hosts()) {
      ObjectKey owner = snapshot.policies().claimants(host).getFirst().claim().key();
      if (!owner.equals(key)) {
        all.add(conflict(key, "spec.hosts", "the host " + quote(host), owner));
      }
    }
    for (var route : entry.claim().routes()) {
      ObjectKey owner = snapshot.policies().claimants(route).getFirst().claim().key();
      if (!owner.equals(key)) {
        all.add(
            conflict(
                key,
                "spec.targetRefs",
                "the route " + quote(route.namespace() + '/' + route.name()),
                owner));
      }
    }
  }

  private Diagnostic conflict(ObjectKey key, String field, String what, ObjectKey owner) {
    return new Diagnostic(
        Severity.ERROR,
        key,
        field,
        "Conflicted",
        what
            + " is owned by "
            + owner
            + (snapshot.policies().entry(key) instanceof Entry.Ready
                ? ", which is older"
                : ", which can be enforced"));
  }

  private void addTakenCredentials(Registration registration, List<Diagnostic> all) {
    ObjectKey key = registration.identity().key();
    for (Identity.Credential credential : registration.credentials()) {
      Predicate<Identity.Credential> takesAll = other -> other.pins().cover(credential.pins());
      List<Enrolled> claimants =
          snapshot.identities().claimants(credential.lookup()).stream()
              .filter(claimant -> takesAll.test(claimant.credential()))
              .toList();
      if (claimants.size() < 2) {
        continue;
      }
      Enrolled holder =
          snapshot.identities().find(credential.lookup(), key.namespace(), false, takesAll);
      if (holder != null && !holder.identity().key().equals(key)) {
        all.add(
            taken(
                key, credential, holder, Severity.ERROR, "which keeps it as the older of the two"));
      } else if (!claimants.getFirst().identity().key().equals(key)
          && snapshot.policies().anySeesAllNamespaces()) {
        all.add(
            taken(
                key,
                credential,
                claimants.getFirst(),
                Severity.WARNING,
                "which goes first for policies with `identityNamespaces: All`"));
      }
    }
  }

  private static Diagnostic taken(
      ObjectKey key,
      Identity.Credential credential,
      Enrolled holder,
      Severity severity,
      String consequence) {
    return new Diagnostic(
        severity,
        key,
        "spec.credentials",
        "Conflicted",
        "the credential "
            + quote(credential.name())
            + " is also that of "
            + holder.identity().key()
            + ", "
            + consequence);
  }

  /** The number of policies by state: {@code ready}, {@code conflicted}, {@code failed}. */
  public Map<String, Integer> policies() {
    Map<String, Integer> states = new TreeMap<>(Map.of("ready", 0, "conflicted", 0, "failed", 0));
    for (Entry entry : snapshot.policies().entries()) {
      boolean failed =
          entry instanceof Entry.Unready
              || own.getOrDefault(entry.claim().key(), List.of()).stream()
                  .anyMatch(diagnostic -> diagnostic.severity() == Severity.ERROR);
      boolean owns =
          entry.claim().routes().stream()
                  .anyMatch(route -> snapshot.policies().claimants(route).getFirst().equals(entry))
              || entry.claim().hosts().stream()
                  .anyMatch(host -> snapshot.policies().claimants(host).getFirst().equals(entry));
      states.merge(failed ? "failed" : owns ? "ready" : "conflicted", 1, Integer::sum);
    }
    return states;
  }

  /** The number of identities by phase: {@code Active}, {@code Expired}, {@code Suspended}, … */
  public Map<String, Integer> identities(Instant now) {
    Map<String, Integer> phases = new TreeMap<>();
    for (Registration registration : snapshot.identities().registrations()) {
      Identity identity = registration.identity();
      boolean expired = identity.expiresAt() != null && !now.isBefore(identity.expiresAt());
      String phase =
          identity.state() == State.Active && expired ? "Expired" : identity.state().name();
      phases.merge(phase, 1, Integer::sum);
    }
    return phases;
  }
}
