package dev.sallyport.engine.policy;

import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.conditions.Conditions;
import dev.sallyport.engine.fields.FieldScope;
import dev.sallyport.engine.payload.PayloadRule;
import dev.sallyport.engine.quota.LimitSet;
import org.jspecify.annotations.Nullable;

/**
 * What one operation asks of a request.
 *
 * @param name the operation's name in the policy
 * @param fields null where fields need no scopes of their own
 * @param limits the policy's and its own
 */
public record CompiledOperation(
    String name,
    OperationAuthentication authentication,
    ScopeRule scopes,
    @Nullable FieldScope fields,
    Conditions conditions,
    PayloadRule payload,
    LimitSet limits) {}
