package dev.sallyport.engine.compile;

import dev.sallyport.crd.ApiPolicySpec.CelCondition;
import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.engine.conditions.Conditions;
import dev.sallyport.engine.conditions.Conditions.Condition;
import dev.sallyport.engine.conditions.Dialect;
import dev.sallyport.engine.conditions.Expression;
import dev.sallyport.engine.conditions.Expression.Compilation.Compiled;
import dev.sallyport.engine.conditions.Expression.Compilation.Refused;
import dev.sallyport.engine.conditions.Expression.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Compiles the conditions of one operation or tool. */
final class ConditionCompilation {
  private ConditionCompilation() {}

  /**
   * Compiles conditions that only callers with a credential meet.
   *
   * @param owner the path of the operation or tool: {@code spec.operations[2]}
   */
  static Conditions compile(
      List<CelCondition> conditions, Dialect dialect, String owner, Report report) {
    return compile(conditions, dialect, OperationAuthentication.Required, owner, report);
  }

  /**
   * Compiles.
   *
   * @param authentication of the operation: where it is not required, callers may be anonymous
   * @param owner the path of the operation or tool: {@code spec.operations[2]}
   */
  static Conditions compile(
      List<CelCondition> conditions,
      Dialect dialect,
      OperationAuthentication authentication,
      String owner,
      Report report) {
    report.requireNames(
        conditions.stream().map(CelCondition::name).toList(), owner + ".conditions");
    List<Condition> compiled = new ArrayList<>(conditions.size());
    for (int i = 0; i < conditions.size(); i++) {
      CelCondition condition = conditions.get(i);
      String field = owner + ".conditions[" + i + "].expression";
      switch (Expression.compile(condition.expression(), dialect)) {
        case Refused(var faults) ->
            faults.forEach(fault -> report.error(field, "Invalid", fault.text()));
        case Compiled(var expression, var remarks) -> {
          for (Fault remark : remarks) {
            report.warning(field, "Risky", remark.text());
          }
          if (authentication != OperationAuthentication.Required) {
            warnOfAnonymous(expression.references(), authentication, field, report);
          }
          compiled.add(new Condition(condition.name(), expression));
        }
      }
    }
    return report.refused() ? Conditions.NONE : Conditions.of(compiled);
  }

  /** {@code identity.type != 'Partner'} is true of a caller whom nobody knows. */
  private static void warnOfAnonymous(
      Set<String> references, OperationAuthentication authentication, String field, Report report) {
    if (references.contains("identity.registered")) {
      return;
    }
    for (String reference : references) {
      if (reference.startsWith("identity.") || reference.startsWith("credential.")) {
        report.warning(
            field,
            "Risky",
            "the operation has `authentication: "
                + authentication
                + "`, and of an anonymous caller `"
                + reference
                + "` is empty; look at `identity.registered` too");
        return;
      }
    }
  }
}
