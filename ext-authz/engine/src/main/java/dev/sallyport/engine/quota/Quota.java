package dev.sallyport.engine.quota;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.Reason;
import java.util.Arrays;
import java.util.List;

/** Counts a request against the limits that it touches. */
public final class Quota {
  private final QuotaStore store;

  public Quota(QuotaStore store) {
    this.store = store;
  }

  /** Takes one request from every limit, or from none where an enforced one is used up. */
  public QuotaResult take(LimitSet set, Caller caller) {
    if (set.isEmpty()) {
      return QuotaResult.UNLIMITED;
    }
    List<Limit> limits = set.limits();
    QuotaStore.Charge[] charges = new QuotaStore.Charge[limits.size()];
    for (int i = 0; i < charges.length; i++) {
      Limit limit = limits.get(i);
      charges[i] = new QuotaStore.Charge(limit, caller.subject(limit));
    }
    List<QuotaStore.Taken> taken = store.take(Arrays.asList(charges));
    if (taken.size() != charges.length) {
      throw new IllegalStateException("the store answers each charge");
    }
    return result(set, taken);
  }

  private static QuotaResult result(LimitSet set, List<QuotaStore.Taken> taken) {
    Facts.LimitUse[] uses = new Facts.LimitUse[taken.size()];
    Limit denying = null;
    long retryAfterSeconds = 1;
    for (int i = 0; i < uses.length; i++) {
      Limit limit = set.limits().get(i);
      QuotaStore.Taken one = taken.get(i);
      uses[i] = new Facts.LimitUse(limit.name(), one.remaining(), one.exceeded(), limit.shadow());
      if (one.exceeded() && !limit.shadow()) {
        denying = denying == null ? limit : denying;
        retryAfterSeconds = Math.max(retryAfterSeconds, LimitSet.wholeSeconds(one.retryAfter()));
      }
    }
    HttpField policy = set.policyField();
    List<Facts.LimitUse> limits = Arrays.asList(uses);
    if (policy == null) {
      return new QuotaResult(limits, List.of(), null);
    }
    HttpField remaining = remaining(set, taken);
    Denial denial = denying == null ? null : denial(denying, retryAfterSeconds, remaining, policy);
    List<HttpField> fields = denial == null ? List.of(remaining, policy) : List.of();
    return new QuotaResult(limits, fields, denial);
  }

  private static HttpField remaining(LimitSet set, List<QuotaStore.Taken> taken) {
    StringBuilder text = new StringBuilder(40);
    for (int i = 0; i < taken.size(); i++) {
      if (set.limits().get(i).shadow()) {
        continue;
      }
      QuotaStore.Taken one = taken.get(i);
      // Where Retry-After is sent as well, both should name the same moment.
      long seconds =
          one.exceeded()
              ? Math.max(1, LimitSet.wholeSeconds(one.retryAfter()))
              : LimitSet.wholeSeconds(one.resetAfter());
      text.append(text.isEmpty() ? "" : ",").append(set.remainingPrefix(i));
      text.append(one.remaining()).append(";t=").append(seconds);
    }
    return new HttpField("ratelimit", text.toString());
  }

  private static Denial denial(
      Limit limit, long retryAfterSeconds, HttpField remaining, HttpField policy) {
    return new Denial(
        Reason.RATE_LIMITED,
        "The limit " + limit.name() + " is used up; try again in " + retryAfterSeconds + " s",
        List.of(new HttpField("retry-after", Long.toString(retryAfterSeconds)), remaining, policy));
  }
}
