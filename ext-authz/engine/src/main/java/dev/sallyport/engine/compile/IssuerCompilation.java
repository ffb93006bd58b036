package dev.sallyport.engine.compile;

import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.decision.ObjectKey;
import java.util.List;

/** What came of compiling one {@code TokenIssuer}. */
sealed interface IssuerCompilation {
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
   * It can't, for a fault of its own; its previous form can.
   *
   * @param diagnostics all that is wrong with it, not only the first
   */
  record Refused(List<Diagnostic> diagnostics) implements IssuerCompilation {
    public Refused {
      diagnostics = List.copyOf(diagnostics);
    }
  }

  /**
   * It can't, and neither can its previous form: the Secret or ConfigMap that it refers to is gone,
   * and who takes away a certificate authority or a secret means it.
   *
   * @param diagnostics all that is wrong with it, not only the first
   */
  record Withdrawn(List<Diagnostic> diagnostics) implements IssuerCompilation {
    public Withdrawn {
      diagnostics = List.copyOf(diagnostics);
    }
  }

  /** By what is wrong with it. */
  static IssuerCompilation notInForce(List<Diagnostic> diagnostics) {
    return diagnostics.stream().anyMatch(diagnostic -> diagnostic.code().equals("RefNotFound"))
        ? new Withdrawn(diagnostics)
        : new Refused(diagnostics);
  }

  /** Compiles an issuer. */
  static IssuerCompilation compile(TokenIssuerSpec spec, ObjectKey key, References references) {
    return new IssuerReading(spec, key, references).compile();
  }
}
