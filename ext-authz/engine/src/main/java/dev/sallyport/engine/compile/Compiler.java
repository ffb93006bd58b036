package dev.sallyport.engine.compile;

import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.authenticate.IssuerIndex;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.IdentityIndex;
import dev.sallyport.engine.identity.IdentityIndex.Registration;
import dev.sallyport.engine.identity.Lookup;
import dev.sallyport.engine.policy.CompiledPolicy;
import dev.sallyport.engine.policy.PolicyClaim;
import dev.sallyport.engine.policy.PolicyIndex;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import dev.sallyport.engine.snapshot.Snapshot;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.pcollections.HashTreePSet;
import org.pcollections.PMap;
import org.pcollections.PSet;

/**
 * Makes the next compilation of the previous one and what changed.
 *
 * <p>Only the changed objects and those that refer to them are compiled; the indices are persistent
 * maps, so the cost follows the change and not the number of objects. One object that fails, or
 * makes the compiler itself fail, never stops another.
 */
public final class Compiler {
  private PolicyIndex policies;
  private IdentityIndex identities;
  private IssuerIndex issuers;
  private PMap<ObjectKey, Declared> objects;
  private PMap<ObjectKey, List<Diagnostic>> own;
  private PMap<ObjectKey, Set<ObjectKey>> referred;
  private PMap<ObjectKey, PSet<ObjectKey>> dependents;
  private final Shelf shelf;
  private final Set<ObjectKey> affected = new HashSet<>();

  private Compiler(Compilation previous) {
    policies = previous.snapshot().policies();
    identities = previous.snapshot().identities();
    issuers = previous.snapshot().issuers();
    objects = previous.objects();
    own = previous.own();
    referred = previous.referred();
    dependents = previous.dependents();
    shelf = new Shelf(previous.documents());
  }

  /** Compiles what changed. */
  public static Compilation compile(Changes changes, Compilation previous) {
    Compiler compiler = new Compiler(previous);
    compiler.run(changes);
    return new Compilation(
        new Snapshot(
            previous.snapshot().version() + 1,
            compiler.policies,
            compiler.identities,
            compiler.issuers),
        compiler.objects,
        compiler.own,
        compiler.referred,
        compiler.dependents,
        compiler.shelf.kept(),
        compiler.affected);
  }

  private void run(Changes changes) {
    boolean sawAllNamespaces = policies.anySeesAllNamespaces();
    Set<ObjectKey> dirty = new LinkedHashSet<>();
    for (ObjectKey key : changes.deletions()) {
      objects = objects.minus(key);
      dirty.add(key);
    }
    for (Declared declared : changes.upserts()) {
      objects = objects.plus(declared.key(), declared);
      dirty.add(declared.key());
    }
    addDependents(dirty);
    // Issuers first: what refers to them looks at what is in force of them.
    List<ObjectKey> ordered =
        dirty.stream()
            .sorted(Comparator.comparing((ObjectKey key) -> !key.kind().equals("TokenIssuer")))
            .toList();
    for (ObjectKey key : ordered) {
      addClaimants(key);
      Declared declared = objects.get(key);
      if (declared == null) {
        remove(key);
      } else {
        compile(declared);
      }
      addClaimants(key);
    }
    affected.addAll(dirty);
    if (policies.anySeesAllNamespaces() != sawAllNamespaces) {
      // Only then does it matter who of several namespaces holds a credential.
      affected.addAll(identities.contested());
    }
  }

  /**
   * Adds who refers to a changed object, and who refers to those: of a certificate authority an
   * issuer is made, and of what the issuer trusts, identities.
   */
  private void addDependents(Set<ObjectKey> dirty) {
    Queue<ObjectKey> ahead = new ArrayDeque<>(dirty);
    for (ObjectKey key = ahead.poll(); key != null; key = ahead.poll()) {
      for (ObjectKey dependent : dependents.getOrDefault(key, HashTreePSet.empty())) {
        if (dirty.add(dependent)) {
          ahead.add(dependent);
        }
      }
    }
  }

  private void remove(ObjectKey key) {
    policies = policies.without(key);
    identities = identities.without(key);
    issuers = issuers.without(key);
    own = own.minus(key);
    shelf.forget(key);
    refer(key, Set.of());
  }

  private void compile(Declared declared) {
    Report report = new Report(declared.key());
    References references = new References(objects, shelf);
    try {
      switch (declared.content()) {
        case Declared.ApiPolicy(var spec) ->
            policy(new PolicyCompilation(spec, declared, report, references, issuers), report);
        case Declared.NonHumanIdentity(var spec) -> {
          IdentityCompilation compilation =
              new IdentityCompilation(spec, declared, report, references, issuers);
          Registration registration = compilation.compile(identities.registration(declared.key()));
          identities =
              (registration == null
                      ? identities.without(declared.key())
                      : identities.with(registration))
                  .barring(declared.key(), compilation.barred());
        }
        case Declared.TokenIssuer(var spec) -> issuer(declared, spec, report, references);
        case Declared.DetectionPolicy _ ->
            report.warning(
                "",
                "Unsupported",
                "detection is not available in this version; nothing is watched");
        case Declared.Unreadable unreadable -> unreadable(declared, unreadable, report, references);
        case Declared.Secret _, Declared.ConfigMap _, Declared.Document _, Declared.Route _ -> {}
      }
    } catch (RuntimeException | StackOverflowError bug) {
      // Contained here, so that one object that the compiler can't take stops no other. What was in
      // force of it stays, but an identity goes: it might have been revoked.
      Registration held = identities.registration(declared.key());
      Set<Lookup> barred = identities.barred(declared.key());
      identities =
          identities
              .without(declared.key())
              .barring(declared.key(), held == null ? barred : union(barred, held.lookups()));
      report.error(
          "",
          "Invalid",
          "the object could not be compiled (" + bug.getClass().getSimpleName() + ")");
    }
    List<Diagnostic> diagnostics = report.diagnostics();
    own = diagnostics.isEmpty() ? own.minus(declared.key()) : own.plus(declared.key(), diagnostics);
    refer(declared.key(), references.asked());
  }

