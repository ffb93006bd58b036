package dev.sallyport.engine.policy;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.policy.PolicyClaim.RouteRef;
import dev.sallyport.engine.receive.Host;
import dev.sallyport.engine.receive.Inbound;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/**
 * Finds the policy of a request: the one that Envoy names, else the one attached to its route, else
 * the owner of its host, an exact name before the longest wildcard.
 *
 * <p>Persistent: an edit shares all but the few nodes that it touches. Of several policies that
 * claim one host or route the oldest that can be enforced owns it; one that never compiled owns it
 * only where no other does, and then requests are denied.
 */
public final class PolicyIndex {
  public static final PolicyIndex EMPTY =
      new PolicyIndex(HashTreePMap.empty(), HashTreePMap.empty(), HashTreePMap.empty(), 0);

  private final PMap<ObjectKey, Entry> entries;
  private final PMap<String, List<Entry>> hosts;
  private final PMap<RouteRef, List<Entry>> routes;
  private final int seeingAllNamespaces;

  private PolicyIndex(
      PMap<ObjectKey, Entry> entries,
      PMap<String, List<Entry>> hosts,
      PMap<RouteRef, List<Entry>> routes,
      int seeingAllNamespaces) {
    this.entries = entries;
    this.hosts = hosts;
    this.routes = routes;
    this.seeingAllNamespaces = seeingAllNamespaces;
  }

  /** A policy, enforceable or not. */
  public sealed interface Entry {
    PolicyClaim claim();

    /** Enforced. */
    record Ready(CompiledPolicy policy) implements Entry {
      @Override
      public PolicyClaim claim() {
        return policy.claim();
      }
    }

    /** Never compiled. */
    record Unready(PolicyClaim claim) implements Entry {}
  }

  /** What was found for a request. */
  public sealed interface Search {
    /**
     * The policy that owns it.
     *
     * @param by {@code extension}, {@code route} or {@code host}
     */
    record Found(CompiledPolicy policy, String by) implements Search {}

    /** The only policy that claims it never compiled. */
    record NotReady(ObjectKey key, String by) implements Search {}

    /** Nobody claims it. */
    record Missing() implements Search {}
  }

  private static final Comparator<Entry> PRECEDENCE =
      Comparator.comparing((Entry entry) -> entry instanceof Entry.Unready)
          .thenComparing(Entry::claim, PolicyClaim.AGE);

  /** Finds the policy of a request. */
  public Search find(Inbound inbound, Host host) {
    String named = inbound.policyExtension();
    if (named != null) {
      // Envoy's configuration chose: a name that nobody has must not fall back to the host.
      int slash = named.indexOf('/');
      Entry entry =
          slash < 0
              ? null
              : entries.get(
                  new ObjectKey(
                      "ApiPolicy", named.substring(0, slash), named.substring(slash + 1)));
      return found(entry, "extension");
    }
    for (Inbound.Route route : inbound.routes()) {
      List<Entry> claimants =
          routes.get(new RouteRef(route.kind(), route.namespace(), route.name()));
      if (claimants != null) {
        return found(claimants.getFirst(), "route");
      }
    }
    return found(owner(host.name()), "host");
  }

  private static Search found(@Nullable Entry entry, String by) {
    return switch (entry) {
      case null -> new Search.Missing();
      case Entry.Ready(var policy) -> new Search.Found(policy, by);
      case Entry.Unready(var claim) -> new Search.NotReady(claim.key(), by);
    };
  }

  private @Nullable Entry owner(String host) {
    List<Entry> exact = hosts.get(host);
    if (exact != null) {
      return exact.getFirst();
    }
    // From the first dot on, every shorter suffix: the longest wildcard is met first.
    for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      List<Entry> wildcard = hosts.get('*' + host.substring(dot));
      if (wildcard != null) {
        return wildcard.getFirst();
      }
    }
    return null;
  }

  public @Nullable Entry entry(ObjectKey key) {
    return entries.get(key);
  }

  public Collection<Entry> entries() {
    return entries.values();
  }

  /** Whether any policy takes identities of every namespace. */
  public boolean anySeesAllNamespaces() {
    return seeingAllNamespaces > 0;
  }

  private static int seesAllNamespaces(Entry entry) {
    return entry instanceof Entry.Ready(var policy) && policy.authentication().allNamespaces()
        ? 1
        : 0;
  }

  /** The policies that claim a host pattern, its owner first. */
  public List<Entry> claimants(String host) {
    return hosts.getOrDefault(host, List.of());
  }

  /** The policies that claim a route, its owner first. */
  public List<Entry> claimants(RouteRef route) {
    return routes.getOrDefault(route, List.of());
  }

  /** This index with one policy added or replaced. */
  public PolicyIndex with(Entry entry) {
    PolicyIndex base = without(entry.claim().key());
    PMap<String, List<Entry>> withHosts = base.hosts;
    for (String host : entry.claim().hosts()) {
      withHosts = withHosts.plus(host, inserted(withHosts.get(host), entry));
    }
    PMap<RouteRef, List<Entry>> withRoutes = base.routes;
    for (RouteRef route : entry.claim().routes()) {
      withRoutes = withRoutes.plus(route, inserted(withRoutes.get(route), entry));
    }
    return new PolicyIndex(
        base.entries.plus(entry.claim().key(), entry),
        withHosts,
        withRoutes,
        base.seeingAllNamespaces + seesAllNamespaces(entry));
  }

  private static List<Entry> inserted(@Nullable List<Entry> claimants, Entry entry) {
    if (claimants == null) {
      return List.of(entry);
    }
    List<Entry> all = new ArrayList<>(claimants);
    all.add(entry);
    all.sort(PRECEDENCE);
    return List.copyOf(all);
  }

  /** This index with one policy gone. */
  public PolicyIndex without(ObjectKey key) {
    Entry old = entries.get(key);
    if (old == null) {
      return this;
    }
    PMap<String, List<Entry>> left = hosts;
    for (String host : old.claim().hosts()) {
      left = removed(left, host, key);
    }
    PMap<RouteRef, List<Entry>> leftRoutes = routes;
    for (RouteRef route : old.claim().routes()) {
      leftRoutes = removed(leftRoutes, route, key);
    }
    return new PolicyIndex(
        entries.minus(key), left, leftRoutes, seeingAllNamespaces - seesAllNamespaces(old));
  }

  private static <K> PMap<K, List<Entry>> removed(
      PMap<K, List<Entry>> claims, K claimed, ObjectKey key) {
    List<Entry> others =
        claims.getOrDefault(claimed, List.of()).stream()
            .filter(entry -> !entry.claim().key().equals(key))
            .toList();
    return others.isEmpty() ? claims.minus(claimed) : claims.plus(claimed, others);
  }
}
