package dev.sallyport.engine.policy;

import dev.sallyport.crd.ApiPolicySpec.Ambiguity;
import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.crd.ApiPolicySpec.Paths;
import dev.sallyport.crd.ApiPolicySpec.TrailingSlash;
import dev.sallyport.engine.authenticate.AuthenticationRules;
import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.conditions.Conditions;
import dev.sallyport.engine.mcp.McpEndpoint;
import dev.sallyport.engine.operation.OperationIndex;
import dev.sallyport.engine.payload.PayloadRule;
import dev.sallyport.engine.quota.LimitSet;
import dev.sallyport.engine.receive.RequestPath;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A policy that can be enforced.
 *
 * @param claim what it claims to own
 * @param environment an identity of another is denied; null where any will do
 * @param shadow whether it only records
 * @param paths which ambiguous forms of a path are let through
 * @param preflightAllowed whether a CORS preflight on a declared path skips authentication
 * @param undeclaredAllowed whether a request that matches no operation may go on
 * @param mcp null where the policy has no MCP endpoint
 * @param limits of the whole API, for requests without an operation
 */
public record CompiledPolicy(
    PolicyClaim claim,
    @Nullable String environment,
    boolean shadow,
    Paths paths,
    boolean preflightAllowed,
    AuthenticationRules authentication,
    boolean undeclaredAllowed,
    OperationIndex<CompiledOperation> operations,
    @Nullable McpEndpoint<CompiledOperation> mcp,
    LimitSet limits) {

  /** What a request that matches no operation is asked, where it may go on. */
  public CompiledOperation undeclared() {
    return new CompiledOperation(
        "",
        OperationAuthentication.Required,
        ScopeRule.NONE,
        null,
        Conditions.NONE,
        PayloadRule.NONE,
        limits);
  }

  /** What a CORS preflight is asked, where it skips authentication. */
  public CompiledOperation preflight() {
    return new CompiledOperation(
        "",
        OperationAuthentication.None,
        ScopeRule.NONE,
        null,
        Conditions.NONE,
        PayloadRule.NONE,
        limits);
  }

  /** Why a path is refused by this policy's options; null where it is not. */
  public @Nullable String objection(RequestPath path) {
    if (path.semicolon() && paths.semicolons() == Ambiguity.Deny) {
      return "the path holds a semicolon";
    }
    if (path.encodedSlash() && paths.encodedSlashes() == Ambiguity.Deny) {
      return "the path holds an escaped slash";
    }
    if (path.emptySegment() && paths.emptySegments() == Ambiguity.Deny) {
      return "the path holds an empty segment";
    }
    return null;
  }

  /** The segments that templates are matched with. */
  public List<String> matched(RequestPath path) {
    return paths.trailingSlash() == TrailingSlash.Ignore
        ? path.withoutTrailingSlash()
        : path.segments();
  }
}
