package dev.sallyport.engine.compile;

import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.decision.ObjectKey;
import java.util.List;

/** What came of compiling one {@code TokenIssuer}. */
public sealed interface IssuerCompilation {
  /**
   * It can be in force.
   *
   * @param warnings what its author may not have meant
   */
  record Compiled(CompiledIssuer issuer, List<Diagnostic> warnings) implements IssuerCompilation {
    public Compiled {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * It can't.
   *
   * @param diagnostics all that is wrong with it, not only the first
   */
  record Refused(List<Diagnostic> diagnostics) implements IssuerCompilation {
    public Refused {
      diagnostics = List.copyOf(diagnostics);
    }
  }

  /** Compiles an issuer. */
  static IssuerCompilation compile(TokenIssuerSpec spec, ObjectKey key) {
    return new IssuerReading(spec, key).compile();
  }
}
