package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.quota.Limit;
import dev.sallyport.engine.quota.LimitSet;
import java.util.List;

/** What every operation of a policy has, be it of HTTP or a tool: scopes and limits. */
final class OperationRules {
  private final ObjectKey policy;
  private final Report report;
  private final List<Limit> policyLimits;

  OperationRules(ObjectKey policy, Report report, List<Limit> policyLimits) {
    this.policy = policy;
    this.report = report;
    this.policyLimits = policyLimits;
  }

  void checkScopes(List<String> scopes, String field) {
    for (int i = 0; i < scopes.size(); i++) {
      if (!ScopeRule.isScope(scopes.get(i))) {
        report.error(
            field + '[' + i + ']',
            "Invalid",
            quote(scopes.get(i)) + " is not one scope: no spaces, quotes or backslashes");
      }
    }
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
