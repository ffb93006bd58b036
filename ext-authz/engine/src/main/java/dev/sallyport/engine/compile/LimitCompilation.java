package dev.sallyport.engine.compile;

import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.quota.Limit;
import java.util.List;

/** A list of {@code rateLimits} as limits that can be counted, or what is wrong with it. */
public sealed interface LimitCompilation {
  /** Every limit of the list, in its order. */
  record Compiled(List<Limit> limits) implements LimitCompilation {
    public Compiled {
      limits = List.copyOf(limits);
    }
  }

  /** Everything that is wrong with the list; never empty. */
  record Refused(List<Diagnostic> diagnostics) implements LimitCompilation {
    public Refused {
      diagnostics = List.copyOf(diagnostics);
    }
  }

  /**
   * Compiles one list.
   *
   * @param field the list's path in its object: {@code spec.operations[2].rateLimits}
   * @param idPrefix what makes a limit's name unique among all limits; the same after an edit
   */
  static LimitCompilation compile(
      List<RateLimitSpec> specs, ObjectKey object, String field, String idPrefix) {
    return new LimitChecks(object).compile(specs, field, idPrefix);
  }

  /** The limits of one list; none where it was refused, which the report then says. */
  static List<Limit> compile(
      List<RateLimitSpec> specs, Report report, String field, String idPrefix) {
    return switch (compile(specs, report.object(), field, idPrefix)) {
      case Compiled(var limits) -> limits;
      case Refused(var diagnostics) -> {
        report.addAll(diagnostics);
        yield List.of();
      }
    };
  }
}
