package dev.sallyport.engine.conditions;

import com.google.common.collect.ImmutableMap;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelBuilder;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelOptions;
import dev.cel.common.types.CelType;
import dev.cel.extensions.CelEncoderExtensions;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelStringExtensions;
import dev.cel.extensions.CelStringExtensions.Function;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelStandardFunctions;
import dev.cel.runtime.CelStandardFunctions.StandardFunction;

/** What expressions of one kind may look at and call. */
public enum Dialect {
  /** Of an operation: a request and its body. */
  OPERATION,
  /** Of an MCP tool: a request and the tool's arguments, and no body of its own. */
  TOOL;

  /** As long as the definition of the resource lets one be. */
  static final int LONGEST_EXPRESSION = 4096;

  private static final CelOptions OPTIONS =
      CelOptions.current()
          .enableHeterogeneousNumericComparisons(true)
          .maxExpressionCodePointSize(LONGEST_EXPRESSION)
          .maxParseRecursionDepth(32)
          .maxParseErrorRecoveryLimit(4)
          .maxParseExpressionNodeCount(LONGEST_EXPRESSION)
          .comprehensionMaxIterations(Work.MOST_ITERATIONS)
          .build();

  // Made when the first expression is compiled: most servers have none.
  private static final class Operations {
    static final Cel CEL = cel(OPERATION);
  }

  private static final class Tools {
    static final Cel CEL = cel(TOOL);
  }

  Cel cel() {
    return switch (this) {
      case OPERATION -> Operations.CEL;
      case TOOL -> Tools.CEL;
    };
  }

  private static Cel cel(Dialect dialect) {
    ImmutableMap<String, CelType> variables = Variables.of(dialect);
    Functions.Set functions = Functions.all();
    // Of the extension, what makes no text longer than what it gets.
    CelStringExtensions strings =
        CelExtensions.strings(
            Function.CHAR_AT,
            Function.INDEX_OF,
            Function.LAST_INDEX_OF,
            Function.LOWER_ASCII,
            Function.SPLIT,
            Function.SUBSTRING,
            Function.TRIM,
            Function.UPPER_ASCII);
    CelEncoderExtensions encoders = CelExtensions.encoders(OPTIONS);
    CelBuilder builder =
        CelFactory.plannerCelBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .setStandardFunctions(
                CelStandardFunctions.newBuilder()
                    .excludeFunctions(StandardFunction.MATCHES)
                    .build())
            .setTypeProvider(Variables.Types.of(variables))
            .addCompilerLibraries(strings, encoders)
            .addRuntimeLibraries(strings, encoders)
            .addFunctionDeclarations(functions.declarations())
            .addFunctionBindings(functions.bindings());
    variables.forEach(builder::addVar);
    return builder.build();
  }
}
