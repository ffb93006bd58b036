package dev.sallyport.engine.conditions;

import dev.cel.common.ast.CelExpr;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.ErrorValue;
import dev.cel.runtime.CelEvaluationListener;
import java.util.Collection;
import java.util.Map;

/**
 * What an evaluation costs, and its end where that is too much.
 *
 * <p>The runtime knows no cost. It does tell a listener of each part of an expression that was
 * evaluated, and of its value; that is where work is counted. Every function takes time in
 * proportion to its arguments, which are parts that were counted before: texts by their length,
 * lists and maps that an expression made by all that is in them, since the runtime walks through
 * them each time that they are looked at. Views of a request cost nothing to look at; where they
 * are compared or searched, {@link Marks} says so, and all that is in them is counted. An error
 * that {@code &&} or {@code ||} kept back costs as an exception does.
 */
final class Work {
  /** Steps of all loops of one expression. */
  static final int MOST_ITERATIONS = 10_000;

  /** As many parts as take a few milliseconds. */
  static final int MOST_UNITS = 50_000;

  private static final int CHARACTERS_A_UNIT = 16;
  private static final int ELEMENTS_A_UNIT = 4;
  private static final int ERROR_UNITS = 250;

  private Work() {}

  /** Thrown when all is spent; no exception, for those an expression may swallow. */
  static final class Exhausted extends Error {
    private static final long serialVersionUID = 1;

    Exhausted() {
      // Callers control how often this happens, and nobody reads a trace.
      super("too much work", null, false, false);
    }
  }

  /** What the expressions of one request may still spend. Of one thread. */
  static final class Progress implements CelEvaluationListener {
    private Marks marks = Marks.NONE;
    private int left = MOST_UNITS;

    /** What is left. */
    int left() {
      return left;
    }

    /** Turns to the next expression. */
    Progress on(Marks marks) {
      this.marks = marks;
      return this;
    }

    @Override
    public void callback(CelExpr part, Object value) {
      boolean walked = marks.walked(part.id(), value);
      int units =
          switch (value) {
            case String text -> text(part, text);
            case CelByteString bytes -> bytes.size() / CHARACTERS_A_UNIT;
            case ErrorValue _ -> ERROR_UNITS;
            case View view ->
                walked ? view.elements(left) : marks.opened(part.id()) ? view.toOpen() : 0;
            case Collection<?> list -> elements(list, walked);
            case Map<?, ?> map -> elements(map.values(), walked);
            default -> 0;
          };
      spend(1 + units + marks.units(part.id()));
    }

    private int text(CelExpr part, String text) {
      int most = marks.mostCharacters(part.id());
      if (text.length() > most) {
        throw new Faulty("a function takes at most " + most + " characters there");
      }
      long looks = (long) text.length() * marks.times(part.id());
      return (int) Math.min(looks / CHARACTERS_A_UNIT, MOST_UNITS);
    }

    private void spend(int units) {
      left -= units;
      if (left < 0) {
        throw new Exhausted();
      }
    }

    /** What is in a list that an expression made, that of its elements included. */
    private int elements(Collection<?> values, boolean walked) {
      int count = walked ? values.size() : values.size() / ELEMENTS_A_UNIT;
      for (Object value : values) {
        if (count > left) {
          // INVARIANT: what is counted here costs no more than what is left.
          throw new Exhausted();
        }
        count +=
            switch (value) {
              case View view -> walked ? view.elements(left) : 0;
              case Collection<?> list -> elements(list, walked);
              case Map<?, ?> map -> elements(map.values(), walked);
              case null, default -> 0;
            };
      }
      return count;
    }
  }
}
