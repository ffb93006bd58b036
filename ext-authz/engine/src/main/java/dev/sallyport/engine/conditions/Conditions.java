package dev.sallyport.engine.conditions;

import dev.sallyport.engine.decision.Facts.ConditionUse;
import java.util.ArrayList;
import java.util.List;

/** The conditions of one operation, all of which must be met. Immutable and thread-safe. */
public final class Conditions {
  /** Nothing is asked. */
  public static final Conditions NONE = new Conditions(List.of());

  private final List<Condition> conditions;
  private final boolean readsContent;

  /** An expression with the name that the policy gives it. */
  public record Condition(String name, Expression expression) {}

  private Conditions(List<Condition> conditions) {
    this.conditions = List.copyOf(conditions);
    this.readsContent =
        conditions.stream()
            .anyMatch(condition -> condition.expression.references().contains("request.body"));
  }

  public static Conditions of(List<Condition> conditions) {
    return conditions.isEmpty() ? NONE : new Conditions(conditions);
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return conditions.isEmpty();
  }

  /** Whether one of them looks at the body. */
  public boolean readsContent() {
    return readsContent;
  }

  /**
   * Evaluates them in their order, up to the first that is not met.
   *
   * @return what was evaluated; the last one may be unmet, no other is
   */
  public List<ConditionUse> evaluate(Asked asked) {
    Answers.Progress variables = new Answers.Progress(asked);
    Work.Progress work = new Work.Progress();
    List<ConditionUse> uses = new ArrayList<>(conditions.size());
    for (Condition condition : conditions) {
      Expression.Result result = condition.expression.evaluate(variables, work);
      uses.add(new ConditionUse(condition.name, result.met(), result.why()));
      if (!result.met()) {
        break;
      }
    }
    return uses;
  }
}
