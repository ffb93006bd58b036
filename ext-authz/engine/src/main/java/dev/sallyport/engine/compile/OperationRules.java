package dev.sallyport.engine.compile;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicySpec.TrailingSlash;
import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.operation.PathTemplate;
import dev.sallyport.engine.quota.Limit;
import dev.sallyport.engine.quota.LimitSet;
import java.util.List;

/** What every operation of a policy has, be it of HTTP or a tool: a path, scopes and limits. */
final class OperationRules {
  private final ObjectKey policy;
  private final Report report;
  private final List<Limit> policyLimits;
  private final boolean trailingSlashIgnored;

  /**
   * The rules of one policy.
   *
   * @param policyLimits of the whole API
   */
  OperationRules(ObjectKey policy, ApiPolicySpec spec, Report report, List<Limit> policyLimits) {
    this.policy = policy;
    this.report = report;
    this.policyLimits = policyLimits;
    this.trailingSlashIgnored = spec.paths().trailingSlash() == TrailingSlash.Ignore;
  }

  /** A template as paths are compared with it. */
  PathTemplate matched(PathTemplate template) {
    return trailingSlashIgnored ? template.withoutTrailingSlash() : template;
  }

  /** The rule, of scopes that were checked. */
  ScopeRule scopes(List<String> all, List<String> any) {
    return report.refused() || (all.isEmpty() && any.isEmpty())
        ? ScopeRule.NONE
        : new ScopeRule(all, any);
  }

  /** The policy's limits and those of one operation. */
  LimitSet limits(List<RateLimitSpec> specs, String field, String operation) {
    List<Limit> own =
        LimitCompilation.compile(
            specs, report, field, policy.qualifiedName() + '/' + operation + '/');
    return own.isEmpty() ? LimitSet.of(policyLimits) : LimitSet.merge(policyLimits, own);
  }
}
