package dev.sallyport.engine.quota;

import dev.sallyport.engine.decision.HttpField;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The limits of one operation, those of its policy first, with what is constant of the fields that
 * advertise them (draft-ietf-httpapi-ratelimit-headers-11).
 */
public final class LimitSet {
  public static final LimitSet NONE = new LimitSet(List.of());

  private final List<Limit> limits;
  private final List<String> remainingPrefixes;
  private final @Nullable HttpField policyField;

  private LimitSet(List<Limit> limits) {
    this.limits = List.copyOf(limits);
    List<String> prefixes = new ArrayList<>(limits.size());
    StringBuilder policies = new StringBuilder();
    Set<String> used = new HashSet<>();
    for (Limit limit : limits) {
      String name = unused(limit.name(), used);
      prefixes.add('"' + name + "\";r=");
      // A shadow limit promises nothing, so it is not advertised.
      if (!limit.shadow()) {
        policies.append(policies.isEmpty() ? "" : ",").append('"').append(name).append("\";q=");
        policies.append(limit.requests()).append(";w=").append(wholeSeconds(limit.window()));
      }
    }
    this.remainingPrefixes = List.copyOf(prefixes);
    this.policyField =
        policies.isEmpty() ? null : new HttpField("ratelimit-policy", policies.toString());
  }

  public static LimitSet of(List<Limit> limits) {
    return limits.isEmpty() ? NONE : new LimitSet(limits);
  }

  /** The limits of a policy and of one of its operations. */
  public static LimitSet merge(List<Limit> policy, List<Limit> operation) {
    List<Limit> both = new ArrayList<>(policy);
    both.addAll(operation);
    return of(both);
  }

  /** A name that no limit before has: a field must not name two policies alike. */
  private static String unused(String name, Set<String> used) {
    String candidate = name;
    // Names hold no dot, so what is made here collides with none that a user wrote.
    for (int n = 2; !used.add(candidate); n++) {
      candidate = name + '.' + n;
    }
    return candidate;
  }

  static long wholeSeconds(Duration duration) {
    return duration.getNano() == 0 ? duration.getSeconds() : duration.getSeconds() + 1;
  }

  public List<Limit> limits() {
    return limits;
  }

  public boolean isEmpty() {
    return limits.isEmpty();
  }

  /** {@code ratelimit-policy}, null where no limit is enforced. */
  @Nullable HttpField policyField() {
    return policyField;
  }

  /** The beginning of a limit's item in {@code ratelimit}: {@code "name";r=}. */
  String remainingPrefix(int index) {
    return remainingPrefixes.get(index);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LimitSet that && limits.equals(that.limits);
  }

  @Override
  public int hashCode() {
    return limits.hashCode();
  }

  @Override
  public String toString() {
    return limits.toString();
  }
}
