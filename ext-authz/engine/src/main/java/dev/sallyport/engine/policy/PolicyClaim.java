package dev.sallyport.engine.policy;

import dev.sallyport.engine.decision.ObjectKey;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * What a policy claims to own.
 *
 * @param key the policy
 * @param created the older of two that claim one host keeps it
 * @param hosts canonical names; {@code *.example.com} stands for one or more labels in front
 * @param routes Gateway API objects
 */
public record PolicyClaim(
    ObjectKey key, Instant created, List<String> hosts, List<RouteRef> routes) {
  /** Older first, then by namespace and name (GEP-713). */
  public static final Comparator<PolicyClaim> AGE =
      Comparator.comparing(PolicyClaim::created)
          .thenComparing(claim -> claim.key().namespace())
          .thenComparing(claim -> claim.key().name());

  public PolicyClaim {
    hosts = List.copyOf(hosts);
    routes = List.copyOf(routes);
  }

  /** A route that a policy attaches to. */
  public record RouteRef(String kind, String namespace, String name) {}
}
