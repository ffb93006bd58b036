package dev.sallyport.engine.compile;

import dev.sallyport.crd.ApiPolicySpec.CelCondition;
import dev.sallyport.engine.conditions.Conditions;
import java.util.List;

/** Compiles the conditions of one operation or tool. */
final class ConditionCompilation {
  private ConditionCompilation() {}

  /** Where conditions stand, which says what they can look at. */
  enum Place {
    OPERATION,
    /** Of an MCP tool: it has arguments, and no body of its own. */
    TOOL
  }

  /**
   * Compiles.
   *
   * @param owner the path of the operation or tool: {@code spec.operations[2]}
   */
  static Conditions compile(
      List<CelCondition> conditions, Place place, String owner, Report report) {
    if (!conditions.isEmpty()) {
      report.unsupported(owner + ".conditions", "a condition");
    }
    return Conditions.NONE;
  }
}
