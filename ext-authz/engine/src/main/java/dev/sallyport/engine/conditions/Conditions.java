package dev.sallyport.engine.conditions;

import dev.sallyport.engine.decision.Facts.ConditionUse;
import java.util.List;

/** The conditions of one operation, all of which must be met. Immutable and thread-safe. */
public final class Conditions {
  /** Nothing is asked. */
  public static final Conditions NONE = new Conditions();

  private Conditions() {}

  /** Whether there are none. */
  public boolean isEmpty() {
    return true;
  }

  /** Whether one of them looks at the body. */
  public boolean readsContent() {
    return false;
  }

  /**
   * Evaluates them in their order, up to the first that is not met.
   *
   * @return what was evaluated; the last one may be unmet, no other is
   */
  public List<ConditionUse> evaluate(Asked asked) {
    return List.of();
  }
}
