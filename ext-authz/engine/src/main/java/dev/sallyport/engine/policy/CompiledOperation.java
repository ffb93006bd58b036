package dev.sallyport.engine.policy;

import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.payload.PayloadRule;
import dev.sallyport.engine.quota.LimitSet;

/**
 * What one operation asks of a request.
 *
 * @param name the operation's name in the policy
 * @param limits the policy's and its own
 */
public record CompiledOperation(
    String name,
    OperationAuthentication authentication,
    ScopeRule scopes,
    PayloadRule payload,
    LimitSet limits) {}