  /** Notes what an object refers to now, and forgets what it no longer does. */
  private void refer(ObjectKey key, Set<ObjectKey> now) {
    Set<ObjectKey> before = referred.getOrDefault(key, Set.of());
    if (now.equals(before)) {
      return;
    }
    for (ObjectKey gone : before) {
      PSet<ObjectKey> others = dependents.getOrDefault(gone, HashTreePSet.empty()).minus(key);
      dependents = others.isEmpty() ? dependents.minus(gone) : dependents.plus(gone, others);
      if (others.isEmpty() && !now.contains(gone)) {
        shelf.forget(gone);
      }
    }
    for (ObjectKey asked : now) {
      dependents =
          dependents.plus(asked, dependents.getOrDefault(asked, HashTreePSet.empty()).plus(key));
    }
    referred = now.isEmpty() ? referred.minus(key) : referred.plus(key, now);
  }

  private void policy(PolicyCompilation compilation, Report report) {
    PolicyClaim claim = compilation.claim();
    // The last good form stays in force; a policy that never had one owns its hosts with denials,
    // from before it is compiled, in case the compiler itself fails.
    if (!(policies.entry(report.object()) instanceof Entry.Ready)) {
      policies = policies.with(new Entry.Unready(claim));
    }
    CompiledPolicy compiled = compilation.compile(claim);
    if (!report.refused()) {
      policies = policies.with(new Entry.Ready(compiled));
    }
  }

  /**
   * What is in force of the object stays, as of any that has a fault. A policy that never was in
   * force owns what it claims, so that no wider one answers in its place. An identity and its
   * credentials are as suspended, revoked or gone as can be read; one that never was in force lets
   * nobody pass as unknown.
   */
  private void unreadable(
      Declared declared, Declared.Unreadable unreadable, Report report, References references) {
    unreadable.faults().forEach(fault -> report.error(fault.field(), "Invalid", fault.message()));
    switch (unreadable.rough()) {
      case Declared.ApiPolicy(var spec) -> {
        if (!(policies.entry(declared.key()) instanceof Entry.Ready)) {
          // The claim's own faults are told when the object can be read.
          Report aside = new Report(declared.key());
          policies =
              policies.with(
                  new Entry.Unready(
                      new PolicyCompilation(spec, declared, aside, references, issuers).claim()));
        }
      }
      case Declared.NonHumanIdentity(var spec) -> {
        Registration held = identities.registration(declared.key());
        Set<Lookup> before = identities.barred(declared.key());
        IdentityCompilation compilation =
            new IdentityCompilation(
                spec, declared, new Report(declared.key()), references, issuers);
        Registration rough = held == null ? compilation.compile(null) : compilation.narrow(held);
        if (held != null && rough != null) {
          identities =
              identities.with(rough).barring(declared.key(), union(before, compilation.barred()));
        } else {
          identities =
              identities
                  .without(declared.key())
                  .barring(declared.key(), rough == null ? compilation.barred() : rough.lookups());
        }
      }
      case null -> {}
      case Declared.TokenIssuer _,
          Declared.DetectionPolicy _,
          Declared.Secret _,
          Declared.ConfigMap _,
          Declared.Document _,
          Declared.Route _,
          Declared.Unreadable _ -> {}
    }
  }

  private static Set<Lookup> union(Set<Lookup> one, Set<Lookup> other) {
    Set<Lookup> all = new HashSet<>(one);
    all.addAll(other);
    return all;
  }

  private void issuer(
      Declared declared, TokenIssuerSpec spec, Report report, References references) {
    switch (IssuerCompilation.compile(spec, declared.key(), references)) {
      case IssuerCompilation.Compiled(var issuer, var warnings) -> {
        report.addAll(warnings);
        issuers = issuers.with(issuer);
      }
      case IssuerCompilation.Refused(var diagnostics) -> report.addAll(diagnostics);
      case IssuerCompilation.Withdrawn(var diagnostics) -> {
        report.addAll(diagnostics);
        issuers = issuers.without(declared.key());
      }
    }
  }

  /** Whoever shares a host or a credential with an object may win or lose by its change. */
  private void addClaimants(ObjectKey key) {
    Entry entry = policies.entry(key);
    if (entry != null) {
      for (String host : entry.claim().hosts()) {
        policies.claimants(host).forEach(other -> affected.add(other.claim().key()));
      }
      for (var route : entry.claim().routes()) {
        policies.claimants(route).forEach(other -> affected.add(other.claim().key()));
      }
    }
    Registration registration = identities.registration(key);
    if (registration != null) {
      for (var credential : registration.credentials()) {
        identities
            .claimants(credential.lookup())
            .forEach(other -> affected.add(other.identity().key()));
      }
    }
  }
}
